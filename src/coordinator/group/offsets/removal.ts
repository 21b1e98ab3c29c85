import { ErrorCode } from '../../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../../protocol/wire/uuid.ts'
import type { Outcome } from '../../runtime/ports.ts'
import type { GroupShard } from '../group-shard.ts'
import type { GroupRecord } from '../records.ts'
import type { CommittedOffset } from './offset-store.ts'

const MINUTE_MS = 60_000

export const offsetTombstone = (groupId: string, { topic, partition }: CommittedOffset): GroupRecord => ({
  type: 'offset',
  groupId,
  topic,
  partition,
  value: null,
})

export const groupTombstone = (groupId: string): GroupRecord => ({ type: 'group', groupId, value: null })

/** Removes offsets whose time is over, and groups that have nothing left (facts E47, E48). */
export function expireOffsets(shard: GroupShard, nowMs: number): GroupRecord[] {
  const retentionMs = shard.env.config['offsets.retention.minutes'] * MINUTE_MS
  const records: GroupRecord[] = []
  for (const groupId of shard.groupIds()) {
    if (shard.foreignKind(groupId)) continue
    let left = 0
    for (const offset of shard.offsets.of(groupId)) {
      if (isExpired(shard, groupId, offset, nowMs, retentionMs)) records.push(offsetTombstone(groupId, offset))
      else left++
    }
    if (left === 0 && mayVanish(shard, groupId)) records.push(groupTombstone(groupId))
  }
  return records
}

function isExpired(
  shard: GroupShard,
  groupId: string,
  offset: CommittedOffset,
  nowMs: number,
  retentionMs: number,
): boolean {
  const group = shard.classic(groupId)
  const countsFrom = expiryBase(group, offset)
  if (countsFrom === undefined || group?.isSubscribedTo(offset.topic)) return false
  if (shard.offsets.isPending(groupId, offset.topic, offset.partition)) return false
  return offset.expireTimestamp === -1 ? nowMs - countsFrom >= retentionMs : nowMs >= offset.expireTimestamp
}

/** When the retention of an offset began, wall clock; undefined: it does not run. */
function expiryBase(group: ReturnType<GroupShard['classic']>, offset: CommittedOffset): number | undefined {
  if (!group || group.protocolType === null) return offset.commitTimestamp
  if (group.state === 'Empty') return group.stateSinceMs === -1 ? offset.commitTimestamp : group.stateSinceMs
  return group.state === 'Stable' && group.subscriptions ? offset.commitTimestamp : undefined
}

/** A group that someone is about to join stays: its member id would be void. */
function mayVanish(shard: GroupShard, groupId: string): boolean {
  const group = shard.classic(groupId)
  if (group && (group.state !== 'Empty' || group.pendingJoin.size > 0)) return false
  if (!group && !shard.offsets.hasAny(groupId)) return false
  return !shard.offsets.hasPending(groupId)
}

/** Removes what all groups have committed for topics that are gone (fact E49): names and their ids. */
export function dropTopics(shard: GroupShard, topics: ReadonlyMap<string, string>): GroupRecord[] {
  const records: GroupRecord[] = []
  for (const groupId of shard.offsets.groupIds()) {
    for (const offset of shard.offsets.of(groupId)) {
      const topicId = topics.get(offset.topic)
      if (topicId === undefined) continue
      // A topic of the same name may exist again already, and have offsets.
      const isOther = topicId !== ZERO_UUID && offset.topicId !== ZERO_UUID && offset.topicId !== topicId
      if (!isOther) records.push(offsetTombstone(groupId, offset))
    }
  }
  return records
}

/** Fact E53. */
export function deleteGroup(shard: GroupShard, groupId: string): Outcome<GroupRecord, ErrorCode> {
  const refuse = (response: ErrorCode) => ({ records: [], response })
  if (shard.foreignKind(groupId)) return refuse(ErrorCode.NON_EMPTY_GROUP)
  const group = shard.classic(groupId)
  if (!group && !shard.isSimple(groupId)) return refuse(ErrorCode.GROUP_ID_NOT_FOUND)
  if (group && group.state !== 'Empty') return refuse(ErrorCode.NON_EMPTY_GROUP)
  const records = [...shard.offsets.of(groupId)].map((offset) => offsetTombstone(groupId, offset))
  return { records: [...records, groupTombstone(groupId)], response: ErrorCode.NONE }
}

export interface OffsetDeletion {
  /** Of the group. */
  readonly errorCode: ErrorCode
  /** One for each partition asked for, if the group has none. */
  readonly codes: readonly ErrorCode[]
}

/** Fact E54. */
export function deleteOffsets(
  shard: GroupShard,
  groupId: string,
  partitions: readonly { topic: string; partition: number }[],
): Outcome<GroupRecord, OffsetDeletion> {
  const refuse = (errorCode: ErrorCode) => ({ records: [], response: { errorCode, codes: [] } })
  const group = shard.classic(groupId)
  if (!group && !shard.isSimple(groupId)) return refuse(ErrorCode.GROUP_ID_NOT_FOUND)
  if (group && group.state !== 'Empty' && !group.usesConsumerProtocol) return refuse(ErrorCode.NON_EMPTY_GROUP)
  const records: GroupRecord[] = []
  const codes = partitions.map(({ topic, partition }) => {
    if (group?.isSubscribedTo(topic)) return ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
    const offset = shard.offsets.get(groupId, topic, partition)
    if (offset) records.push(offsetTombstone(groupId, offset))
    return ErrorCode.NONE
  })
  return { records, response: { errorCode: ErrorCode.NONE, codes } }
}
