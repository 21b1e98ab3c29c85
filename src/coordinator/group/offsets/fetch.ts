import { ErrorCode } from '../../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../../protocol/wire/uuid.ts'
import type { GroupShard } from '../group-shard.ts'
import type { CommittedOffset } from './offset-store.ts'

/** What is asked about one group. */
export interface FetchCommand {
  readonly groupId: string
  /** Null: everything the group has. */
  readonly topics: readonly WantedTopic[] | null
  /** Read uncommitted records too, and tell offsets apart that an open transaction may still change (KIP-447). */
  readonly requireStable: boolean
}

export interface WantedTopic {
  readonly name: string
  /** ZERO_UUID if it is asked for by name. */
  readonly topicId: string
  readonly partitions: readonly number[]
}

export interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly FetchedOffset[]
}

export interface FetchedOffset {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: ErrorCode
}

/** Facts E45, E46, N-E29. */
export function fetchOffsets(shard: GroupShard, command: FetchCommand): FetchedTopic[] {
  const { groupId, topics, requireStable } = command
  if (topics === null) return fetchAll(shard, groupId, requireStable)
  return topics.map(({ name, topicId, partitions }) => ({
    name,
    partitions: partitions.map((partition) => {
      if (requireStable && shard.offsets.isPending(groupId, name, partition)) return unstable(partition)
      const offset = requireStable
        ? shard.offsets.get(groupId, name, partition)
        : shard.offsets.getCommitted(groupId, name, partition)
      return offset && sameTopic(offset, topicId) ? fetched(offset) : noOffset(partition)
    }),
  }))
}

function fetchAll(shard: GroupShard, groupId: string, requireStable: boolean): FetchedTopic[] {
  const topics = new Map<string, FetchedOffset[]>()
  for (const offset of requireStable ? shard.offsets.of(groupId) : shard.offsets.committedOf(groupId)) {
    const { topic, partition } = offset
    const isPending = requireStable && shard.offsets.isPending(groupId, topic, partition)
    const answer = isPending ? unstable(partition) : fetched(offset)
    const partitions = topics.get(topic)
    if (partitions) partitions.push(answer)
    else topics.set(topic, [answer])
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}

/** An offset of a topic that was deleted and made again says nothing about the new one. */
function sameTopic(offset: CommittedOffset, topicId: string): boolean {
  return topicId === ZERO_UUID || offset.topicId === ZERO_UUID || offset.topicId === topicId
}

function fetched(offset: CommittedOffset): FetchedOffset {
  return {
    partitionIndex: offset.partition,
    committedOffset: offset.offset,
    committedLeaderEpoch: offset.leaderEpoch,
    metadata: offset.metadata,
    errorCode: ErrorCode.NONE,
  }
}

export function noOffset(partitionIndex: number, errorCode: ErrorCode = ErrorCode.NONE): FetchedOffset {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
}

const unstable = (partition: number): FetchedOffset => noOffset(partition, ErrorCode.UNSTABLE_OFFSET_COMMIT)
