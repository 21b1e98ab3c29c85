import type { AlterConfigsRequest, AlterConfigsResponse } from '../../protocol/api/33-alter-configs.ts'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/api/44-incremental-alter-configs.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { CORDONED_LOG_DIRS } from '../metadata/broker-values.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import { type MetadataImage, RESOURCE, resourceKey } from '../metadata/image.ts'
import type { ConfigRules, Decision, DecisionContext } from './ports.ts'
import { Refusal } from './refusal.ts'
import { configRecords, isElrEnabled, MIN_ISR } from './topic-configs.ts'

/** What IncrementalAlterConfigs does to a key (KIP-339). */
export const CONFIG_OPERATION = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

/** New values by key; null takes the override away. */
type Changes = Map<string, string | null>

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

/**
 * Changes single keys of resources, each resource whole or not at all (facts H33 to H37, B54, B56). Of a key that is
 * changed twice the last change counts; brokers refuse such requests before they get here.
 */
export function incrementalAlterConfigs(
  image: MetadataImage,
  request: IncrementalAlterConfigsRequest,
  context: DecisionContext,
): Decision<typeof IncrementalAlterConfigsResponse.Input> {
  return decide(image, request, context, (resource) => {
    const { configs, resourceType } = resource
    const overrides = image.configs.of(resourceType, resource.resourceName)
    const changes: Changes = new Map()
    for (const { name, configOperation, value } of configs) {
      const changed = operate(context.rules, resourceType, overrides, name, configOperation, value)
      if (changed instanceof Refusal) return changed
      // A broker's own value is written even if it stays: it may have to be applied once more (fact B54).
      if (resourceType === RESOURCE.BROKER || changed !== (overrides.get(name) ?? null)) changes.set(name, changed)
      else changes.delete(name)
    }
    return changes
  })
}

/** Replaces all overrides of resources: keys that are not named lose theirs (facts H36, B55). */
export function alterConfigs(
  image: MetadataImage,
  request: AlterConfigsRequest,
  context: DecisionContext,
): Decision<typeof AlterConfigsResponse.Input> {
  return decide(image, request, context, ({ resourceType, resourceName, configs }) => {
    const overrides = image.configs.of(resourceType, resourceName)
    const wanted = new Map(configs.map(({ name, value }) => [name, value]))
    const changes: Changes = new Map()
    for (const [name, value] of wanted) {
      if (resourceType === RESOURCE.BROKER || value !== (overrides.get(name) ?? null)) changes.set(name, value)
    }
    for (const name of overrides.keys()) if (!wanted.has(name)) changes.set(name, null)
    return changes
  })
}

function decide<R extends Resource>(
  image: MetadataImage,
  { resources, validateOnly }: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  { rules }: DecisionContext,
  changesOf: (resource: R) => Changes | Refusal,
): Decision<{
  throttleTimeMs: number
  responses: (Resource & { errorCode: ErrorCode; errorMessage: string | null })[]
}> {
  const records: MetadataRecord[] = []
  const byKey = new Map<string, R[]>()
  for (const resource of resources) {
    const key = resourceKey(resource.resourceType, resource.resourceName)
    byKey.set(key, [...(byKey.get(key) ?? []), resource])
  }
  const responses = [...byKey.values()].map((same) => {
    const resource = same[0]!
    const { resourceType, resourceName } = resource
    const decided = same.length > 1 ? twice : (problemOfResource(image, resource) ?? changesOf(resource))
    const problem = decided instanceof Refusal ? decided : problemOfChanges(image, resource, decided, rules)
    if (problem) return { errorCode: problem.code, errorMessage: problem.message, resourceType, resourceName }
    records.push(...configRecords(image, resourceType, resourceName, decided as Changes))
    return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName }
  })
  return { records: validateOnly ? [] : records, response: { throttleTimeMs: 0, responses } }
}

const twice = new Refusal(ErrorCode.INVALID_REQUEST, 'the request names this resource more than once')

function problemOfResource(image: MetadataImage, { resourceType, resourceName }: Resource): Refusal | undefined {
  switch (resourceType) {
    case RESOURCE.TOPIC:
      if (image.topics.byName.has(resourceName)) return undefined
      return new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic ${resourceName}`)
    case RESOURCE.BROKER: {
      if (resourceName === '') return undefined
      const id = /^\d+$/.test(resourceName) ? Number(resourceName) : undefined
      if (id === undefined) return new Refusal(ErrorCode.INVALID_REQUEST, `${resourceName} is not a broker id`)
      if (image.cluster.brokers.has(id) || image.cluster.controllers.has(id)) return undefined
      return new Refusal(ErrorCode.BROKER_ID_NOT_REGISTERED, `broker ${id} is not registered`)
    }
    case RESOURCE.GROUP:
    case RESOURCE.CLIENT_METRICS:
      return undefined
    default:
      return new Refusal(ErrorCode.INVALID_REQUEST, `resources of type ${resourceType} have no configs here`)
  }
}

/** The value that an operation leads to, null for none. */
function operate(
  rules: ConfigRules,
  resourceType: number,
  overrides: ReadonlyMap<string, string>,
  name: string,
  operation: number,
  value: string | null,
): string | null | Refusal {
  if (operation === CONFIG_OPERATION.DELETE) return null
  if (operation === CONFIG_OPERATION.SET) return value
  if (operation !== CONFIG_OPERATION.APPEND && operation !== CONFIG_OPERATION.SUBTRACT) {
    return new Refusal(ErrorCode.INVALID_REQUEST, `there is no operation ${operation}`)
  }
  if (!rules.isList(resourceType, name)) return new Refusal(ErrorCode.INVALID_CONFIG, `config ${name} is not a list`)
  // Fact H34: what stands in a broker's file does not count here.
  const before = itemsOf(overrides.get(name) ?? rules.defaultOf(resourceType, name) ?? '')
  const given = itemsOf(value ?? '')
  const append = operation === CONFIG_OPERATION.APPEND
  return (append ? [...new Set([...before, ...given])] : before.filter((item) => !given.includes(item))).join(',')
}

const itemsOf = (list: string): string[] =>
  list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

function problemOfChanges(
  image: MetadataImage,
  { resourceType, resourceName }: Resource,
  changes: Changes,
  rules: ConfigRules,
): Refusal | undefined {
  if (resourceType === RESOURCE.BROKER && changes.has(MIN_ISR) && isElrEnabled(image)) {
    // Fact N-C3: who is eligible to lead must not depend on which broker is asked.
    const removed = resourceName === '' && changes.get(MIN_ISR) === null
    if (resourceName !== '' || removed) {
      return new Refusal(ErrorCode.INVALID_CONFIG, `${MIN_ISR} is set for all brokers while eligible leaders are kept`)
    }
  }
  const cordons = resourceType === RESOURCE.BROKER && (changes.get(CORDONED_LOG_DIRS) ?? null) !== null
  // Fact N-C27: brokers could not tell.
  if (cordons && image.features.metadataVersion < METADATA_VERSION.CORDONED_DIRS) {
    const needed = `${CORDONED_LOG_DIRS} needs metadata.version ${METADATA_VERSION.CORDONED_DIRS}`
    return new Refusal(ErrorCode.INVALID_CONFIG, needed)
  }
  const set = [...changes].filter((change): change is [string, string] => change[1] !== null)
  if (set.length === 0) return undefined
  // Keys of a topic must agree with those it has already.
  const kept = resourceType === RESOURCE.TOPIC ? [...image.configs.of(resourceType, resourceName)] : []
  const wrong = rules.check(resourceType, new Map([...kept.filter(([name]) => changes.get(name) !== null), ...set]))
  return wrong === undefined ? undefined : new Refusal(ErrorCode.INVALID_CONFIG, wrong)
}
