import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/api/56-alter-partition.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import {
  isActive,
  LEADER_RECOVERY,
  type MetadataImage,
  type PartitionImage,
  type TopicImage,
} from '../metadata/image.ts'
import type { RecordValue } from '../metadata/record.ts'
import { changedPartition } from '../metadata/topics-delta.ts'
import { changeOf, isAcceptable } from './leadership.ts'
import { changePartition } from './partition-change.ts'
import type { Decision, DecisionConfig } from './ports.ts'

type Response = typeof AlterPartitionResponse.Input
type Wanted = AlterPartitionRequest['topics'][number]['partitions'][number]

/** The ISR that a leader proposes, with the broker epoch that each member had when it last fetched; -1: unchecked. */
type Member = Wanted['newIsrWithEpochs'][number]

/** From this version on members come with broker epochs (KIP-903). */
const EPOCHS_SINCE = 3

/** A leader's proposals for the ISRs of its partitions, each decided by itself (KIP-497; facts B69 to B75, N-C25). */
export function alterPartition(
  image: MetadataImage,
  request: AlterPartitionRequest,
  version: number,
  config: DecisionConfig,
): Decision<Response> {
  const broker = image.cluster.brokers.get(request.brokerId)
  if (broker === undefined || BigInt(broker.epoch) !== request.brokerEpoch)
    return { records: [], response: { throttleTimeMs: 0, errorCode: ErrorCode.STALE_BROKER_EPOCH, topics: [] } }
  const records: MetadataRecord[] = []
  /** Partitions that a proposal of this request has changed: one that is named again is decided on what became of it. */
  const changed = new Map<PartitionImage, PartitionImage>()
  const topics = request.topics.map(({ topicId, partitions }) => {
    const topic = image.topics.byId.get(topicId)
    return {
      topicId,
      partitions: partitions.map((wanted) => {
        const isr = version >= EPOCHS_SINCE ? wanted.newIsrWithEpochs : wanted.newIsr.map(unchecked)
        const before = topic?.partitions.get(wanted.partitionIndex)
        if (topic === undefined) return refused(wanted, ErrorCode.UNKNOWN_TOPIC_ID)
        if (before === undefined) return refused(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        const partition = changed.get(before) ?? before
        const errorCode = problemOf(image, partition, wanted, isr, request.brokerId)
        if (errorCode !== ErrorCode.NONE) return refused(wanted, errorCode)
        const { record, after } = accept(image, topic, partition, wanted, isr, config)
        if (record) records.push(record)
        changed.set(before, after)
        // It completed a reassignment, and the leader that asked for it was among the replicas that go (fact B75).
        return after.leader === partition.leader ? accepted(after) : refused(wanted, ErrorCode.NEW_LEADER_ELECTED)
      }),
    }
  })
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, topics }, mayBeSplit: true }
}

const unchecked = (brokerId: number): Member => ({ brokerId, brokerEpoch: -1n })

/** Facts B71 to B73, in their order. */
function problemOf(
  image: MetadataImage,
  partition: PartitionImage,
  wanted: Wanted,
  isr: readonly Member[],
  sender: number,
): ErrorCode {
  const { leaderEpoch, partitionEpoch } = partition
  if (wanted.leaderEpoch > leaderEpoch || wanted.partitionEpoch > partitionEpoch) return ErrorCode.NOT_CONTROLLER
  if (wanted.leaderEpoch < leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (partition.leader !== sender) return ErrorCode.INVALID_REQUEST
  if (wanted.partitionEpoch < partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION
  const ids = isr.map(({ brokerId }) => brokerId)
  const isSet = new Set(ids).size === ids.length && ids.every((id) => partition.replicas.includes(id))
  if (!isSet || !ids.includes(sender)) return ErrorCode.INVALID_REQUEST
  const recovering = wanted.leaderRecoveryState === LEADER_RECOVERY.RECOVERING
  if (recovering && (ids.length > 1 || partition.leaderRecoveryState === LEADER_RECOVERY.RECOVERED))
    return ErrorCode.INVALID_REQUEST
  if (!isr.every((member) => isEligible(image, member))) return ErrorCode.INELIGIBLE_REPLICA
  return ErrorCode.NONE
}

/** Live, and the incarnation that the leader saw fetching. */
const isEligible = (image: MetadataImage, { brokerId, brokerEpoch }: Member): boolean =>
  isActive(image, brokerId) &&
  (brokerEpoch === -1n || BigInt(image.cluster.brokers.get(brokerId)!.epoch) === brokerEpoch)

function accept(
  image: MetadataImage,
  topic: TopicImage,
  partition: PartitionImage,
  wanted: Wanted,
  isr: readonly Member[],
  config: DecisionConfig,
) {
  const record = changePartition({
    ...changeOf(image, topic, config),
    partition,
    isr: isr.map(({ brokerId }) => brokerId),
    leaderRecoveryState: wanted.leaderRecoveryState,
    isAcceptable: (id) => isAcceptable(image, partition, id),
  })
  const after = record ? changedPartition(partition, record.value as RecordValue<'PartitionChangeRecord'>) : partition
  return { record, after }
}

const accepted = ({ index, leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch }: PartitionImage) => ({
  partitionIndex: index,
  errorCode: ErrorCode.NONE,
  leaderId: leader,
  leaderEpoch,
  isr: [...isr],
  leaderRecoveryState,
  partitionEpoch,
})

const refused = ({ partitionIndex }: Wanted, errorCode: ErrorCode) => ({
  partitionIndex,
  errorCode,
  leaderId: 0,
  leaderEpoch: 0,
  isr: [],
  partitionEpoch: 0,
})
