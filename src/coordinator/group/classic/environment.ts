import { ErrorCode } from '../../../../protocol/errors.ts'
import type { Outcome, ShardTimers } from '../../runtime/ports.ts'
import type { GroupConfig } from '../config.ts'
import type { GroupRecord } from '../records.ts'
import type { ClassicGroup } from './group.ts'
import type { ClassicMember } from './member.ts'

/** What an operation on a classic group decided. Answers travel by the parked replies, not by the outcome. */
export type Decision = Outcome<GroupRecord, void>

export const NOTHING: Decision = { records: [], response: undefined }

/** What operations on classic groups need from around them. */
export interface ClassicEnvironment {
  readonly config: GroupConfig
  readonly timers: ShardTimers<GroupRecord>
  /** Wall clock, for what is written. */
  nowMs(): number
  /** A UUID with dashes, as Java prints one. */
  uuid(): string
}

/** A new member that waits for its first generation longer than this is taken for dead (fact E28). */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000

// Group and member ids are any text, so the length keeps the names of timers apart.
export const joinTimer = (group: ClassicGroup): string => `join/${group.groupId}`
export const syncTimer = (group: ClassicGroup): string => `sync/${group.groupId}`
export const sessionTimer = (group: ClassicGroup, memberId: string): string =>
  `session/${group.groupId.length}/${group.groupId}/${memberId}`

/** What a member is told when the group's record could not be stored (fact E14). */
export function storageErrorToResponse(code: ErrorCode): ErrorCode {
  switch (code) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR
    default:
      return code
  }
}

/** What a member that asks about the present generation is told. */
export function currentGeneration(group: ClassicGroup, member: ClassicMember, withMembers: boolean) {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    memberId: member.memberId,
    members: withMembers && group.leaderId === member.memberId ? group.describeForLeader() : [],
  }
}
