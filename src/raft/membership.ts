import type { AddRaftVoterResponse } from '../../protocol/api/80-add-raft-voter.ts'
import type { RemoveRaftVoterResponse } from '../../protocol/api/81-remove-raft-voter.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { requestUpdateRaftVoter } from './82-update-raft-voter.ts'
import type { Core } from './core.ts'
import type { Follower } from './follower.ts'
import type { Peer, Voter } from './types.ts'
import { isDescribed, voterOf } from './voters.ts'

/** What a follower does of itself about the voter set: corrects its place in it, or asks for one (KIP-853, KIP-1186). */

/** Once in a while, in place of a fetch; gives whether a request went out. */
export function requestMembership(core: Core, role: Follower, leader: Peer): boolean {
  if (core.nowMs < role.reportAtMs) return false
  const isSent = core.isVoter ? report(core, role, leader) : join(core, leader)
  if (isSent) role.reportAtMs = core.nowMs + core.config.fetchTimeoutMs
  return isSent
}

/** Facts A89, N-A27, N-A28: where the log describes this voter otherwise; to each new leader where it does not at all. */
function report(core: Core, role: Follower, leader: Peer): boolean {
  const isKnown = core.log.kraftVersion === 0 ? role.hasReported : isDescribed(core.voters, core.ownVoter)
  if (isKnown) return false
  requestUpdateRaftVoter(core, leader)
  return true
}

/** N-A24: a disk that came new in the place of another's has to leave its name to it first. */
function join(core: Core, leader: Peer): boolean {
  const { controllerRole, clusterId, config } = core.options
  if (!config.autoJoin || !controllerRole || core.log.kraftVersion === 0) return false
  const old: Voter | undefined = voterOf(core.voters, core.local.id)
  if (old) {
    core.channel.send(leader, 81, { clusterId, voterId: old.id, voterDirectoryId: old.directoryId })
  } else {
    core.channel.send(leader, 80, {
      clusterId,
      timeoutMs: config.requestTimeoutMs,
      voterId: core.local.id,
      voterDirectoryId: core.local.directoryId,
      listeners: [...core.options.endpoints],
      ackWhenCommitted: false,
    })
  }
  return true
}

/** N-A25: whether it is to be tried again after the usual time, not after a failure's. */
export const answerAddRaftVoter = (_: Core, { errorCode }: AddRaftVoterResponse): boolean =>
  isUsual(errorCode) || errorCode === ErrorCode.DUPLICATE_VOTER

export const answerRemoveRaftVoter = (_: Core, { errorCode }: RemoveRaftVoterResponse): boolean =>
  isUsual(errorCode) || errorCode === ErrorCode.VOTER_NOT_FOUND

const isUsual = (errorCode: number): boolean =>
  errorCode === ErrorCode.NONE || errorCode === ErrorCode.REQUEST_TIMED_OUT
