import { DecodeError } from './errors.ts'
import type { AnyMessage } from './schema/message.ts'
import { Reader } from './wire/reader.ts'
import { Writer } from './wire/writer.ts'

/**
 * Records of the coordinators' topics (groups, transactions, share partitions): the key begins with an int16 that tells
 * the record's type, the value with an int16 that tells its version; a null value is a tombstone.
 */

export interface CoordinatorRecordType {
  /** `key.key` is the type. */
  readonly key: AnyMessage
  readonly value: AnyMessage
}

export type CoordinatorRecordTypes = { readonly [type: string]: CoordinatorRecordType }

/** As decoded. `version` is the value's; 0 for a tombstone. */
export type CoordinatorRecordOf<Types extends CoordinatorRecordTypes> = {
  [Type in keyof Types]: {
    readonly type: Type
    readonly key: Types[Type]['key']['T']
    readonly version: number
    readonly value: Types[Type]['value']['T'] | null
  }
}[keyof Types]

/** As accepted by encode. */
export type CoordinatorRecordInputOf<Types extends CoordinatorRecordTypes> = {
  [Type in keyof Types]: {
    readonly type: Type
    readonly key: Types[Type]['key']['Input']
    readonly version: number
    readonly value: Types[Type]['value']['Input'] | null
  }
}[keyof Types]

export interface KeyAndValue {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** The codec of one topic's records. */
export class CoordinatorRecords<Types extends CoordinatorRecordTypes> {
  readonly #types: Types
  readonly #typeByPrefix: Map<number, keyof Types & string>

  constructor(types: Types) {
    this.#types = types
    this.#typeByPrefix = new Map(Object.entries(types).map(([type, { key }]) => [key.key, type]))
  }

  encode(record: CoordinatorRecordInputOf<Types>): KeyAndValue {
    const { key, value } = this.#types[record.type]!
    return {
      key: encodePrefixed(key, key.key, 0, record.key),
      value: record.value === null ? null : encodePrefixed(value, record.version, record.version, record.value),
    }
  }

  /**
   * undefined for a type that is not known, which readers pass over. Throws DecodeError, also for a value of a version
   * newer than those that are known.
   */
  decode(key: Buffer, value: Buffer | null): CoordinatorRecordOf<Types> | undefined {
    const keyReader = new Reader(key)
    const type = this.#typeByPrefix.get(keyReader.int16())
    if (type === undefined) return undefined
    const messages = this.#types[type]!
    const decodedKey = decodeToEnd(messages.key, keyReader, 0)
    if (value === null) return { type, key: decodedKey, version: 0, value: null }
    const valueReader = new Reader(value)
    const version = valueReader.int16()
    return { type, key: decodedKey, version, value: decodeToEnd(messages.value, valueReader, version) }
  }
}

/** A message behind an int16. */
function encodePrefixed(message: AnyMessage, prefix: number, version: number, body: AnyMessage['Input']): Buffer {
  const writer = new Writer()
  writer.int16(prefix)
  message.encode(writer, version, body)
  return writer.finishContiguous()
}

function decodeToEnd(message: AnyMessage, reader: Reader, version: number): AnyMessage['T'] {
  const body = message.decode(reader, version)
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after ${message.name}`)
  return body
}
