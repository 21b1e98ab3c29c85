import { EncodeError } from '../errors.ts'
import { Writer } from '../wire/writer.ts'
import { DecoderSource } from './decoder-source.ts'
import { EncoderSource } from './encoder-source.ts'
import { interpretEncoder } from './interpret.ts'
import type { Decoder, Encoder, Layout } from './message.ts'
import { EMPTY_BYTES } from './types.ts'

/**
 * Codecs as generated JavaScript, one function for each struct and array of a message's version, as one would write
 * them by hand. This is the only file that turns text into code; what may be in that text is held in `source.ts`.
 */

let allowed: boolean | undefined

/** Whether this process may generate code; it may not under `--disallow-code-generation-from-strings`. */
export function canGenerateCode(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() as boolean
    } catch {
      allowed = false
    }
  }
  return allowed
}

export function compileDecoder(layout: Layout): Decoder<unknown> {
  const source = new DecoderSource(layout)
  const entry = source.struct(layout.struct, layout.flexible)
  return evaluate(source.text(entry, 'decode'), { EMPTY_BYTES }) as Decoder<unknown>
}

export function compileEncoder(layout: Layout): Encoder<unknown> {
  const source = new EncoderSource(layout)
  const entry = source.struct(layout.struct, layout.flexible)
  const write = evaluate(source.text(entry, 'encode'), {
    Writer,
    EMPTY_BYTES,
    lengthOf,
    notInVersion,
  }) as Encoder<unknown>
  return (writer, value) => {
    try {
      write(writer, value)
    } catch (error) {
      // The interpreter knows which field it is at when it fails in the same way.
      interpretEncoder(layout)(new Writer(), value)
      throw error
    }
  }
}

function evaluate(source: string, scope: Record<string, unknown>): unknown {
  return new Function(...Object.keys(scope), source)(...Object.values(scope))
}

function notInVersion(field: string, version: number): never {
  throw new EncodeError(`field ${field} is not in version ${version}`)
}

function lengthOf(value: unknown): number {
  if (!Array.isArray(value)) throw new EncodeError(`${value} is no array`)
  return value.length
}
