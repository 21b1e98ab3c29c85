import { ErrorCode } from '../../../../protocol/errors.ts'
import {
  type ClassicEnvironment,
  currentGeneration,
  type Decision,
  joinTimer,
  NEW_MEMBER_JOIN_TIMEOUT_MS,
  NOTHING,
  sessionTimer,
  syncTimer,
} from './environment.ts'
import type { ClassicGroup } from './group.ts'
import { type ClassicMember, NO_BYTES, type SyncAnswer, syncFailed } from './member.ts'
import { groupRecord } from './stored.ts'

/** Starts a rebalance if the group may, else looks whether the one under way is complete now. */
export function rebalanceOrComplete(env: ClassicEnvironment, group: ClassicGroup): Decision {
  return group.isIn('Empty', 'CompletingRebalance', 'Stable')
    ? prepareRebalance(env, group)
    : completeIfAllJoined(env, group)
}

export function prepareRebalance(env: ClassicEnvironment, group: ClassicGroup): Decision {
  if (group.state === 'CompletingRebalance') dropAssignment(env, group, ErrorCode.REBALANCE_IN_PROGRESS)
  env.timers.cancel(syncTimer(group))
  const isFirst = group.state === 'Empty'
  group.transitionTo('PreparingRebalance', env.nowMs())
  if (isFirst) {
    const delayMs = env.config['group.initial.rebalance.delay.ms']
    waitForFirstMembers(env, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
    return NOTHING
  }
  if (group.allJoined) return completeJoin(env, group)
  env.timers.schedule(joinTimer(group), group.rebalanceTimeoutMs, () => completeJoin(env, group))
  return NOTHING
}

/** The rebalance of an empty group ends by the clock alone (fact E26). */
export function completeIfAllJoined(env: ClassicEnvironment, group: ClassicGroup): Decision {
  const complete = group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && group.allJoined
  return complete ? completeJoin(env, group) : NOTHING
}

/** Waits a window at a time, as long as members keep coming and the first joiner's patience lasts (fact E26). */
function waitForFirstMembers(env: ClassicEnvironment, group: ClassicGroup, delayMs: number, remainingMs: number): void {
  env.timers.schedule(joinTimer(group), delayMs, () => {
    if (!group.joinedInWindow || remainingMs === 0) return completeJoin(env, group)
    group.joinedInWindow = false
    const nextMs = Math.min(env.config['group.initial.rebalance.delay.ms'], remainingMs)
    waitForFirstMembers(env, group, nextMs, Math.max(remainingMs - delayMs, 0))
    return NOTHING
  })
}

/** Ends the wait for members: who is absent goes, unless static, and the next generation begins (facts E27, E29). */
function completeJoin(env: ClassicEnvironment, group: ClassicGroup): Decision {
  if (group.state !== 'PreparingRebalance') return NOTHING
  env.timers.cancel(joinTimer(group))
  for (const member of [...group.members.values()]) {
    if (!member.join && member.groupInstanceId === null) forget(env, group, member.memberId)
  }
  if (!group.electJoinedLeader() && group.members.size > 0) {
    // Only static members are left and none rejoined: wait for them, or for their sessions to end.
    env.timers.schedule(joinTimer(group), group.rebalanceTimeoutMs, () => completeJoin(env, group))
    return NOTHING
  }
  group.joinedInWindow = false
  group.startGeneration(env.nowMs())
  if (group.members.size === 0) return { records: [groupRecord(group)], response: undefined }
  for (const member of group.members.values()) {
    group.answerJoin(member, currentGeneration(group, member, true))
    prolongSession(env, group, member)
    member.isNew = false
    group.pendingSync.add(member.memberId)
  }
  awaitSyncs(env, group)
  return NOTHING
}

/** Members that take too long to fetch their assignment are dead weight (fact E36). */
function awaitSyncs(env: ClassicEnvironment, group: ClassicGroup): void {
  const { generationId } = group
  env.timers.schedule(syncTimer(group), group.rebalanceTimeoutMs, () => {
    const waits = group.isIn('CompletingRebalance', 'Stable') && group.generationId === generationId
    if (!waits || group.pendingSync.size === 0) return NOTHING
    for (const memberId of [...group.pendingSync]) forget(env, group, memberId)
    return prepareRebalance(env, group)
  })
}

export function noteSynced(env: ClassicEnvironment, group: ClassicGroup, memberId: string): void {
  group.pendingSync.delete(memberId)
  if (group.pendingSync.size === 0) env.timers.cancel(syncTimer(group))
}

/** Nobody has an assignment any more; whoever waits for one is told why. */
export function dropAssignment(env: ClassicEnvironment, group: ClassicGroup, code: ErrorCode): void {
  for (const member of group.members.values()) {
    member.assignment = NO_BYTES
    answerSync(env, group, member, syncFailed(code))
  }
}

/** A member that had a call parked starts its session anew: it could not send heartbeats meanwhile (fact E39). */
export function answerSync(
  env: ClassicEnvironment,
  group: ClassicGroup,
  member: ClassicMember,
  answer: SyncAnswer,
): void {
  if (group.answerSync(member, answer)) prolongSession(env, group, member)
}

export function prolongSession(
  env: ClassicEnvironment,
  group: ClassicGroup,
  member: ClassicMember,
  timeoutMs = member.sessionTimeoutMs,
): void {
  const { memberId } = member
  env.timers.schedule(sessionTimer(group, memberId), timeoutMs, () => sessionExpired(env, group, memberId))
}

/** A new member cannot send heartbeats before it knows its id, and may be gone for all we know (fact E28). */
export function awaitNewMember(env: ClassicEnvironment, group: ClassicGroup, member: ClassicMember): void {
  prolongSession(env, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS)
}

/** An id was handed out; whoever got it is expected to join with it (KIP-394). */
export function awaitPendingMember(
  env: ClassicEnvironment,
  group: ClassicGroup,
  memberId: string,
  sessionTimeoutMs: number,
): void {
  group.pendingJoin.add(memberId)
  env.timers.schedule(sessionTimer(group, memberId), sessionTimeoutMs, () => sessionExpired(env, group, memberId))
}

function sessionExpired(env: ClassicEnvironment, group: ClassicGroup, memberId: string): Decision {
  if (group.state === 'Dead') return NOTHING
  if (group.pendingJoin.has(memberId)) {
    forget(env, group, memberId)
    return completeIfAllJoined(env, group)
  }
  const member = group.members.get(memberId)
  if (!member) return NOTHING
  const parked = member.join !== undefined || member.sync !== undefined
  if (parked && !member.isNew) return NOTHING
  forget(env, group, memberId)
  return afterRemoval(env, group)
}

/** Drops a member or a pending id together with its session. */
export function forget(env: ClassicEnvironment, group: ClassicGroup, memberId: string): void {
  env.timers.cancel(sessionTimer(group, memberId))
  group.remove(memberId)
}

/** Members went: the others share what they had. */
export function afterRemoval(env: ClassicEnvironment, group: ClassicGroup): Decision {
  return group.isIn('Empty', 'Dead') ? NOTHING : rebalanceOrComplete(env, group)
}
