import type { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/api/19-create-topics.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { randomUuid } from '../base/random.ts'
import { ConfigsImageOf, type MetadataImage, type PartitionImage, RESOURCE, resourceKey } from '../metadata/image.ts'
import { partitionRecord } from '../metadata/image-records.ts'
import type { PersistentMap } from '../metadata/persistent-map.ts'
import { record } from '../metadata/record.ts'
import { collidingTopic, METADATA_TOPIC, problemOfTopicName } from '../metadata/topic-names.ts'
import { automaticPartitions, manualPartitions } from './new-partitions.ts'
import { type Decision, type DecisionContext, MAX_RECORDS } from './ports.ts'
import { Refusal } from './refusal.ts'
import { configRecords } from './topic-configs.ts'

type Response = typeof CreateTopicsResponse.Input
type Result = Response['topics'][number]
type NewTopic = CreateTopicsRequest['topics'][number]

/**
 * New topics, each of them whole or not at all (facts H1 to H10, N-C23). A topic that fails leaves the others alone;
 * `validateOnly` answers the same and writes nothing.
 */
export function createTopics(
  image: MetadataImage,
  request: CreateTopicsRequest,
  context: DecisionContext,
): Decision<Response> {
  const partitions = request.topics.reduce((sum, topic) => sum + wantedPartitions(topic, context), 0)
  if (partitions > MAX_RECORDS) return tooMuch(request, `${partitions} partitions in one request`)
  const records: MetadataRecord[] = []
  const results = uniqueTopics(request).map(({ topic, twice }): Result => {
    const checked = twice
      ? new Refusal(ErrorCode.INVALID_REQUEST, 'the request names this topic more than once')
      : createTopic(image, topic, context)
    if (checked instanceof Refusal) {
      return { name: topic.name, errorCode: checked.code, errorMessage: checked.message, configs: [] }
    }
    records.push(...checked.records)
    return checked.response
  })
  if (records.length > MAX_RECORDS) return tooMuch(request, `${records.length} records for one request`)
  return { records: request.validateOnly ? [] : records, response: { throttleTimeMs: 0, topics: results } }
}

function wantedPartitions({ assignments, numPartitions }: NewTopic, { config }: DecisionContext): number {
  if (assignments.length > 0) return assignments.length
  return numPartitions === -1 ? config['num.partitions'] : Math.max(0, numPartitions)
}

function tooMuch(request: CreateTopicsRequest, what: string): Decision<Response> {
  const errorMessage = `${what} are more than the ${MAX_RECORDS} allowed`
  const errorCode = ErrorCode.POLICY_VIOLATION
  const topics = request.topics.map(({ name }) => ({ name, errorCode, errorMessage, configs: [] }))
  return { records: [], response: { throttleTimeMs: 0, topics } }
}

/** Each name once, those that were given more than once last. */
function uniqueTopics({ topics }: CreateTopicsRequest): { topic: NewTopic; twice: boolean }[] {
  const byName = new Map<string, { topic: NewTopic; twice: boolean }>()
  for (const topic of topics) byName.set(topic.name, { topic, twice: byName.has(topic.name) })
  return [...byName.values()].sort((one, other) => Number(one.twice) - Number(other.twice))
}

function createTopic(image: MetadataImage, topic: NewTopic, context: DecisionContext): Decision<Result> | Refusal {
  const overrides = checkedOverrides(topic)
  const problem = problemOfName(image, topic.name, context)
  if (problem) return problem
  if (overrides instanceof Refusal) return overrides
  const wrong = overrides.size > 0 ? context.rules.check(RESOURCE.TOPIC, overrides) : undefined
  if (wrong !== undefined) return new Refusal(ErrorCode.INVALID_CONFIG, wrong)
  const partitions =
    topic.assignments.length > 0 ? manualPartitions(image, topic) : automaticPartitions(image, topic, context)
  if (partitions instanceof Refusal) return partitions
  const topicId = randomUuid(context.random)
  const level = image.features.metadataVersion
  return {
    records: [
      record('TopicRecord', 0, { name: topic.name, topicId }),
      ...configRecords(image, RESOURCE.TOPIC, topic.name, overrides),
      ...partitions.map((partition) => partitionRecord(topicId, partition, level)),
    ],
    response: succeeded(image, topic.name, topicId, partitions, overrides, context),
  }
}

function problemOfName(image: MetadataImage, name: string, { access }: DecisionContext): Refusal | undefined {
  if (name === METADATA_TOPIC) return new Refusal(ErrorCode.INVALID_REQUEST, `${name} cannot be created`)
  if (!access.mayCreate(name)) return new Refusal(ErrorCode.TOPIC_AUTHORIZATION_FAILED, `not allowed to create ${name}`)
  if (image.topics.byName.has(name)) return new Refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `topic ${name} already exists`)
  const illegal = problemOfTopicName(name)
  if (illegal !== undefined) return new Refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, illegal)
  const other = collidingTopic(image, name)
  if (other === undefined) return undefined
  return new Refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, `topic name ${name} collides with the existing topic ${other}`)
}

function checkedOverrides({ configs }: NewTopic): Map<string, string> | Refusal {
  const overrides = new Map<string, string>()
  for (const { name, value } of configs) {
    if (value === null) return new Refusal(ErrorCode.INVALID_CONFIG, `config ${name} has no value`)
    overrides.set(name, value)
  }
  return overrides
}

/** Fact H9: what was made of the defaults, for those who may see it. */
function succeeded(
  image: MetadataImage,
  name: string,
  topicId: string,
  partitions: readonly PartitionImage[],
  overrides: ReadonlyMap<string, string>,
  { access, rules }: DecisionContext,
): Result {
  const result = { name, topicId, errorCode: ErrorCode.NONE, errorMessage: null }
  if (!access.mayDescribeConfigs(name)) {
    return { ...result, topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, configs: [] }
  }
  const resources = image.configs.resources as PersistentMap<ReadonlyMap<string, string>>
  const configs = new ConfigsImageOf(resources.with(resourceKey(RESOURCE.TOPIC, name), overrides))
  return {
    ...result,
    numPartitions: partitions.length,
    replicationFactor: partitions[0]!.replicas.length,
    configs: [...rules.describeTopic({ ...image, configs }, name)]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, value, readOnly, source, sensitive }) => ({
        name,
        value: sensitive ? null : value,
        readOnly,
        configSource: source,
        isSensitive: sensitive,
      })),
  }
}
