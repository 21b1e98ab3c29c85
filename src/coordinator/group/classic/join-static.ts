import { ErrorCode } from '../../../../protocol/errors.ts'
import { assert } from '../../../base/assert.ts'
import {
  type ClassicEnvironment,
  currentGeneration,
  type Decision,
  sessionTimer,
  storageErrorToResponse,
} from './environment.ts'
import type { ClassicGroup } from './group.ts'
import type { JoinCommand } from './join.ts'
import { type ClassicMember, type JoinAnswer, joinFailed, type Reply } from './member.ts'
import { completeIfAllJoined, prepareRebalance, prolongSession, rebalanceOrComplete } from './rebalance.ts'
import { groupRecord } from './stored.ts'

/**
 * A static member comes back without a member id, after a restart most likely: it takes its own place under a new id
 * (KIP-345, fact E31). In a Stable group whose protocol stays the same nobody else notices.
 */
export function joinStatic(
  env: ClassicEnvironment,
  group: ClassicGroup,
  command: JoinCommand,
  newMemberId: string,
  reply: Reply<JoinAnswer>,
): Decision {
  const oldMemberId = group.memberIdOf(command.groupInstanceId!)!
  const formerLeader = group.leaderId
  const old = group.members.get(oldMemberId)!
  const offer = {
    protocols: old.protocols,
    rebalanceTimeoutMs: old.rebalanceTimeoutMs,
    sessionTimeoutMs: old.sessionTimeoutMs,
  }
  const member = replace(env, group, old, newMemberId)
  group.update(member, command)
  group.park(member, reply)

  switch (group.state) {
    case 'Stable':
      if (group.selectProtocol() !== group.protocolName) return rebalanceOrComplete(env, group)
      break
    case 'CompletingRebalance':
      // The leader may be assigning to the former id at this moment: the new one would get nothing.
      return prepareRebalance(env, group)
    case 'PreparingRebalance':
      return completeIfAllJoined(env, group)
    default:
      assert(false, `a ${group.state} group has no static members`)
  }

  return {
    records: [groupRecord(group)],
    response: undefined,
    settled: (code) => {
      // Gone, or answered already by a rebalance that came in between.
      if (group.members.get(newMemberId) !== member || !member.join) return undefined
      if (code === ErrorCode.NONE) {
        group.answerJoin(member, stayAsYouAre(group, member, command.canSkipAssignment, formerLeader))
        prolongSession(env, group, member)
        return undefined
      }
      group.answerJoin(member, joinFailed('', storageErrorToResponse(code)))
      group.update(member, offer)
      replace(env, group, member, oldMemberId)
      return undefined
    },
  }
}

function replace(env: ClassicEnvironment, group: ClassicGroup, old: ClassicMember, newMemberId: string): ClassicMember {
  env.timers.cancel(sessionTimer(group, old.memberId))
  const member = group.replaceStatic(old, newMemberId)
  prolongSession(env, group, member)
  return member
}

/**
 * The leader is told to skip the assignment where it understands that. Where it does not, it is told that another id
 * leads, its own former one: it would assign anew otherwise.
 */
function stayAsYouAre(
  group: ClassicGroup,
  member: ClassicMember,
  canSkipAssignment: boolean,
  formerLeader: string | null,
): JoinAnswer {
  const answer = currentGeneration(group, member, canSkipAssignment)
  if (!canSkipAssignment) return { ...answer, leader: formerLeader ?? '' }
  return { ...answer, skipAssignment: group.leaderId === member.memberId }
}
