import type { AlterClientQuotasRequest, AlterClientQuotasResponse } from '../../protocol/api/49-alter-client-quotas.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { QUOTA_ENTITY, type QuotaEntity, quotaEntityOf, quotaEntityParts, quotaKey } from '../metadata/client-quotas.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import { type Decision, MAX_RECORDS } from './ports.ts'
import { Refusal } from './refusal.ts'

type Response = typeof AlterClientQuotasResponse.Input
type Entry = AlterClientQuotasRequest['entries'][number]

const { USER, CLIENT_ID, IP } = QUOTA_ENTITY

/** Largest value of a quota that counts whole things; Infinity for one that may be a fraction. */
const LONG_MAX = 2 ** 63
const BANDWIDTH_KEYS: ReadonlyMap<string, number> = new Map([
  ['producer_byte_rate', LONG_MAX],
  ['consumer_byte_rate', LONG_MAX],
  ['request_percentage', Number.POSITIVE_INFINITY],
  ['controller_mutation_rate', Number.POSITIVE_INFINITY],
])
const IP_KEYS: ReadonlyMap<string, number> = new Map([['connection_creation_rate', 2 ** 31 - 1]])
/** As far as a value may be from a whole number that is meant. */
const EPSILON = 1e-6

/** Sets and removes quotas, each entity whole or not at all (fact B85). */
export function alterClientQuotas(
  image: MetadataImage,
  { entries, validateOnly }: AlterClientQuotasRequest,
): Decision<Response> {
  const byKey = new Map<string, Entry[]>()
  for (const entry of entries) {
    const key = quotaKey(quotaEntityOf(entry.entity))
    byKey.set(key, [...(byKey.get(key) ?? []), entry])
  }
  const records: MetadataRecord[] = []
  const answers = [...byKey.values()].map((same) => {
    const decided = same.length > 1 ? twice : alterEntity(image, same[0]!)
    const fits = decided instanceof Refusal || records.length + decided.length <= MAX_RECORDS
    const problem = decided instanceof Refusal ? decided : fits ? undefined : tooMany
    if (problem === undefined) records.push(...(decided as MetadataRecord[]))
    const { code, message } = problem ?? { code: ErrorCode.NONE, message: null }
    return { errorCode: code, errorMessage: message, entity: same[0]!.entity }
  })
  return { records: validateOnly ? [] : records, response: { throttleTimeMs: 0, entries: answers } }
}

const invalid = (message: string): Refusal => new Refusal(ErrorCode.INVALID_REQUEST, message)
const twice = invalid('the request names this entity more than once')
const tooMany = invalid(`the request changes more than ${MAX_RECORDS} quotas`)

function alterEntity({ security }: MetadataImage, { entity: parts, ops }: Entry): MetadataRecord[] | Refusal {
  const entity = quotaEntityOf(parts)
  if (entity.size < parts.length) return invalid('the entity has two names of one type')
  const keys = keysOf(entity)
  if (keys instanceof Refusal) return keys
  if (new Set(ops.map(({ key }) => key)).size < ops.length) return invalid('a quota is changed more than once')
  const current = security.quotas.get(quotaKey(entity))
  const records: MetadataRecord[] = []
  for (const { key, value, remove } of ops) {
    const problem = remove ? undefined : problemOfValue(keys, key, value)
    if (problem !== undefined) return invalid(problem)
    const changes = remove ? current?.has(key) === true : current?.get(key) !== value
    const change = { entity: quotaEntityParts(entity), key, value: remove ? 0 : value, remove }
    if (changes) records.push(record('ClientQuotaRecord', 0, change))
  }
  return records
}

/** The quotas that such an entity may have, with their largest values. */
function keysOf(entity: QuotaEntity): ReadonlyMap<string, number> | Refusal {
  if (entity.size === 0) return invalid('the entity is empty')
  for (const [type, name] of entity) {
    if (type !== USER && type !== CLIENT_ID && type !== IP) return invalid(`there is no entity type ${type}`)
    if (name === '') return invalid(`the name of the ${type} is empty`)
  }
  if (!entity.has(IP)) return BANDWIDTH_KEYS
  if (entity.size > 1) return invalid(`${IP} goes with no other type`)
  const address = entity.get(IP) ?? null
  if (address !== null && !isAddress(address)) return invalid(`${address} is no address and no name of a host`)
  return IP_KEYS
}

function problemOfValue(keys: ReadonlyMap<string, number>, key: string, value: number): string | undefined {
  const most = keys.get(key)
  if (most === undefined) return `there is no quota ${key} of such an entity`
  if (!(value > 0)) return `quota ${key} has to be more than 0`
  if (most === Number.POSITIVE_INFINITY) return undefined
  if (value > most) return `quota ${key} can be ${most} at most`
  return Math.abs(value - Math.trunc(value + EPSILON)) > EPSILON ? `quota ${key} has to be a whole number` : undefined
}

/** By its form: names are not looked up here. */
function isAddress(text: string): boolean {
  if (text.includes(':')) return URL.canParse(`http://[${text}]/`)
  if (/^[\d.]+$/.test(text)) return /^\d+(\.\d+){3}$/.test(text) && text.split('.').every((byte) => Number(byte) < 256)
  return /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(text)
}
