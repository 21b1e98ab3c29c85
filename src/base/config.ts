import { assert } from './assert.ts'

/**
 * Configuration as data: one table per module, one entry per key, from which parsing, `--help`, DescribeConfigs, the
 * docs and the console are all fed. Keys, types, defaults and bounds are Kafka's.
 */

/** How DescribeConfigs v3+ names the type of a key (KIP-569). */
export const CONFIG_TYPE = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const
export type ConfigType = keyof typeof CONFIG_TYPE

/** Who may change a key while the broker runs (KIP-226). A cluster-wide key may also be set for one broker. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

/** Java's Long.MAX_VALUE as near as a number gets; it is printed and read exactly. */
export const LONG_MAX = 2 ** 63
const INT_MAX = 2 ** 31 - 1

/** Another key whose value this one takes when it is not set itself, times `multiply` where the units differ. */
export type Synonym = string | { readonly key: string; readonly multiply: number }

interface KeyOptions<T> {
  doc: string
  /** 'read-only' unless given. */
  update?: UpdateMode
  /** Keys of the broker that give this key's default, first set one first. */
  synonyms?: readonly Synonym[]
  /** Left out of DescribeConfigs and of the docs. */
  internal?: boolean
  /** What is wrong with a value that has the right type and bounds, as the end of a sentence; undefined if nothing. */
  validate?: (value: T) => string | undefined
}

/** `default` may be null (the key is then null unless set); without `default` the key must be set. */
interface Default<D> {
  default?: D
}

interface NumberOptions<D> extends KeyOptions<number>, Default<D> {
  /** Inclusive. */
  min?: number
  /** Inclusive. */
  max?: number
  /** Values outside min..max that are accepted all the same, such as -1 for "no limit". */
  also?: readonly number[]
}

/** One key: everything that is known about it. */
export interface ConfigKey<T = unknown> {
  readonly type: ConfigType
  /** The default as a value; undefined where the key must be set. */
  readonly default: T | undefined
  readonly update: UpdateMode
  readonly doc: string
  readonly synonyms: readonly Synonym[]
  readonly internal: boolean
  /** DescribeConfigs shows null instead of the value, and no error repeats it. */
  readonly sensitive: boolean
  /** What a raw value must look like, for people: "a whole number, at least 1". */
  readonly accepts: string
  /** The accepted words, where the key is one of a few or a list of them. */
  readonly values: readonly string[] | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  /** Reads the text form; throws ConfigProblem that says what is accepted. */
  readonly parse: (raw: string) => T
  /** The text form as DescribeConfigs prints it; null for null. */
  readonly format: (value: T) => string | null
}

/** Keys of one module, or of several merged. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds keys of every type; each entry keeps its own
export type ConfigTable = Readonly<Record<string, ConfigKey<any>>>

/** The values of a table: `{ 'log.segment.bytes': number, … }`. */
export type ConfigOf<Table extends ConfigTable> = {
  readonly [K in keyof Table]: Table[K] extends ConfigKey<infer T> ? T : never
}

/** A raw value that a key does not take. The message is the end of a sentence: what is accepted. */
class ConfigProblem extends Error {}

function key<T>(
  type: ConfigType,
  options: KeyOptions<never> & Default<unknown>,
  shape: {
    accepts: string
    parse: (raw: string) => T
    format?: (value: T) => string
    values?: readonly string[] | undefined
    min?: number | undefined
    max?: number | undefined
  },
): ConfigKey<T> {
  const validate = options.validate as ((value: T) => string | undefined) | undefined
  const format = shape.format ?? String
  return {
    type,
    default: options.default as T | undefined,
    update: options.update ?? 'read-only',
    doc: options.doc,
    synonyms: options.synonyms ?? [],
    internal: options.internal ?? false,
    sensitive: type === 'password',
    accepts: shape.accepts,
    values: shape.values,
    min: shape.min,
    max: shape.max,
    parse: (raw) => {
      const value = shape.parse(raw.trim())
      const problem = validate?.(value)
      if (problem !== undefined) throw new ConfigProblem(problem)
      return value
    },
    format: (value) => (value === null || value === undefined ? null : format(value)),
  }
}

function numberKey<D>(type: ConfigType, options: NumberOptions<D>, low: number, high: number) {
  const { min, max, also = [] } = options
  const accepts = describeRange(type === 'double' ? 'a number' : 'a whole number', min, max, also, low, high)
  const parse = (raw: string) => {
    const value = type === 'double' ? readDouble(raw) : readInteger(raw)
    const inside = value >= (min ?? low) && value <= (max ?? high)
    if (Number.isNaN(value) || !(inside || also.includes(value))) throw new ConfigProblem(`expected ${accepts}`)
    return value
  }
  const format = type === 'double' ? formatDouble : type === 'long' ? formatLong : String
  return key<number | Extract<D, null>>(type, options, { accepts, parse, format: format as () => string, min, max })
}

function describeRange(
  what: string,
  min: number | undefined,
  max: number | undefined,
  also: readonly number[],
  low: number,
  high: number,
): string {
  let text = what
  if (max !== undefined || (min === undefined && Number.isFinite(low) && high <= INT_MAX)) {
    text += ` from ${min ?? low} to ${max ?? high}`
  } else if (min !== undefined) {
    text += `, at least ${min}`
  }
  return also.length === 0 ? text : `${text}, or ${also.join(' or ')}`
}

function readInteger(raw: string): number {
  if (!/^[+-]?\d+$/.test(raw)) return Number.NaN
  const value = Number(raw)
  // Number() rounds Long.MAX_VALUE up to 2^63, and whatever lies beyond it too: only exact comparison tells them apart.
  if (Math.abs(value) >= LONG_MAX && BigInt.asIntN(64, BigInt(raw)) !== BigInt(raw)) return Number.NaN
  return value
}

function readDouble(raw: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(raw) ? Number(raw) : Number.NaN
}

function formatLong(value: number): string {
  if (value >= LONG_MAX) return '9223372036854775807'
  if (value <= -LONG_MAX) return '-9223372036854775808'
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}

/** As Java's Double.toString writes it: 0.5, 1.0, 1.0E7, 1.7976931348623157E308. */
function formatDouble(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e')
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

export function int<const D extends number | null>(options: NumberOptions<D>) {
  return numberKey('int', options, -(2 ** 31), INT_MAX)
}

export function short<const D extends number | null>(options: NumberOptions<D>) {
  return numberKey('short', options, -32768, 32767)
}

/** A 64-bit number, kept as `number`: beyond 2^53 it is rounded, except that the two ends are read and printed exactly. */
export function long<const D extends number | null>(options: NumberOptions<D>) {
  return numberKey('long', options, -LONG_MAX, LONG_MAX)
}

export function double<const D extends number | null>(options: NumberOptions<D>) {
  return numberKey('double', options, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
}

export function boolean<const D extends boolean | null>(options: KeyOptions<boolean> & Default<D>) {
  const accepts = 'true or false'
  return key<boolean | Extract<D, null>>('boolean', options, {
    accepts,
    parse: (raw) => {
      const word = raw.toLowerCase()
      if (word !== 'true' && word !== 'false') throw new ConfigProblem(`expected ${accepts}`)
      return word === 'true'
    },
  })
}

interface StringOptions<D> extends KeyOptions<string>, Default<D> {
  notEmpty?: boolean
}

function textKey<D>(type: ConfigType, what: string, options: StringOptions<D>) {
  const accepts = options.notEmpty ? `${what} that is not empty` : what
  return key<string | Extract<D, null>>(type, options, {
    accepts,
    parse: (raw) => {
      if (options.notEmpty && raw === '') throw new ConfigProblem(`expected ${accepts}`)
      return raw
    },
  })
}

export function string<const D extends string | null>(options: StringOptions<D>) {
  return textKey('string', 'text', options)
}

/** Names a Java class in Kafka; here the text is kept and shown, nothing is loaded. */
export function className<const D extends string | null>(options: StringOptions<D>) {
  return textKey('class', 'a class name', options)
}

/** Text that is never shown: DescribeConfigs answers null, errors leave it out. */
export function password<const D extends string | null>(options: StringOptions<D>) {
  return textKey('password', 'text', options)
}

/** One of a few words, compared exactly. DescribeConfigs calls it a string. */
export function enumeration<const V extends string, const D extends V | null>(
  options: KeyOptions<V> & Default<D> & { values: readonly V[] },
) {
  const accepts = `one of ${options.values.join(', ')}`
  return key<V | Extract<D, null>>('string', options, {
    accepts,
    values: options.values,
    parse: (raw) => {
      if (!(options.values as readonly string[]).includes(raw)) throw new ConfigProblem(`expected ${accepts}`)
      return raw as V
    },
  })
}

/** Comma-separated words; spaces around them do not count, a repeated one counts once (KIP-1161). */
export function list<const D extends readonly string[] | null>(
  options: KeyOptions<readonly string[]> & Default<D> & { values?: readonly string[]; notEmpty?: boolean },
) {
  const { values, notEmpty } = options
  const accepts = `a comma-separated list${values ? ` of ${values.join(', ')}` : ''}${notEmpty ? ', not empty' : ''}`
  return key<readonly string[] | Extract<D, null>>('list', options, {
    accepts,
    values,
    parse: (raw) => {
      const items = raw === '' ? [] : [...new Set(raw.split(',').map((item) => item.trim()))]
      const wrong = items.some((item) => item === '' || (values !== undefined && !values.includes(item)))
      if (wrong || (notEmpty && items.length === 0)) throw new ConfigProblem(`expected ${accepts}`)
      return items
    },
    format: (items) => (items as readonly string[]).join(','),
  })
}

/** Checks a table while the program loads: a default that its own key would refuse is a mistake of ours. */
export function configTable<const T extends ConfigTable>(keys: T): T {
  for (const [name, key] of Object.entries(keys)) {
    if (key.default === undefined || key.default === null) continue
    try {
      key.parse(key.format(key.default) ?? '')
    } catch {
      assert(false, `default of ${name} is outside of what the key accepts: ${key.accepts}`)
    }
  }
  return keys
}

type Intersection<Tables extends readonly unknown[]> = Tables extends readonly [infer First, ...infer Rest]
  ? First & Intersection<Rest>
  : unknown

/** All keys of several modules in one table. Two modules that claim the same key are a mistake of ours. */
export function mergeTables<const Tables extends readonly ConfigTable[]>(...tables: Tables): Intersection<Tables> {
  const merged: Record<string, ConfigKey> = {}
  for (const table of tables) {
    for (const [name, key] of Object.entries(table)) {
      assert(merged[name] === undefined, `two config tables hold ${name}`)
      merged[name] = key
    }
  }
  return merged as Intersection<Tables>
}

/** The outcome of reading one raw value. */
export type ParsedValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string }

/** Reads one value. An error is one sentence: key, value (unless secret) and what is accepted. */
export function parseValue(table: ConfigTable, name: string, raw: string): ParsedValue {
  const key = keyOf(table, name)
  if (key === undefined) return { ok: false, error: unknownKey(table, name) }
  try {
    return { ok: true, value: key.parse(raw) }
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error
    return { ok: false, error: `${name}${key.sensitive ? '' : `=${raw}`}: ${error.message}` }
  }
}

export interface ParsedConfig<Table extends ConfigTable> {
  /** Every key of the table: the raw value where it was given and is valid, else the default. */
  values: ConfigOf<Table>
  /** One sentence each. */
  errors: string[]
  /** Keys that the table does not hold. `unknownKey` words the warning. */
  unknown: string[]
}

/** Reads raw text values, such as those of a properties file. All errors are collected, none throws. */
export function parseConfig<Table extends ConfigTable>(
  table: Table,
  raw: Readonly<Record<string, string>>,
): ParsedConfig<Table> {
  const values: Record<string, unknown> = {}
  const errors: string[] = []
  const unknown: string[] = []
  for (const [name, key] of Object.entries(table)) {
    values[name] = key.default
    if (key.default === undefined && raw[name] === undefined)
      errors.push(`${name} must be set: expected ${key.accepts}`)
  }
  for (const [name, text] of Object.entries(raw)) {
    if (keyOf(table, name) === undefined) {
      unknown.push(name)
      continue
    }
    const parsed = parseValue(table, name, text)
    if (parsed.ok) values[name] = parsed.value
    else errors.push(parsed.error)
  }
  return { values: values as ConfigOf<Table>, errors, unknown }
}

/** The defaults alone. A key that must be set is undefined. */
export function defaultsOf<Table extends ConfigTable>(table: Table): ConfigOf<Table> {
  return Object.fromEntries(Object.entries(table).map(([name, key]) => [name, key.default])) as ConfigOf<Table>
}

/**
 * What each key of `table` is when nothing sets it directly: the first synonym that the broker's configuration holds
 * a value for, else the key's own default. A negative value means "no limit" in every unit, so it is not multiplied.
 */
export function defaultsFromSynonyms<Table extends ConfigTable>(
  table: Table,
  broker: Readonly<Record<string, unknown>>,
): ConfigOf<Table> {
  const values: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(table)) {
    values[name] = key.default
    for (const synonym of key.synonyms) {
      const { key: other, multiply } = synonymOf(synonym)
      const value = broker[other]
      if (value === null || value === undefined) continue
      values[name] = typeof value === 'number' && value > 0 ? value * multiply : value
      break
    }
  }
  return values as ConfigOf<Table>
}

export function synonymOf(synonym: Synonym): { key: string; multiply: number } {
  return typeof synonym === 'string' ? { key: synonym, multiply: 1 } : synonym
}

/** The sentence for a key that nobody knows, with the nearest one that somebody does. */
export function unknownKey(table: ConfigTable, name: string): string {
  const near = nearestKey(table, name)
  return `unknown configuration key ${name}${near === undefined ? '' : `: did you mean ${near}?`}`
}

/** The known key with the fewest edits from `name`, if that is at most a third of its length. */
export function nearestKey(table: ConfigTable, name: string): string | undefined {
  let best: string | undefined
  let bestEdits = Math.floor(name.length / 3) + 1
  for (const [known, key] of Object.entries(table)) {
    if (key.internal || Math.abs(known.length - name.length) >= bestEdits) continue
    const edits = editDistance(name.toLowerCase(), known, bestEdits)
    if (edits < bestEdits) {
      best = known
      bestEdits = edits
    }
  }
  return best
}

/** Insertions, deletions and replacements that make `b` of `a`; stops counting at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let lowest = i
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const edits = Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1)
      row.push(edits)
      lowest = Math.min(lowest, edits)
    }
    if (lowest >= limit) return limit
    previous = row
  }
  return previous[b.length]!
}

function keyOf(table: ConfigTable, name: string): ConfigKey | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
