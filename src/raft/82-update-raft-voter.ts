import type { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../../protocol/api/82-update-raft-voter.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Core } from './core.ts'
import type { Leader } from './leader.ts'
import { heedAnswer } from './news.ts'
import { isOfOtherCluster, leaderOf, leaderRequestError } from './replies.ts'
import { UNKNOWN_OFFSET } from './role.ts'
import type { Peer, RaftReply, RaftRequest, Voter } from './types.ts'
import { appendVoters, changeError, isReachable } from './voter-change.ts'
import { includes, isDescribed, sameKey, voterOf, withVoter } from './voters.ts'

/** UpdateRaftVoter: a voter says where it is reached and which kraft.version it can run with (KIP-853). */

export function receiveUpdateRaftVoter(core: Core, call: Extract<RaftRequest, { readonly apiKey: 82 }>): RaftReply {
  const { token, body } = call
  const errorCode = update(core, body)
  const endpoint = core.leaderEndpoint(call.listener)
  const currentLeader = { ...leaderOf(core), host: endpoint?.host ?? '', port: endpoint?.port ?? 0 }
  return { token, apiKey: 82, body: { throttleTimeMs: 0, errorCode, currentLeader } }
}

/** Facts A89, N-A27. */
function update(core: Core, request: UpdateRaftVoterRequest): ErrorCode {
  if (isOfOtherCluster(core, request.clusterId)) return ErrorCode.INCONSISTENT_CLUSTER_ID
  const errorCode = leaderRequestError(core, request.currentLeaderEpoch)
  if (errorCode !== ErrorCode.NONE || core.role.name !== 'leader') return errorCode
  if (!isPossible(core, request)) return ErrorCode.INVALID_REQUEST
  const { voterId: id, voterDirectoryId: directoryId, listeners: endpoints, kRaftVersionFeature } = request
  const voter: Voter = { id, directoryId, endpoints, kRaftVersionFeature }
  return core.log.kraftVersion === 0 ? report(core, core.role, voter) : record(core, core.role, voter)
}

function isPossible(core: Core, { voterId, voterDirectoryId, listeners, kRaftVersionFeature }: UpdateRaftVoterRequest) {
  const { minSupportedVersion, maxSupportedVersion } = kRaftVersionFeature
  const isRange = minSupportedVersion >= 0 && minSupportedVersion <= maxSupportedVersion
  return voterId >= 0 && voterDirectoryId !== ZERO_UUID && isReachable(core, listeners) && isRange
}

/** Voters by configuration: the leader keeps it in mind, for the day of an upgrade. */
function report(core: Core, leader: Leader, voter: Voter): ErrorCode {
  if (leader.change !== undefined || leader.highWatermark === UNKNOWN_OFFSET) return ErrorCode.REQUEST_TIMED_OUT
  if (voterOf(core.voters, voter.id) === undefined) return ErrorCode.VOTER_NOT_FOUND
  leader.reported.set(voter.id, voter)
  leader.heard(voter, core)
  return ErrorCode.NONE
}

function record(core: Core, leader: Leader, voter: Voter): ErrorCode {
  const obstacle = changeError(core, leader)
  if (obstacle !== ErrorCode.NONE) return obstacle
  if (!includes(voter.kRaftVersionFeature, core.log.kraftVersion)) return ErrorCode.INVALID_REQUEST
  if (!core.voters.some((known) => sameKey(known, voter))) return ErrorCode.VOTER_NOT_FOUND
  leader.heard(voter, core)
  if (!isDescribed(core.voters, voter)) appendVoters(core, withVoter(core.voters, voter))
  return ErrorCode.NONE
}

export function requestUpdateRaftVoter(core: Core, leader: Peer): void {
  const { id, directoryId, endpoints, kRaftVersionFeature } = core.ownVoter
  core.channel.send(leader, 82, {
    clusterId: core.options.clusterId,
    currentLeaderEpoch: core.role.epoch,
    voterId: id,
    voterDirectoryId: directoryId,
    listeners: [...endpoints],
    kRaftVersionFeature,
  })
}

/** Gives whether the request did not fail. */
export function answerUpdateRaftVoter(core: Core, { errorCode, currentLeader }: UpdateRaftVoterResponse): boolean {
  const { leaderId, leaderEpoch: epoch, host, port } = currentLeader
  if (leaderId < 0 && epoch < 0) return false
  const endpoints = host === '' ? [] : [{ name: core.options.listenerName, host, port }]
  const heeded = heedAnswer(core, errorCode, { epoch, leaderId, endpoints })
  return heeded === 'current' ? accept(core) : heeded === 'moved'
}

/** N-A28. */
function accept(core: Core): boolean {
  if (core.role.name === 'follower') {
    core.role.hasReported = true
    core.role.heard(core)
  }
  return true
}

/** N-A27: a leader that has never heard of the request has nothing to be told. */
export const refuseUpdate = (core: Core, errorCode: ErrorCode): boolean =>
  errorCode === ErrorCode.UNSUPPORTED_VERSION && accept(core)
