import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/api/45-alter-partition-reassignments.ts'
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/api/46-list-partition-reassignments.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import { changeOf, isAcceptable } from './leadership.ts'
import { type ChangeRequest, changePartition } from './partition-change.ts'
import type { Decision, DecisionConfig } from './ports.ts'
import { Refusal } from './refusal.ts'
import { isUncleanElectionEnabled } from './topic-configs.ts'

type Response = typeof AlterPartitionReassignmentsResponse.Input
type Change = Pick<ChangeRequest, 'isr' | 'replicas' | 'adding' | 'removing' | 'election'>

/** Gives partitions other replicas, or calls that off, each partition by itself (KIP-455; facts B76 to B80, N-C26). */
export function alterPartitionReassignments(
  image: MetadataImage,
  request: AlterPartitionReassignmentsRequest,
  config: DecisionConfig,
): Decision<Response> {
  const records: MetadataRecord[] = []
  const named = new Set<PartitionImage>()
  const decide = (
    topic: TopicImage | undefined,
    index: number,
    target: readonly number[] | null,
  ): Refusal | undefined => {
    const partition = topic?.partitions.get(index)
    if (topic === undefined || partition === undefined)
      return new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'no such topic or partition')
    // Two targets would be made a mixture of: Apache Kafka decides both on what was before.
    if (named.has(partition)) return new Refusal(ErrorCode.INVALID_REQUEST, 'the partition is named twice')
    named.add(partition)
    const change =
      target === null
        ? cancelled(partition, isUncleanElectionEnabled(image, topic.name, config))
        : started(image, partition, target, request.allowReplicationFactorChange)
    if (change instanceof Refusal) return change
    const record = changePartition({
      ...changeOf(image, topic, config),
      partition,
      ...change,
      isAcceptable: (id) => isAcceptable(image, partition, id),
    })
    if (record) records.push(record)
    return undefined
  }
  const responses = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, replicas }) => {
      const refusal = decide(image.topics.byName.get(name), partitionIndex, replicas)
      return { partitionIndex, errorCode: refusal?.code ?? ErrorCode.NONE, errorMessage: refusal?.message ?? null }
    }),
  }))
  const { allowReplicationFactorChange } = request
  const top = { throttleTimeMs: 0, allowReplicationFactorChange, errorCode: ErrorCode.NONE, errorMessage: null }
  return { records, response: { ...top, responses } }
}

/** Facts B76, B78: the target first, then those that go; both kinds of members in ascending order. */
function started(
  image: MetadataImage,
  partition: PartitionImage,
  target: readonly number[],
  mayChangeFactor: boolean,
): Change | Refusal {
  const invalid = (message: string) => new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
  if (target.length === 0) return invalid('the list of replicas is empty')
  if (new Set(target).size !== target.length) return invalid('a broker is named twice')
  const unknown = target.find((id) => !image.cluster.brokers.has(id))
  if (unknown !== undefined) return invalid(`broker ${unknown} is not registered`)
  const factor = partition.replicas.filter((id) => !partition.removing.includes(id)).length
  if (!mayChangeFactor && target.length !== factor) {
    const message = `the replication factor is ${factor} and may not become ${target.length}`
    return new Refusal(ErrorCode.INVALID_REPLICATION_FACTOR, message)
  }
  const removing = ascending(partition.replicas.filter((id) => !target.includes(id)))
  const adding = ascending(target.filter((id) => !partition.replicas.includes(id)))
  return {
    // Nobody asked for an election: what has no leader waits for one as before.
    election: 'ONLINE',
    replicas: [...target, ...removing],
    ...(adding.length > 0 ? { adding } : {}),
    ...(removing.length > 0 ? { removing } : {}),
  }
}

/** Fact B79. */
function cancelled(partition: PartitionImage, unclean: boolean): Change | Refusal {
  if (!isReassigning(partition)) return new Refusal(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, 'nothing is to be cancelled')
  const invalid = (message: string) => new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
  const stays = (id: number) => !partition.adding.includes(id)
  const replicas = partition.replicas.filter(stays)
  if (replicas.length === 0) return invalid('all replicas are being added: none of before is left')
  const isr = partition.isr.filter(stays)
  if (isr.length === 0 && !unclean)
    return invalid('none of the former replicas is in sync, and unclean elections are not allowed for this topic')
  return { replicas, isr, adding: [], removing: [] }
}

/** Fact B81: what runs, of the topics asked for or of all. What does not exist is left out. */
export function listPartitionReassignments(
  image: MetadataImage,
  { topics: wanted }: ListPartitionReassignmentsRequest,
): typeof ListPartitionReassignmentsResponse.Input {
  const asked = wanted?.map(({ name, partitionIndexes }) => ({
    topic: image.topics.byName.get(name),
    partitionIndexes,
  }))
  const all = [...image.topics.byName.values()].map((topic) => ({ topic, partitionIndexes: undefined }))
  const topics = (asked ?? all).flatMap(({ topic, partitionIndexes }) => {
    if (topic === undefined) return []
    const partitions = [...topic.partitions.values()].filter(
      (partition) => isReassigning(partition) && (partitionIndexes?.includes(partition.index) ?? true),
    )
    return partitions.length === 0 ? [] : [{ name: topic.name, partitions: partitions.map(shown) }]
  })
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, topics }
}

const shown = ({ index, replicas, adding, removing }: PartitionImage) => ({
  partitionIndex: index,
  replicas: [...replicas],
  addingReplicas: [...adding],
  removingReplicas: [...removing],
})

export const isReassigning = ({ adding, removing }: PartitionImage): boolean => adding.length > 0 || removing.length > 0

const ascending = (ids: readonly number[]): number[] => [...ids].sort((one, other) => one - other)
