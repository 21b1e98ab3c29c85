import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { compileDecoder, compileEncoder } from '../../protocol/schema/compile.ts'
import { interpretDecoder, interpretEncoder } from '../../protocol/schema/interpret.ts'
import type { AnyMessage, Encoder } from '../../protocol/schema/message.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { allMessages, versionsOf } from './all-messages.ts'
import { arbitraryMessage } from './arbitrary.ts'

// The property for every (message, version): what is encoded decodes to the same value, and the compiled codec and the
// interpreter agree in every byte and every value.

const RUNS_PER_VERSION = 15

function encodeWith(encode: Encoder<unknown>, value: unknown): Buffer {
  const writer = new Writer(16)
  encode(writer, value)
  const { byteLength } = writer
  const bytes = writer.finishContiguous()
  deepStrictEqual(bytes.length, byteLength)
  return bytes
}

function checkVersion(message: AnyMessage, version: number) {
  const layout = message.layout(version)
  const compiled = { encode: compileEncoder(layout), decode: compileDecoder(layout) }
  const interpreted = { encode: interpretEncoder(layout), decode: interpretDecoder(layout) }
  const property = fc.property(arbitraryMessage(layout), (value) => {
    const bytes = encodeWith(compiled.encode, value)
    deepStrictEqual(bytes, encodeWith(interpreted.encode, value))
    for (const { decode } of [compiled, interpreted]) {
      const reader = new Reader(bytes)
      deepStrictEqual(decode(reader), value)
      deepStrictEqual(reader.remaining, 0)
    }
  })
  fc.assert(property, { numRuns: RUNS_PER_VERSION })
}

t.test('every message in every version survives a round trip, compiled as interpreted', async (t) => {
  for (const message of (await allMessages()).values()) {
    for (const version of versionsOf(message)) {
      t.doesNotThrow(() => checkVersion(message, version), `${message.name} v${version}`)
    }
  }
})
