import type { Stored } from './cluster-client.ts'
import { expect } from './content.ts'

const FILLER = 'the quick brown fox jumps over the lazy dog; '.repeat(20)

/** What one producer sent to a topic of its own, and what of it was acknowledged. */
export class Ledger {
  readonly topic: string
  readonly partitions: number
  /** An idempotent producer: nothing may be there twice. */
  readonly exact: boolean
  readonly #next: number[]
  readonly #acknowledged: Map<number, number | undefined>[]
  doubled = 0
  /** Records found by `verify`. */
  stored = 0

  constructor(topic: string, partitions: number, exact: boolean) {
    this.topic = topic
    this.partitions = partitions
    this.exact = exact
    this.#next = Array.from({ length: partitions }, () => 0)
    this.#acknowledged = Array.from({ length: partitions }, () => new Map())
  }

  /** Values of the next records; the first one's number. */
  take(partition: number, count: number): { first: number; values: string[] } {
    const first = this.#next[partition]!
    this.#next[partition] = first + count
    const values = Array.from({ length: count }, (_, i) => recordValue(this.topic, partition, first + i))
    return { first, values }
  }

  /** @param offset of the first one, where the producer was told */
  acknowledge(partition: number, first: number, count: number, offset?: number): void {
    for (let i = 0; i < count; i++)
      this.#acknowledged[partition]!.set(first + i, offset === undefined ? undefined : offset + i)
  }

  get acknowledged(): number {
    return this.#acknowledged.reduce((sum, { size }) => sum + size, 0)
  }

  get sent(): number {
    return this.#next.reduce((sum, next) => sum + next, 0)
  }

  unanswered(partition: number): number {
    return this.#next[partition]! - this.#acknowledged[partition]!.size
  }

  /** Nothing acknowledged is missing, or elsewhere than was said; order is that of sending; nothing else is there. */
  verify(partition: number, stored: readonly Stored[]): void {
    const name = `${this.topic}-${partition}`
    const found = new Map<number, number[]>()
    let last = -1
    this.stored += stored.length
    for (const { offset, value } of stored) {
      const number = Number(value.split('/')[2])
      const known = number < this.#next[partition]! && value === recordValue(this.topic, partition, number)
      expect(known, () => `${name}: offset ${offset} holds what nobody sent: ${value.slice(0, 80)}`)
      const before = found.get(number)
      if (before === undefined) {
        expect(number > last, () => `${name}: record ${number} at offset ${offset} comes after record ${last}`)
        last = number
        found.set(number, [offset])
        continue
      }
      expect(!this.exact, () => `${name}: record ${number} is at offset ${before[0]} and at ${offset} again`)
      before.push(offset)
      this.doubled++
    }
    for (const [number, offset] of this.#acknowledged[partition]!) {
      const offsets = found.get(number)
      expect(offsets !== undefined, () => `${name}: record ${number} (offset ${offset}) was acknowledged and is gone`)
      const right = offset === undefined || offsets.includes(offset)
      expect(right, () => `${name}: record ${number} was acknowledged at ${offset} and is at ${offsets}`)
    }
  }
}

const recordValue = (topic: string, partition: number, number: number): string =>
  `${topic}/${partition}/${number}/${FILLER.slice(0, (number * 7919) % 300)}`
