import type { RecordInput } from '../../protocol/records/build.ts'
import type { DecodedRecord } from '../../protocol/records/record.ts'

/** What was acknowledged is not what is there. */
export class Violation extends Error {
  override name = 'Violation'
}

export function expect(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Violation(what())
}

/** A number of 32 bits that looks like chance and is a function of its two arguments. */
export function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ (b >>> 15) ^ 0x27d4eb2f, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b)
  return (hash ^ (hash >>> 16)) >>> 0
}

const FILLER = Buffer.from('the quick brown fox jumps over the lazy dog and 0123456789 times again; '.repeat(400))
const LARGEST = 20_000

/** Record `n` of a partition: all of it follows from the salt of the partition and from n. */
export function recordOf(salt: number, n: number, firstTimestamp: number): RecordInput {
  const hash = mix(salt, n)
  const size = hash % 997 === 0 ? LARGEST : hash % 120
  const start = (hash >>> 8) % 97
  const value = hash % 50 === 1 ? null : Buffer.concat([Buffer.from(`${n}:`), FILLER.subarray(start, start + size)])
  const headers = hash % 7 === 0 ? [{ key: 'hash', value: Buffer.from(String(hash)) }] : []
  return { timestamp: firstTimestamp + Math.floor(n / 100), key: Buffer.from(`${salt}/${n}`), value, headers }
}

/** Which n a stored record claims to be. */
export function numberOf(record: DecodedRecord): number {
  return Number(record.key?.toString().split('/')[1] ?? -1)
}

export function isRecord(found: DecodedRecord, wanted: RecordInput): boolean {
  const same = (one: Buffer | null | undefined, other: Buffer | null | undefined) =>
    one && other ? one.equals(other) : (one ?? null) === (other ?? null)
  return (
    found.timestamp === wanted.timestamp &&
    same(found.key, wanted.key) &&
    same(found.value, wanted.value) &&
    found.headers.length === (wanted.headers?.length ?? 0) &&
    found.headers.every(({ key, value }, index) => {
      const header = wanted.headers![index]!
      return key === header.key && same(value, header.value)
    })
  )
}
