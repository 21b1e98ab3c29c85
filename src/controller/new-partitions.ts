import { ErrorCode } from '../../protocol/errors.ts'
import { directoryForNewReplica } from '../metadata/directory-id.ts'
import { isActive, LEADER_RECOVERY, type MetadataImage, type PartitionImage } from '../metadata/image.ts'
import type { DecisionContext } from './ports.ts'
import { Refusal } from './refusal.ts'
import { placeReplicas } from './replica-placement.ts'

/** A topic as CreateTopics asks for it. */
interface WantedTopic {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
}

/** Partitions whose replicas the controller places (fact H5). */
export function automaticPartitions(
  image: MetadataImage,
  { numPartitions, replicationFactor }: WantedTopic,
  { config, random }: DecisionContext,
): PartitionImage[] | Refusal {
  if (replicationFactor === 0 || replicationFactor < -1) {
    return invalidFactor('the replication factor must be at least 1, or -1 for the default')
  }
  if (numPartitions === 0 || numPartitions < -1) {
    return new Refusal(
      ErrorCode.INVALID_PARTITIONS,
      'the number of partitions must be at least 1, or -1 for the default',
    )
  }
  const count = numPartitions === -1 ? config['num.partitions'] : numPartitions
  const factor = replicationFactor === -1 ? config['default.replication.factor'] : replicationFactor
  const placements = placeReplicas(image.cluster, count, factor, random)
  if ('reason' in placements)
    return invalidFactor(`cannot replicate the partitions ${factor} times: ${placements.reason}`)
  return placements.map((replicas, index) => newPartition(image, index, replicas))
}

const invalidFactor = (message: string): Refusal => new Refusal(ErrorCode.INVALID_REPLICATION_FACTOR, message)

/** Partitions whose replicas the request names (facts H6, B42). */
export function manualPartitions(image: MetadataImage, topic: WantedTopic): PartitionImage[] | Refusal {
  const { assignments } = topic
  if (topic.replicationFactor !== -1 || topic.numPartitions !== -1) {
    return new Refusal(
      ErrorCode.INVALID_REQUEST,
      'with replicas assigned by hand, partition count and replication factor must be -1',
    )
  }
  const byIndex = new Map(assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
  if (byIndex.size < assignments.length) return invalidAssignment('a partition is assigned more than once')
  const factor = assignments[0]!.brokerIds.length
  const partitions: PartitionImage[] = []
  for (let index = 0; index < assignments.length; index++) {
    const replicas = byIndex.get(index)
    if (!replicas) return invalidAssignment('the assigned partitions are not numbered from 0 without gaps')
    const problem = problemOfAssignment(image, replicas, factor)
    if (problem !== undefined) return invalidAssignment(`partition ${index}: ${problem}`)
    partitions.push(newPartition(image, index, replicas))
  }
  return partitions
}

export const invalidAssignment = (message: string): Refusal =>
  new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)

/** What is wrong with replicas that were named by hand, as the end of a sentence. */
export function problemOfAssignment(
  image: MetadataImage,
  replicas: readonly number[],
  factor: number,
): string | undefined {
  if (replicas.length === 0) return 'no replicas are assigned'
  if (new Set(replicas).size < replicas.length) return 'a broker is assigned more than once'
  const unknown = replicas.find((id) => !image.cluster.brokers.has(id))
  if (unknown !== undefined) return `broker ${unknown} is not registered`
  if (replicas.length !== factor) return `${replicas.length} replicas are assigned where others have ${factor}`
  return replicas.some((id) => isActive(image, id)) ? undefined : 'all brokers are fenced or shutting down'
}

/** Fact H10: the live replicas are in sync, since there is nothing yet that they could lack. */
export function newPartition(image: MetadataImage, index: number, replicas: readonly number[]): PartitionImage {
  const isr = replicas.filter((id) => isActive(image, id))
  return {
    index,
    replicas,
    directories: replicas.map((id) => directoryForNewReplica(image.cluster.brokers.get(id))),
    isr,
    elr: [],
    lastKnownElr: [],
    adding: [],
    removing: [],
    leader: isr[0]!,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: LEADER_RECOVERY.RECOVERED,
  }
}
