import { ErrorCode } from '../../../../protocol/errors.ts'
import type { Outcome } from '../../runtime/ports.ts'
import { prolongSession } from '../classic/rebalance.ts'
import type { GroupShard } from '../group-shard.ts'
import type { GroupRecord } from '../records.ts'

/** An OffsetCommit, freed of its versions. */
export interface CommitCommand {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Below 0: from outside of group membership, such as a consumer that assigns itself, or a tool. */
  readonly generationId: number
  /** v2 to v4: how long to keep the offsets; -1: as the broker sees fit. */
  readonly retentionTimeMs: number
  /** v9+: the client understands GROUP_ID_NOT_FOUND. */
  readonly knowsGroupIdNotFound: boolean
  /** Wall clock of the request. */
  readonly nowMs: number
  readonly offsets: readonly OffsetToCommit[]
}

export interface OffsetToCommit {
  readonly topic: string
  /** ZERO_UUID if it is committed by name. */
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  /** -1 if unknown. */
  readonly leaderEpoch: number
  readonly metadata: string | null
  /** v1: wall clock in ms; -1: now. */
  readonly commitTimestamp: number
}

/** Facts E41 to E44: a code for each offset, in their order. */
export function commitOffsets(shard: GroupShard, command: CommitCommand): Outcome<GroupRecord, readonly ErrorCode[]> {
  const code = checkCommit(shard, command)
  if (code !== ErrorCode.NONE) return { records: [], response: command.offsets.map(() => code) }
  const group = shard.classic(command.groupId)
  const member = group?.members.get(command.memberId)
  if (group && member) prolongSession(shard.env, group, member)

  const limit = shard.env.config['offset.metadata.max.bytes']
  const records: GroupRecord[] = []
  const response = command.offsets.map((offset) => {
    // The limit counts Java's chars, which are UTF-16 units as ours are.
    if ((offset.metadata?.length ?? 0) > limit) return ErrorCode.OFFSET_METADATA_TOO_LARGE
    records.push(offsetRecord(command, offset))
    return ErrorCode.NONE
  })
  return { records, response }
}

function checkCommit(shard: GroupShard, command: CommitCommand): ErrorCode {
  const { groupId, memberId, groupInstanceId, generationId } = command
  // Members of such a group are not known here.
  if (shard.foreignKind(groupId)) return ErrorCode.UNKNOWN_MEMBER_ID
  const group = shard.classic(groupId)
  if (!group && !shard.isSimple(groupId)) {
    if (generationId < 0) return ErrorCode.NONE
    return command.knowsGroupIdNotFound ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
  }
  const isEmpty = !group || group.state === 'Empty'
  if (generationId < 0 && isEmpty) return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID
  const code = group ? group.checkMember(memberId, groupInstanceId) : ErrorCode.UNKNOWN_MEMBER_ID
  if (code !== ErrorCode.NONE) return code
  if (generationId !== group!.generationId) return ErrorCode.ILLEGAL_GENERATION
  // The member joined this generation and has no assignment in it yet: what it commits is of the one before.
  return group!.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** Clients name any int64 as a duration; what lies before 1970 or beyond 2^53 ms can as well be the bound. */
function timeAfter(nowMs: number, durationMs: number): number {
  return Math.min(Math.max(nowMs + durationMs, 0), Number.MAX_SAFE_INTEGER)
}

function offsetRecord(command: CommitCommand, offset: OffsetToCommit): GroupRecord {
  const { nowMs, retentionTimeMs } = command
  return {
    type: 'offset',
    groupId: command.groupId,
    topic: offset.topic,
    partition: offset.partition,
    value: {
      offset: offset.offset,
      leaderEpoch: offset.leaderEpoch,
      metadata: offset.metadata ?? '',
      commitTimestamp: offset.commitTimestamp === -1 ? nowMs : offset.commitTimestamp,
      expireTimestamp: retentionTimeMs === -1 ? -1 : timeAfter(nowMs, retentionTimeMs),
      topicId: offset.topicId,
    },
  }
}
