import { DecodeError, EncodeError } from '../errors.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { canGenerateCode, compileDecoder, compileEncoder } from './compile.ts'
import { interpretDecoder, interpretEncoder } from './interpret.ts'
import { type Fields, type InputOf, StructType, type ValueOf } from './types.ts'

export type Decoder<T> = (reader: Reader) => T
export type Encoder<In> = (writer: Writer, value: In) => void

/** One version of one message, all that a codec is made from. */
export interface Layout {
  readonly name: string
  readonly struct: StructType
  readonly version: number
  /** Compact lengths, and a section of tagged fields after each struct (KIP-482). */
  readonly flexible: boolean
}

export interface MessageOptions {
  /** API key of a request or response, number of a record type. */
  readonly key?: number
  /** Oldest and newest version, both included. */
  readonly versions: readonly [oldest: number, newest: number]
  /** First flexible version. */
  readonly flexible: number | 'never'
}

/**
 * A message in all its versions. A value carries no version: fields that the version at hand lacks are at their
 * defaults after decode, and have to be so before encode unless they are ignorable.
 */
export class Message<F extends Fields> {
  declare readonly T: ValueOf<F>
  declare readonly Input: InputOf<F>
  readonly name: string
  readonly key: number
  readonly oldest: number
  readonly newest: number
  /** First flexible version; Infinity if there is none. */
  readonly flexible: number
  readonly struct: StructType
  readonly #decoders: (Decoder<ValueOf<F>> | undefined)[] = []
  readonly #encoders: (Encoder<InputOf<F>> | undefined)[] = []

  constructor(name: string, options: MessageOptions, fields: F) {
    this.name = name
    this.key = options.key ?? -1
    this.oldest = options.versions[0]
    this.newest = options.versions[1]
    this.flexible = options.flexible === 'never' ? Number.POSITIVE_INFINITY : options.flexible
    this.struct = new StructType(fields)
  }

  has(version: number): boolean {
    return version >= this.oldest && version <= this.newest
  }

  /** Reads a value; the reader is left after it. Throws DecodeError. */
  decode(reader: Reader, version: number): ValueOf<F> {
    const decoder = this.#decoders[version] ?? this.#makeDecoder(version)
    return decoder(reader)
  }

  /** Throws EncodeError if the value does not fit the definition or the version. */
  encode(writer: Writer, version: number, value: InputOf<F>): void {
    const encoder = this.#encoders[version] ?? this.#makeEncoder(version)
    encoder(writer, value)
  }

  layout(version: number): Layout {
    return { name: this.name, struct: this.struct, version, flexible: version >= this.flexible }
  }

  // Codecs are made when first used: a broker meets a few dozen of the thousand there are.

  #makeDecoder(version: number): Decoder<ValueOf<F>> {
    if (!this.has(version)) throw new DecodeError(`${this.name} has no version ${version}`)
    const make = canGenerateCode() ? compileDecoder : interpretDecoder
    const decoder = make(this.layout(version)) as Decoder<ValueOf<F>>
    this.#decoders[version] = decoder
    return decoder
  }

  #makeEncoder(version: number): Encoder<InputOf<F>> {
    if (!this.has(version)) throw new EncodeError(`${this.name} has no version ${version}`)
    const make = canGenerateCode() ? compileEncoder : interpretEncoder
    const encoder = make(this.layout(version)) as Encoder<InputOf<F>>
    this.#encoders[version] = encoder
    return encoder
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any message at all
export type AnyMessage = Message<any>

export const message = <F extends Fields>(name: string, options: MessageOptions, fields: F): Message<F> =>
  new Message(name, options, fields)
