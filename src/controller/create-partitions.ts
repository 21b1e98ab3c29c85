import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/api/37-create-partitions.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import { partitionRecord } from '../metadata/image-records.ts'
import { invalidAssignment, newPartition, problemOfAssignment } from './new-partitions.ts'
import { type Decision, type DecisionContext, MAX_RECORDS } from './ports.ts'
import { Refusal } from './refusal.ts'
import { placeReplicas } from './replica-placement.ts'

type Response = typeof CreatePartitionsResponse.Input
type Wanted = CreatePartitionsRequest['topics'][number]

/** More partitions for existing topics, each topic by itself (facts H12, H13, B50). What is there stays where it is. */
export function createPartitions(
  image: MetadataImage,
  request: CreatePartitionsRequest,
  context: DecisionContext,
): Decision<Response> {
  const records: MetadataRecord[] = []
  const names = request.topics.map(({ name }) => name)
  const results = [...new Map(request.topics.map((topic) => [topic.name, topic])).values()].map((topic) => {
    const added =
      names.indexOf(topic.name) !== names.lastIndexOf(topic.name)
        ? new Refusal(ErrorCode.INVALID_REQUEST, 'the request names this topic more than once')
        : addedPartitions(image, topic, context)
    if (added instanceof Refusal) return { name: topic.name, errorCode: added.code, errorMessage: added.message }
    const { id } = image.topics.byName.get(topic.name)!
    records.push(...added.map((partition) => partitionRecord(id, partition, image.features.metadataVersion)))
    return { name: topic.name, errorCode: ErrorCode.NONE, errorMessage: null }
  })
  if (records.length > MAX_RECORDS) return tooMuch(request)
  return { records: request.validateOnly ? [] : records, response: { throttleTimeMs: 0, results } }
}

function tooMuch({ topics }: CreatePartitionsRequest): Decision<Response> {
  const errorMessage = `more than ${MAX_RECORDS} partitions in one request`
  const results = topics.map(({ name }) => ({ name, errorCode: ErrorCode.POLICY_VIOLATION, errorMessage }))
  return { records: [], response: { throttleTimeMs: 0, results } }
}

function addedPartitions(image: MetadataImage, wanted: Wanted, context: DecisionContext): PartitionImage[] | Refusal {
  const topic = image.topics.byName.get(wanted.name)
  if (!topic) return new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'no topic has this name')
  const { size } = topic.partitions
  const added = wanted.count - size
  if (added <= 0) {
    const problem = added === 0 ? `the topic has ${size} partitions already` : `the topic has more: ${size} partitions`
    return new Refusal(ErrorCode.INVALID_PARTITIONS, problem)
  }
  if (added > MAX_RECORDS) return new Refusal(ErrorCode.POLICY_VIOLATION, `${added} partitions are too many at once`)
  const replicas = replicasOf(image, topic, wanted, added, context)
  if (replicas instanceof Refusal) return replicas
  return replicas.map((ids, i) => newPartition(image, size + i, ids))
}

function replicasOf(
  image: MetadataImage,
  topic: TopicImage,
  { assignments }: Wanted,
  added: number,
  { random }: DecisionContext,
): number[][] | Refusal {
  const factor = topic.partitions.get(0)!.replicas.length
  if (assignments === null) {
    const placed = placeReplicas(image.cluster, added, factor, random)
    if (!('reason' in placed)) return placed
    return new Refusal(ErrorCode.INVALID_REPLICATION_FACTOR, `cannot replicate ${factor} times: ${placed.reason}`)
  }
  if (assignments.length !== added) {
    return invalidAssignment(`${added} partitions are added, but ${assignments.length} are assigned`)
  }
  for (const [i, { brokerIds }] of assignments.entries()) {
    const problem = problemOfAssignment(image, brokerIds, factor)
    if (problem !== undefined) return invalidAssignment(`partition ${topic.partitions.size + i}: ${problem}`)
  }
  return assignments.map(({ brokerIds }) => brokerIds)
}
