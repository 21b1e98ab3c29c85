import { ErrorCode } from '../../../../protocol/errors.ts'
import { type ClassicEnvironment, type Decision, NOTHING, storageErrorToResponse } from './environment.ts'
import type { ClassicGroup } from './group.ts'
import { NO_BYTES, type Reply, type SyncAnswer, syncFailed } from './member.ts'
import { answerSync, dropAssignment, noteSynced, rebalanceOrComplete } from './rebalance.ts'
import { groupRecord } from './stored.ts'

/** A SyncGroup, freed of its versions. */
export interface SyncCommand {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
  /** Null where the version has none: not checked then. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** From the leader: what each member is assigned. */
  readonly assignments: ReadonlyMap<string, Buffer>
}

/** Facts E34 to E37. The reply comes now, or when the leader's assignment is committed. */
export function sync(
  env: ClassicEnvironment,
  group: ClassicGroup,
  command: SyncCommand,
  reply: Reply<SyncAnswer>,
): Decision {
  const code = checkSync(group, command)
  if (code !== ErrorCode.NONE) {
    reply(syncFailed(code))
    return NOTHING
  }
  const { memberId } = command
  const member = group.members.get(memberId)!
  noteSynced(env, group, memberId)
  if (group.state === 'Stable') {
    reply(assignmentAnswer(group, member.assignment))
    return NOTHING
  }
  // A call that is parked already comes from a connection that the client gave up.
  group.answerSync(member, syncFailed(ErrorCode.REBALANCE_IN_PROGRESS))
  member.sync = reply
  return group.leaderId === memberId ? storeAssignment(env, group, command.assignments) : NOTHING
}

function checkSync(group: ClassicGroup, command: SyncCommand): ErrorCode {
  if (group.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE
  const code = group.checkMember(command.memberId, command.groupInstanceId)
  if (code !== ErrorCode.NONE) return code
  if (command.generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  const { protocolType, protocolName } = command
  if (protocolType !== null && protocolType !== group.protocolType) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  if (protocolName !== null && protocolName !== group.protocolName) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  if (group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

function storeAssignment(
  env: ClassicEnvironment,
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): Decision {
  const { generationId } = group
  return {
    records: [groupRecord(group, assignments)],
    response: undefined,
    settled: (code) => {
      // Someone may have joined or left meanwhile, and then this assignment is of the past.
      if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return undefined
      if (code !== ErrorCode.NONE) {
        dropAssignment(env, group, storageErrorToResponse(code))
        return rebalanceOrComplete(env, group)
      }
      for (const member of group.members.values()) member.assignment = assignments.get(member.memberId) ?? NO_BYTES
      group.transitionTo('Stable', env.nowMs())
      for (const member of group.members.values()) {
        answerSync(env, group, member, assignmentAnswer(group, member.assignment))
      }
      return undefined
    },
  }
}

function assignmentAnswer(group: ClassicGroup, assignment: Buffer): SyncAnswer {
  return {
    errorCode: ErrorCode.NONE,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment,
  }
}
