import { DecodeError, EncodeError } from '../errors.ts'
import type { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { Decoder, Encoder, Layout } from './message.ts'
import { defaultOf, type FieldSpec, fewestBytes, isOptional, isPresent, type StructType, type Type } from './types.ts'

/**
 * Codecs as nested closures: the plain reading of a definition, against which the compiled codecs are tested, and their
 * substitute where code generation is forbidden (`--disallow-code-generation-from-strings`).
 */

type Struct = Record<string, unknown>
type Read = (reader: Reader) => unknown
type Write = (writer: Writer, value: unknown) => void

export const interpretDecoder = ({ struct, version, flexible }: Layout): Decoder<unknown> =>
  structReader(struct, version, flexible)

export const interpretEncoder = ({ name, struct, version, flexible }: Layout): Encoder<unknown> => {
  const write = structWriter(struct, version, flexible)
  return (writer, value) => {
    try {
      write(writer, value)
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      throw new EncodeError(`${name} v${version}: ${error.message}`, { cause: error })
    }
  }
}

function structReader(struct: StructType, version: number, flexible: boolean): Read {
  const ordered: [name: string, read: Read][] = []
  const tagged = new Map<number, [name: string, read: Read]>()
  for (const [name, spec] of struct.fields) {
    if (!isPresent(spec, version)) continue
    const read = fieldReader(spec, version, flexible)
    if (spec.tag === undefined) ordered.push([name, read])
    else tagged.set(spec.tag, [name, read])
  }
  return (reader) => {
    const value: Struct = {}
    for (const [name, spec] of struct.fields) value[name] = defaultOf(spec)
    for (const [name, read] of ordered) value[name] = read(reader)
    if (flexible) readTags(reader, tagged, value)
    return value
  }
}

function readTags(reader: Reader, tagged: Map<number, [name: string, read: Read]>, value: Struct): void {
  for (let count = reader.uvarint(); count > 0; count--) {
    const known = tagged.get(reader.uvarint())
    const end = reader.beginTag()
    if (known) value[known[0]] = known[1](reader)
    else reader.position = end
    reader.endTag(end)
  }
}

function fieldReader(spec: FieldSpec, version: number, flexible: boolean): Read {
  return typeReader(spec.type, version, flexible && !spec.neverCompact, spec.nullableSince <= version)
}

function typeReader(type: Type, version: number, flexible: boolean, nullable: boolean): Read {
  switch (type.kind) {
    case 'struct': {
      const read = structReader(type, version, flexible)
      return nullable ? (reader) => (reader.present() ? read(reader) : null) : read
    }
    case 'array':
      return arrayReader(type.element, version, flexible, nullable)
    case 'string':
      if (flexible) return nullable ? (r) => r.compactNullableString() : (r) => r.compactString()
      return nullable ? (r) => r.nullableString() : (r) => r.string()
    case 'bytes':
    case 'records':
      if (flexible) return nullable ? (r) => r.compactNullableBytes() : (r) => r.compactBytes()
      return nullable ? (r) => r.nullableBytes() : (r) => r.bytes()
    default: {
      const kind = type.kind
      return (reader) => reader[kind]()
    }
  }
}

function arrayReader(element: Type, version: number, flexible: boolean, nullable: boolean): Read {
  const read = typeReader(element, version, flexible, false)
  const least = fewestBytes(element, version, flexible)
  const length: (reader: Reader) => number = flexible
    ? (r) => r.compactNullableArrayLength(least)
    : (r) => r.nullableArrayLength(least)
  return (reader) => {
    const count = length(reader)
    if (count < 0) {
      if (nullable) return null
      throw new DecodeError(`length ${count} of an array that may not be null`)
    }
    const values: unknown[] = []
    for (let i = 0; i < count; i++) values.push(read(reader))
    return values
  }
}

function structWriter(struct: StructType, version: number, flexible: boolean): Write {
  const ordered: [name: string, spec: FieldSpec, write: Write][] = []
  const tagged: [name: string, spec: FieldSpec, write: Write][] = []
  const dropped: [name: string, spec: FieldSpec][] = []
  for (const [name, spec] of struct.fields) {
    if (isPresent(spec, version)) {
      const list = spec.tag === undefined ? ordered : tagged
      list.push([name, spec, within(name, fieldWriter(spec, version, flexible))])
    } else if (!spec.ignorable) dropped.push([name, spec])
  }
  tagged.sort((a, b) => a[1].tag! - b[1].tag!)
  return (writer, value) => {
    if (typeof value !== 'object' || value === null) throw new EncodeError(`${value} is no struct`)
    const given = value as Struct
    for (const [name, spec] of dropped) {
      if (!isDefault(spec, given[name])) throw new EncodeError(`field ${name} is not in version ${version}`)
    }
    for (const [name, spec, write] of ordered) write(writer, valueOrDefault(spec, given[name]))
    if (!flexible) return
    const sent = tagged.filter(([name, spec]) => !isDefault(spec, given[name]))
    writer.uvarint(sent.length)
    for (const [name, spec, write] of sent) {
      const content = new Writer()
      write(content, given[name])
      writer.tagged(spec.tag!, content)
    }
  }
}

/** Names the field in which writing failed; only here, because it costs time that the compiled codecs do not spend. */
const within =
  (name: string, write: Write): Write =>
  (writer, value) => {
    try {
      write(writer, value)
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      throw new EncodeError(`${name}: ${error.message}`, { cause: error })
    }
  }

function fieldWriter(spec: FieldSpec, version: number, flexible: boolean): Write {
  return typeWriter(spec.type, version, flexible && !spec.neverCompact, spec.nullableSince <= version)
}

function typeWriter(type: Type, version: number, flexible: boolean, nullable: boolean): Write {
  switch (type.kind) {
    case 'struct': {
      const write = structWriter(type, version, flexible)
      if (!nullable) return write
      return (writer, value) => {
        writer.int8(value === null ? -1 : 1)
        if (value !== null) write(writer, value)
      }
    }
    case 'array':
      return arrayWriter(type.element, version, flexible, nullable)
    case 'string':
      if (flexible) return nullable ? call('compactNullableString') : call('compactString')
      return nullable ? call('nullableString') : call('string')
    case 'bytes':
    case 'records':
      if (flexible) return nullable ? call('compactNullableBytes') : call('compactBytes')
      return nullable ? call('nullableBytes') : call('bytes')
    default:
      return call(type.kind)
  }
}

/** A write through the writer's method of that name, which checks the value itself. */
const call =
  (method: Exclude<keyof Writer, 'byteLength' | 'finish' | 'finishContiguous' | 'raw' | 'tagged'>): Write =>
  (writer, value) =>
    writer[method](value as never)

function arrayWriter(element: Type, version: number, flexible: boolean, nullable: boolean): Write {
  const write = typeWriter(element, version, flexible, false)
  return (writer, value) => {
    if (!Array.isArray(value) && !(nullable && value === null)) throw new EncodeError(`${value} is no array`)
    const length = value?.length ?? -1
    if (flexible) writer.compactArrayLength(length)
    else writer.arrayLength(length)
    for (const element of value ?? []) write(writer, element)
  }
}

/** A field that was left out is written as its default; one that has to be given stays undefined and fails. */
const valueOrDefault = (spec: FieldSpec, value: unknown): unknown =>
  value === undefined && isOptional(spec) ? defaultOf(spec) : value

function isDefault(spec: FieldSpec, value: unknown): boolean {
  if (value === undefined) return true
  if (spec.defaultValue !== undefined) return value === spec.defaultValue
  if (value === null) return false
  switch (spec.type.kind) {
    case 'bytes':
    case 'records':
    case 'array':
      return (value as { length: number }).length === 0
    case 'struct':
      return spec.type.fields.every(([name, inner]) => isDefault(inner, (value as Struct)[name]))
    default:
      return value === defaultOf(spec)
  }
}
