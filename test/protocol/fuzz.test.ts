import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { DecodeError } from '../../protocol/errors.ts'
import { compileDecoder } from '../../protocol/schema/compile.ts'
import { interpretDecoder } from '../../protocol/schema/interpret.ts'
import type { AnyMessage, Decoder } from '../../protocol/schema/message.ts'
import { MAX_EMPTY_ELEMENTS, Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { allMessages, versionsOf } from './all-messages.ts'
import { arbitraryMessage } from './arbitrary.ts'

// Whatever the bytes are, a decoder gives a value that the bytes have room for, or a DecodeError, and the compiled codec
// does what the interpreter does.

const RUNS_PER_VERSION = 25

type Outcome = { value: unknown; read: number } | 'DecodeError'

function attempt(decode: Decoder<unknown>, bytes: Buffer): Outcome {
  const reader = new Reader(bytes)
  try {
    return { value: decode(reader), read: reader.position }
  } catch (error) {
    if (error instanceof DecodeError) return 'DecodeError'
    throw error
  }
}

/** Array elements and bytes of byte values and strings: what the sender can make us allocate. */
function weight(value: unknown): number {
  if (Buffer.isBuffer(value) || typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? value.length : 0
  return Object.values(value).reduce((sum: number, inner) => sum + weight(inner), own)
}

/** Valid bytes with a few of them changed, cut off or doubled; now and then nothing but noise. */
function hostileBytes(message: AnyMessage, version: number): fc.Arbitrary<Buffer> {
  const valid = arbitraryMessage(message.layout(version)).map((value) => {
    const writer = new Writer()
    message.encode(writer, version, value as never)
    return writer.finishContiguous()
  })
  const change = fc.record({ at: fc.nat(), to: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 0x7f, 0x80, 0xff)) })
  const mutated = fc.tuple(valid, fc.array(change, { maxLength: 4 }), fc.nat()).map(([bytes, changes, cut]) => {
    const copy = Buffer.from(bytes)
    for (const { at, to } of changes) if (copy.length > 0) copy[at % copy.length] = to
    return cut % 3 === 0 ? copy.subarray(0, cut % (copy.length + 1)) : copy
  })
  const noise = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
  return fc.oneof({ arbitrary: mutated, weight: 4 }, { arbitrary: noise, weight: 1 })
}

function checkVersion(message: AnyMessage, version: number) {
  const compiled = compileDecoder(message.layout(version))
  const interpreted = interpretDecoder(message.layout(version))
  // Default strings cost nothing on the wire; there are a few, of one or two characters at most, and zero UUIDs.
  const property = fc.property(hostileBytes(message, version), (bytes) => {
    const outcome = attempt(compiled, bytes)
    deepStrictEqual(outcome, attempt(interpreted, bytes))
    if (outcome !== 'DecodeError') ok(weight(outcome.value) <= MAX_EMPTY_ELEMENTS + 60 * (bytes.length + 8))
  })
  fc.assert(property, { numRuns: RUNS_PER_VERSION })
}

t.test('hostile bytes give a bounded value or a DecodeError, compiled as interpreted', async (t) => {
  for (const message of (await allMessages()).values()) {
    for (const version of versionsOf(message)) {
      t.doesNotThrow(() => checkVersion(message, version), `${message.name} v${version}`)
    }
  }
})

t.test('a length that points past the end is refused before anything is allocated', async (t) => {
  const { ProduceRequest } = await import('../../protocol/api/00-produce.ts')
  const frame = Buffer.alloc(100)
  frame.writeInt16BE(-1, 0) // transactional id
  frame.writeInt32BE(0x7fffffff, 8) // number of topics
  t.throws(() => ProduceRequest.decode(new Reader(frame), 3), DecodeError)
  frame.writeInt32BE(-1, 8)
  t.throws(() => ProduceRequest.decode(new Reader(frame), 3), DecodeError)
  frame.writeInt32BE(16, 8) // 16 topics of at least 6 bytes would take 96 of the 88 that remain
  t.throws(() => ProduceRequest.decode(new Reader(frame), 3), { message: 'array of 16 elements in 88 bytes' })
})
