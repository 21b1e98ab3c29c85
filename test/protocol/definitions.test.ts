import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import tap, { type Test } from 'tap'
import { API_TABLE } from '../../protocol/api/index.ts'
import type { AnyMessage } from '../../protocol/schema/message.ts'
import { defaultOf, type FieldSpec, isPresent, type NamedField, type Type } from '../../protocol/schema/types.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { allMessages } from './all-messages.ts'

// The definitions against the facts taken from Kafka's own: for each version that a fact covers, the same fields in the
// same order with the same types, nullability and tags; and for each field, the same default and ignorability.

const FACTS = resolve('../shared/kafka')
const skip = existsSync(FACTS) ? false : 'the facts are not here'

interface FactField {
  name: string
  type: string
  versions?: string
  nullableVersions?: string
  taggedVersions?: string
  flexibleVersions?: string
  tag?: number | string
  default?: string | number | null
  ignorable?: boolean | string
  fields?: FactField[]
}
interface Fact {
  name: string
  type: string
  apiKey?: number
  validVersions: string
  flexibleVersions?: string
  latestVersionUnstable?: boolean
  fields: FactField[]
  commonStructs?: { name: string; fields: FactField[] }[]
}

/** Later ones win. */
const SOURCES = ['messages', 'messages-4.x', 'messages-4.x/4.3'] as const

/** Facts that we deliberately have no definition of. */
const LEFT_OUT = [
  // Removed in 4.0.
  /^(LeaderAndIsr|StopReplica|UpdateMetadata|ControlledShutdown)(Request|Response)$/,
  // Became ListConfigResources, whose v0 has the same bytes.
  /^ListClientMetricsResources(Request|Response)$/,
  // Early access, never in a release of 4.x.
  /^ShareGroupPartitionMetadata(Key|Value)$/,
  // JSON on disk: protocol/checkpoint.
  /^QuorumStateData$/,
  // Inside the opaque user data of streams clients; no broker reads it.
  /^SubscriptionInfoData$/,
  // The type in the key of a control record: protocol/records/control.
  /^ControlRecordTypeSchema$/,
]

/** The oldest source has these with other names of fields (Vote), or as early access with other layouts (share groups). */
const SUPERSEDED = /^(VoteRequest|Share.*|ReadShareGroupStateSummaryResponse)$/

type Range = readonly [from: number, to: number]
const NONE: Range = [1, 0]

function range(text: string | undefined): Range {
  if (text === undefined || text === 'none') return NONE
  const [from, to] = text.replace('+', '-').split('-')
  return [Number(from), to === undefined ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to)]
}

const within = ([from, to]: Range, version: number): boolean => from <= version && version <= to

function readFacts(source: string): Map<string, Fact> {
  const facts = new Map<string, Fact>()
  for (const entry of readdirSync(join(FACTS, source), { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === '4.3') continue
    const folder = join(FACTS, source, entry.name)
    for (const file of readdirSync(folder)) {
      const fact = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fact
      facts.set(fact.name, fact)
    }
  }
  return facts
}

const camel = (name: string): string => name[0]!.toLowerCase() + name.slice(1)

interface LayoutField {
  name: string
  type: string
  nullable: boolean
  tag: number | undefined
  compact: boolean
  fields: LayoutField[] | undefined
}

/** Ordered fields in order, then tagged ones by tag. */
const inWireOrder = (fields: LayoutField[]): LayoutField[] => [
  ...fields.filter(({ tag }) => tag === undefined),
  ...fields.filter(({ tag }) => tag !== undefined).sort((a, b) => a.tag! - b.tag!),
]

const subFields = (fact: Fact, field: FactField): FactField[] | undefined =>
  field.fields ?? fact.commonStructs?.find(({ name }) => name === field.type.replace('[]', ''))?.fields

function factLayout(fact: Fact, fields: FactField[], version: number): LayoutField[] {
  const present = fields.filter((field) => within(range(field.versions ?? field.taggedVersions), version))
  return inWireOrder(
    present.map((field) => {
      const inner = subFields(fact, field)
      const isArray = field.type.startsWith('[]')
      return {
        name: camel(field.name),
        type: isArray && inner ? '[]struct' : inner ? 'struct' : field.type,
        nullable: within(range(field.nullableVersions), version),
        tag: within(range(field.taggedVersions), version) ? Number(field.tag) : undefined,
        compact: field.flexibleVersions !== 'none',
        fields: inner && factLayout(fact, inner, version),
      }
    }),
  )
}

const KAFKA_TYPES: Record<string, string> = { boolean: 'bool', int53: 'int64' }
const kafkaType = (type: Type): string =>
  type.kind === 'array' ? `[]${kafkaType(type.element)}` : (KAFKA_TYPES[type.kind] ?? type.kind)

const structFields = (type: Type): readonly NamedField[] | undefined =>
  type.kind === 'array' ? structFields(type.element) : type.kind === 'struct' ? type.fields : undefined

function ourLayout(fields: readonly NamedField[], version: number): LayoutField[] {
  const present = fields.filter(([, spec]) => isPresent(spec, version))
  return inWireOrder(
    present.map(([name, spec]) => {
      const inner = structFields(spec.type)
      return {
        name,
        type: kafkaType(spec.type),
        nullable: spec.nullableSince <= version,
        tag: spec.tag,
        compact: !spec.neverCompact,
        fields: inner && ourLayout(inner, version),
      }
    }),
  )
}

/** A release may add tagged fields to versions that earlier ones had: what an earlier fact does not know, left out. */
const withoutLaterTags = (ours: LayoutField[], fact: LayoutField[]): LayoutField[] =>
  ours.flatMap((field) => {
    const known = fact.find(({ name }) => name === field.name)
    if (!known && field.tag !== undefined) return []
    return { ...field, fields: field.fields && withoutLaterTags(field.fields, known?.fields ?? []) }
  })

/** A fact's default in the form in which our definitions have it. */
function factDefault(field: FactField, spec: FieldSpec): unknown {
  const { default: value } = field
  if (value === null || value === 'null') return null
  switch (spec.type.kind) {
    case 'array':
      return []
    case 'struct':
      return defaultOf({ ...spec, defaultValue: undefined })
    case 'bytes':
    case 'records':
      return Buffer.alloc(0)
    case 'string':
      return value ?? ''
    case 'uuid':
      return ZERO_UUID
    case 'boolean':
      return String(value) === 'true'
    case 'int64':
      return BigInt(value ?? 0)
    default:
      return Number(value ?? 0)
  }
}

/** Compares default and ignorability of every field that both have. `parent`: versions in which the field may be. */
function compareFields(
  t: Test,
  fact: Fact,
  fields: FactField[],
  ours: readonly NamedField[],
  parent: Range,
  path: string,
) {
  for (const field of fields) {
    const spec = ours.find(([name]) => name === camel(field.name))?.[1]
    if (!spec || parent[0] > parent[1]) continue
    const where = `${path}.${field.name}`
    t.strictSame(defaultOf(spec), factDefault(field, spec), `default of ${where}`)
    const present: Range = [Math.max(spec.since, parent[0]), Math.min(spec.until, parent[1])]
    const isEverAbsent = present[0] > parent[0] || present[1] < parent[1]
    if (isEverAbsent) t.equal(spec.ignorable, String(field.ignorable) === 'true', `ignorability of ${where}`)
    const inner = subFields(fact, field)
    if (inner) compareFields(t, fact, inner, structFields(spec.type)!, present, where)
  }
}

/** Keys of coordinator records were "versions" before 4.1; they are types, and the layout has one version. */
const keyType = (fact: Fact): number | undefined =>
  fact.name.endsWith('Key') && fact.type === 'data' ? range(fact.validVersions)[1] : undefined

function compareVersions(t: Test, fact: Fact, message: AnyMessage, isNewest: boolean) {
  const type = keyType(fact)
  const [from, to] = type === undefined ? range(fact.validVersions) : [0, 0]
  const flexible = range(fact.flexibleVersions)[0]
  for (let version = Math.max(from, message.oldest); version <= Math.min(to, message.newest); version++) {
    if (fact.latestVersionUnstable && version === to) continue
    const expected = factLayout(fact, fact.fields, type ?? version)
    const ours = ourLayout(message.struct.fields, version)
    t.strictSame(isNewest ? ours : withoutLaterTags(ours, expected), expected, `layout of ${fact.name} v${version}`)
    const isFlexible = range(fact.flexibleVersions) !== NONE && version >= flexible
    t.equal(message.layout(version).flexible, isFlexible, `flexibility of ${fact.name} v${version}`)
  }
}

tap.test('every definition agrees with the facts', { skip }, async (t) => {
  const messages = await allMessages()
  const sources = SOURCES.map(readFacts)
  const names = new Set(sources.flatMap((facts) => [...facts.keys()]))
  for (const name of names) {
    if (LEFT_OUT.some((pattern) => pattern.test(name))) continue
    const message = messages.get(name)
    if (!message) {
      t.fail(`no definition of ${name}`)
      continue
    }
    const all = sources.map((facts) => facts.get(name))
    const known = all.filter((fact) => fact !== undefined)
    const newest = known.at(-1)!
    for (const fact of known) {
      if (fact !== newest && SUPERSEDED.test(name)) continue
      compareVersions(t, fact, message, fact === newest)
      const [from, to] = keyType(fact) === undefined ? range(fact.validVersions) : [0, 0]
      const covered: Range = [Math.max(message.oldest, from), Math.min(message.newest, to)]
      compareFields(t, fact, fact.fields, message.struct.fields, covered, name)
    }
    const recordType = newest.apiKey ?? keyType(newest)
    if (recordType !== undefined && newest.type !== 'data') t.equal(message.key, recordType, `key of ${name}`)
    if (keyType(newest) !== undefined) t.equal(message.key, recordType, `type of ${name}`)
    if (keyType(newest) !== undefined) continue
    const stable = range(newest.validVersions)[1] - (newest.latestVersionUnstable ? 1 : 0)
    if (name !== 'InitProducerIdResponse') t.equal(message.newest, stable, `newest version of ${name}`)
    // v0 of the share group APIs was early access.
    const oldest = known.filter(({ name }) => !name.startsWith('Share')).map((fact) => range(fact.validVersions)[0])
    t.equal(message.oldest, Math.min(range(newest.validVersions)[0], ...oldest), `oldest version of ${name}`)
  }
  t.end()
})

tap.test('every definition is among the facts', { skip }, async (t) => {
  const facts = new Set(SOURCES.flatMap((source) => [...readFacts(source).keys()]))
  for (const [name, { struct }] of await allMessages()) {
    t.ok(facts.has(name), `${name} is a fact`)
    t.ok(struct.fields, name)
  }
})

tap.test('the API table agrees with the facts', { skip }, (t) => {
  interface Row {
    key: number
    message: string
    listeners?: string[]
    flexibleFrom?: number
    '4.3': { min: number; max: number; unstable?: number } | null
  }
  const rows = JSON.parse(readFileSync(join(FACTS, 'messages-4.x/api-versions.json'), 'utf8')) as Row[]
  const served = rows.filter((row) => row['4.3'] !== null)
  t.strictSame(
    API_TABLE.map(({ key, name, listeners, request, response }) => ({
      key,
      name,
      listeners: new Set<string>(listeners),
      newest: request.newest,
      flexible: request.flexible,
      names: [request.name, response.name],
      pair: [response.key, request.key, response.oldest, response.newest],
    })),
    served.map(({ key, message, listeners, flexibleFrom, '4.3': range }) => {
      const newest = range!.unstable === undefined ? range!.max : range!.unstable - 1
      const request = API_TABLE.find((api) => api.key === key)!.request
      return {
        key,
        name: message,
        listeners: new Set(listeners),
        newest,
        flexible: flexibleFrom ?? Number.POSITIVE_INFINITY,
        names: [`${message}Request`, `${message}Response`],
        pair: [key, key, request.oldest, newest],
      }
    }),
  )
  t.end()
})
