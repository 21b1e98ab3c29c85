import { ZERO_UUID } from '../wire/uuid.ts'

/**
 * The vocabulary in which messages are defined: `int32`, `string.nullable()`, `array({ ... }).since(3)`. A field is
 * immutable; each modifier returns a changed copy.
 */

export type Scalar =
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'int53'
  | 'float64'
  | 'boolean'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid'

export type Type = { readonly kind: Scalar } | { readonly kind: 'array'; readonly element: Type } | StructType

export type NamedField = readonly [name: string, spec: FieldSpec]

/** What the codecs know of a field. Version bounds are inclusive. */
export interface FieldSpec {
  readonly type: Type
  readonly since: number
  readonly until: number
  /** First version in which null may stand on the wire; Infinity: in none. */
  readonly nullableSince: number
  /** undefined: the type's own default (0, false, '', empty, all fields at their defaults), even if nullable. */
  readonly defaultValue: unknown
  /** Number of the tagged field (KIP-482); undefined: stands in order among the others. */
  readonly tag: number | undefined
  /** A value other than the default may be dropped where the version has no such field. */
  readonly ignorable: boolean
  /** Keeps the classic length prefix in flexible versions too. */
  readonly neverCompact: boolean
}

/** `T`: as decoded. `In`: as accepted by encode. `Optional`: encode may be given nothing. */
export class Field<T, In = T, Optional extends boolean = false> {
  declare readonly T: T
  declare readonly Input: In
  declare readonly optional: Optional
  readonly spec: FieldSpec

  constructor(spec: FieldSpec) {
    this.spec = spec
  }

  /** Present from this version on. */
  since(version: number): Field<T, In, true> {
    return this.#with({ since: version })
  }

  /** Present up to and including this version. */
  until(version: number): Field<T, In, true> {
    return this.#with({ until: version })
  }

  /** Present in these versions, both bounds included. */
  versions(since: number, until: number): Field<T, In, true> {
    return this.#with({ since, until })
  }

  nullable(): Field<T | null, In | null, Optional> {
    return this.#with({ nullableSince: 0 })
  }

  nullableSince(version: number): Field<T | null, In | null, Optional> {
    return this.#with({ nullableSince: version })
  }

  /**
   * The value where the version has no such field, or the tagged field is not sent, or encode is given nothing: a
   * scalar or null.
   */
  default(value: T): Field<T, In, true> {
    return this.#with({ defaultValue: value })
  }

  /** Sent as a tagged field, from `since` on if given. */
  tag(tag: number, since = this.spec.since): Field<T, In, true> {
    return this.#with({ tag, since })
  }

  ignorable(): Field<T, In, Optional> {
    return this.#with({ ignorable: true })
  }

  neverCompact(): Field<T, In, Optional> {
    return this.#with({ neverCompact: true })
  }

  // The type parameters of the result are those that the modifier's signature promises.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  #with(change: Partial<FieldSpec>): Field<any, any, any> {
    return new Field({ ...this.spec, ...change })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any field at all
export type AnyField = Field<any, any, boolean>
export type Fields = { readonly [name: string]: AnyField }

/** The decoded value of a struct. */
export type ValueOf<F extends Fields> = { -readonly [K in keyof F]: F[K]['T'] }

type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? K : never }[keyof F]
/** What encode accepts for a struct. */
export type InputOf<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: F[K]['Input']
} & { readonly [K in OptionalKeys<F>]?: F[K]['Input'] | undefined }

export const field = <T, In = T>(type: Type): Field<T, In> =>
  new Field({
    type,
    since: 0,
    until: Number.POSITIVE_INFINITY,
    nullableSince: Number.POSITIVE_INFINITY,
    defaultValue: undefined,
    tag: undefined,
    ignorable: false,
    neverCompact: false,
  })

export const int8 = field<number>({ kind: 'int8' })
export const int16 = field<number>({ kind: 'int16' })
export const uint16 = field<number>({ kind: 'uint16' })
export const int32 = field<number>({ kind: 'int32' })
export const uint32 = field<number>({ kind: 'uint32' })
/** int64 in full: ids, epochs, counters without a bound. */
export const int64 = field<bigint>({ kind: 'int64' })
/** int64 on the wire whose domain is below 2^53: offsets, timestamps, durations. */
export const int53 = field<number>({ kind: 'int53' })
export const float64 = field<number>({ kind: 'float64' })
export const boolean = field<boolean>({ kind: 'boolean' })
export const string = field<string>({ kind: 'string' })
/** Decoded by reference into the frame. */
export const bytes = field<Buffer, Uint8Array>({ kind: 'bytes' })
/** Record batches or message sets, undecoded: a slice of the frame when read, written by reference. */
export const records = field<Buffer, Uint8Array | readonly Uint8Array[]>({ kind: 'records' })
export const uuid = field<string>({ kind: 'uuid' })

export const struct = <F extends Fields>(fields: F): Field<ValueOf<F>, InputOf<F>> => field(new StructType(fields))

export function array<T, In>(element: Field<T, In>): Field<T[], readonly In[]>
export function array<F extends Fields>(element: F): Field<ValueOf<F>[], readonly InputOf<F>[]>
export function array(element: AnyField | Fields): AnyField {
  return field({ kind: 'array', element: element instanceof Field ? element.spec.type : new StructType(element) })
}

/** Lists its fields when first asked: most definitions that a process loads are never used. */
export class StructType {
  readonly kind = 'struct'
  readonly #shape: Fields
  #fields: readonly NamedField[] | undefined

  constructor(shape: Fields) {
    this.#shape = shape
  }

  get fields(): readonly NamedField[] {
    this.#fields ??= Object.entries(this.#shape).map(([name, { spec }]) => [name, spec])
    return this.#fields
  }
}

/** Fewest bytes that a scalar takes where compact encodings are not (1 where they are, for those with a length). */
const SCALAR_BYTES: Record<Scalar, number> = {
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  int53: 8,
  float64: 8,
  boolean: 1,
  string: 2,
  bytes: 4,
  records: 4,
  uuid: 16,
}

export const hasLength = (type: Type): boolean =>
  type.kind === 'array' || type.kind === 'string' || type.kind === 'bytes' || type.kind === 'records'

export const isPresent = (spec: FieldSpec, version: number): boolean => spec.since <= version && version <= spec.until

/** Fewest bytes that a value of the type takes in a version; what an array's length is checked against. */
export function fewestBytes(type: Type, version: number, flexible: boolean): number {
  if (hasLength(type) && flexible) return 1
  if (type.kind === 'array') return 4
  if (type.kind !== 'struct') return SCALAR_BYTES[type.kind]
  let size = flexible ? 1 : 0
  for (const [, spec] of type.fields) {
    if (!isPresent(spec, version) || spec.tag !== undefined) continue
    const maybeNull = spec.type.kind === 'struct' && spec.nullableSince <= version
    size += maybeNull ? 1 : fewestBytes(spec.type, version, flexible && !spec.neverCompact)
  }
  return size
}

/** Whether encode may be given nothing for the field; the run-time twin of the type parameter Optional. */
export const isOptional = (spec: FieldSpec): boolean =>
  spec.defaultValue !== undefined || spec.tag !== undefined || spec.since > 0 || spec.until < Number.POSITIVE_INFINITY

/** The value of a field about which nothing was said. Arrays and structs are new ones each time. */
export function defaultOf(spec: FieldSpec): unknown {
  return spec.defaultValue === undefined ? emptyOf(spec.type) : spec.defaultValue
}

export const EMPTY_BYTES = Buffer.alloc(0)

function emptyOf(type: Type): unknown {
  switch (type.kind) {
    case 'boolean':
      return false
    case 'int64':
      return 0n
    case 'string':
      return ''
    case 'uuid':
      return ZERO_UUID
    case 'bytes':
    case 'records':
      return EMPTY_BYTES
    case 'array':
      return []
    case 'struct':
      return Object.fromEntries(type.fields.map(([name, spec]) => [name, defaultOf(spec)]))
    default:
      return 0
  }
}
