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

export function encodeCoordinatorRecord<Types extends CoordinatorRecordTypes>(
  types: Types,
  record: CoordinatorRecordInputOf<Types>,
): KeyAndValue {
  const { key, value } = types[record.type]!
  return {
    key: encodePrefixed(key, key.key, 0, record.key),
    value: record.value === null ? null : encodePrefixed(value, record.version, record.version, record.value),
  }
}

/**
 * undefined for a type that is not known, which readers pass over. Throws DecodeError, also for a value of a version
 * newer than those that are known.
 */
export function decodeCoordinatorRecord<Types extends CoordinatorRecordTypes>(
  types: Types,
  key: Buffer,
  value: Buffer | null,
): CoordinatorRecordOf<Types> | undefined {
  const keyReader = new Reader(key)
  const prefix = keyReader.int16()
  const type = Object.keys(types).find((name) => types[name]!.key.key === prefix)
  if (type === undefined) return undefined
  const messages = types[type]!
  const decodedKey = messages.key.decode(keyReader, 0)
  expectEnd(keyReader)
  if (value === null) return { type, key: decodedKey, version: 0, value: null }
  const valueReader = new Reader(value)
  const version = valueReader.int16()
  const decodedValue = messages.value.decode(valueReader, version)
  expectEnd(valueReader)
  return { type, key: decodedKey, version, value: decodedValue }
}

/** A message behind an int16. */
function encodePrefixed(message: AnyMessage, prefix: number, version: number, body: AnyMessage['Input']): Buffer {
  const writer = new Writer()
  writer.int16(prefix)
  message.encode(writer, version, body)
  return writer.finishContiguous()
}

function expectEnd(reader: Reader): void {
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes left over`)
}
