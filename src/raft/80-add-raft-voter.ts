import type { ApiVersionsResponse } from '../../protocol/api/18-api-versions.ts'
import type { AddRaftVoterRequest, AddRaftVoterResponse } from '../../protocol/api/80-add-raft-voter.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Core } from './core.ts'
import type { Leader } from './leader.ts'
import { hasCaughtUp } from './progress.ts'
import { isOfOtherCluster, leaderRequestError } from './replies.ts'
import type { KRaftVersionRange, Peer, RaftReply, RaftRequest } from './types.ts'
import { changeError, isReachable, VoterChange } from './voter-change.ts'
import { includes, voterOf } from './voters.ts'

/** AddRaftVoter: an observer becomes a voter (KIP-853), if it is able to and has caught up. */

/** It says at least who is asking. */
const SOFTWARE = { clientSoftwareName: 'odradek', clientSoftwareVersion: 'raft' }
const FEATURE = 'kraft.version'

export function receiveAddRaftVoter(
  core: Core,
  { token, body }: Extract<RaftRequest, { readonly apiKey: 80 }>,
): RaftReply | undefined {
  const reply = (errorCode: ErrorCode): RaftReply => ({ token, apiKey: 80, body: addAnswer(errorCode) })
  const errorCode = errorOf(core, body)
  const { role } = core
  if (errorCode !== ErrorCode.NONE || role.name !== 'leader') return reply(errorCode)
  const change = new VoterChange(core.nowMs + core.config.requestTimeoutMs, (code) => core.effects.reply(reply(code)))
  role.change = change
  role.candidate = { request: body, isSent: false }
  return undefined
}

export const addAnswer = (errorCode: ErrorCode): AddRaftVoterResponse => ({
  throttleTimeMs: 0,
  errorCode,
  errorMessage: errorMessage(errorCode),
})

/** Fact A85. */
function errorOf(core: Core, { clusterId, voterId, voterDirectoryId, listeners }: AddRaftVoterRequest): ErrorCode {
  if (isOfOtherCluster(core, clusterId)) return ErrorCode.INCONSISTENT_CLUSTER_ID
  const errorCode = leaderRequestError(core, core.role.epoch)
  if (errorCode !== ErrorCode.NONE || core.role.name !== 'leader') return errorCode
  if (voterId < 0 || voterDirectoryId === ZERO_UUID || !isReachable(core, listeners)) return ErrorCode.INVALID_REQUEST
  const obstacle = changeError(core, core.role)
  if (obstacle !== ErrorCode.NONE) return obstacle
  return voterOf(core.voters, voterId) ? ErrorCode.DUPLICATE_VOTER : ErrorCode.NONE
}

/** Fact A86: asks the new voter, as soon as it can be asked; gives the time of the next try. */
export function requestApiVersions(core: Core, leader: Leader): number {
  const { candidate } = leader
  if (candidate === undefined || candidate.isSent) return Number.POSITIVE_INFINITY
  const { voterId, listeners } = candidate.request
  const to = core.peer(voterId, listeners)!
  if (!core.channel.isReady(voterId)) return core.channel.readyAtMs(voterId)
  candidate.isSent = true
  core.channel.send(to, 18, SOFTWARE)
  return Number.POSITIVE_INFINITY
}

/** Gives whether the request did not fail. */
export function answerApiVersions(core: Core, from: Peer, response: ApiVersionsResponse): boolean {
  const { role } = core
  if (role.name !== 'leader' || role.candidate?.request.voterId !== from.id) return true
  if (response.errorCode !== ErrorCode.NONE) return refuseApiVersions(core)
  const feature = response.supportedFeatures.find(({ name }) => name === FEATURE)
  const range = feature && { minSupportedVersion: feature.minVersion, maxSupportedVersion: feature.maxVersion }
  add(core, role, role.candidate.request, range)
  return true
}

/** It does not answer, so it could not vote either. */
export function refuseApiVersions({ role }: Core): boolean {
  if (role.name === 'leader' && role.candidate !== undefined) role.endChange(ErrorCode.REQUEST_TIMED_OUT)
  return false
}

function add(core: Core, leader: Leader, request: AddRaftVoterRequest, range: KRaftVersionRange | undefined): void {
  const { voterId: id, voterDirectoryId: directoryId, listeners: endpoints, ackWhenCommitted } = request
  if (range === undefined || !includes(range, core.log.kraftVersion)) leader.endChange(ErrorCode.INVALID_REQUEST)
  else if (!hasCaughtUp(leader.replicas.observer({ id, directoryId }), core.nowMs)) {
    leader.endChange(ErrorCode.REQUEST_TIMED_OUT)
  } else {
    leader.appendChange(core, [...core.voters, { id, directoryId, endpoints, kRaftVersionFeature: range }])
    // N-A23: who joins by itself learns from the log when it votes.
    if (!ackWhenCommitted) leader.change?.answer(ErrorCode.NONE)
  }
}
