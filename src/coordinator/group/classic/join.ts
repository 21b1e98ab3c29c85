import { ErrorCode } from '../../../../protocol/errors.ts'
import { type ClassicEnvironment, currentGeneration, type Decision, NOTHING } from './environment.ts'
import type { ClassicGroup } from './group.ts'
import { joinStatic } from './join-static.ts'
import {
  type ClassicMember,
  type JoinAnswer,
  joinFailed,
  type MemberProtocol,
  NO_BYTES,
  offersSame,
  type Reply,
} from './member.ts'
import { awaitNewMember, awaitPendingMember, forget, rebalanceOrComplete } from './rebalance.ts'

/** A JoinGroup, freed of its versions. */
export interface JoinCommand {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** v4+: a dynamic member gets an id first and joins with it (KIP-394). */
  readonly requireKnownMemberId: boolean
  /** v9+: the leader can be told that the assignment it made before still holds (KIP-814). */
  readonly canSkipAssignment: boolean
}

/** Facts E20 to E32. The reply comes now, or when the rebalance is over. */
export function join(
  env: ClassicEnvironment,
  group: ClassicGroup,
  command: JoinCommand,
  reply: Reply<JoinAnswer>,
): Decision {
  const { memberId } = command
  const refuse = (code: ErrorCode, id = memberId): Decision => {
    reply(joinFailed(id, code))
    return NOTHING
  }
  if (!hasRoom(group, memberId, env.config['group.max.size'])) {
    forget(env, group, memberId)
    return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED, '')
  }
  if (group.state === 'Dead') return refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  if (!group.supports(command.protocolType, command.protocols)) return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  if (memberId !== '') return joinKnown(env, group, command, reply)

  const newMemberId = `${command.groupInstanceId ?? command.clientId}-${env.uuid()}`
  if (command.groupInstanceId !== null && group.memberIdOf(command.groupInstanceId) !== undefined) {
    return joinStatic(env, group, command, newMemberId, reply)
  }
  if (command.groupInstanceId === null && command.requireKnownMemberId) {
    awaitPendingMember(env, group, newMemberId, command.sessionTimeoutMs)
    return refuse(ErrorCode.MEMBER_ID_REQUIRED, newMemberId)
  }
  return addMember(env, group, command, newMemberId, reply)
}

/**
 * Fact E22. While members rejoin, those that are parked are counted: who comes first stays, should the limit have
 * become smaller than the group.
 */
function hasRoom(group: ClassicGroup, memberId: string, maxSize: number): boolean {
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true
    case 'PreparingRebalance':
      return group.members.get(memberId)?.join !== undefined || group.awaitingJoin < maxSize
    default:
      return group.members.has(memberId) || group.members.size < maxSize
  }
}

/** A join with a member id: a pending one that comes back, or a member. */
function joinKnown(
  env: ClassicEnvironment,
  group: ClassicGroup,
  command: JoinCommand,
  reply: Reply<JoinAnswer>,
): Decision {
  const { memberId } = command
  if (command.groupInstanceId === null && group.pendingJoin.has(memberId)) {
    return addMember(env, group, command, memberId, reply)
  }
  const code = group.checkMember(memberId, command.groupInstanceId)
  if (code !== ErrorCode.NONE) {
    reply(joinFailed(memberId, code))
    return NOTHING
  }
  const member = group.members.get(memberId)!
  // The answer to an earlier join was lost, perhaps: what holds now is repeated if it fits (fact E30).
  const unchanged = offersSame(member, command.protocols)
  if (unchanged && group.state === 'CompletingRebalance') {
    reply(currentGeneration(group, member, true))
    return NOTHING
  }
  if (unchanged && group.state === 'Stable' && group.leaderId !== memberId) {
    reply(currentGeneration(group, member, false))
    return NOTHING
  }
  group.update(member, command)
  group.park(member, reply)
  return rebalanceOrComplete(env, group)
}

function addMember(
  env: ClassicEnvironment,
  group: ClassicGroup,
  command: JoinCommand,
  memberId: string,
  reply: Reply<JoinAnswer>,
): Decision {
  const member: ClassicMember = {
    memberId,
    groupInstanceId: command.groupInstanceId,
    clientId: command.clientId,
    clientHost: command.clientHost,
    rebalanceTimeoutMs: command.rebalanceTimeoutMs,
    sessionTimeoutMs: command.sessionTimeoutMs,
    protocols: command.protocols,
    assignment: NO_BYTES,
    isNew: true,
    join: reply,
    sync: undefined,
  }
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.joinedInWindow = true
  group.add(member, command.protocolType)
  awaitNewMember(env, group, member)
  return rebalanceOrComplete(env, group)
}
