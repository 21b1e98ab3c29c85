import type { VoteRequest, VoteResponse } from '../../protocol/api/52-vote.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Candidate } from './candidate.ts'
import type { Core } from './core.ts'
import { isUpToDate } from './log-match.ts'
import { endpointsIn, heedAnswer } from './news.ts'
import { inMetadataTopic, metadataPartition } from './partition.ts'
import type { Prospective } from './prospective.ts'
import { isMisaddressed, isOfOtherCluster, leaderOf, nodeEndpoints, voterRequestError } from './replies.ts'
import type { Peer, RaftReply, RaftRequest } from './types.ts'
import { sameKey } from './voters.ts'

/**
 * Vote: a candidate of the epoch `replicaEpoch` asks for a vote; with `preVote`, a node of that epoch asks whether it
 * would get one in the next (KIP-996). Neither has to be in the receiver's voter set, which may be old (fact A30).
 */

type VotePartition = VoteRequest['topics'][number]['partitions'][number]

export function receiveVote(core: Core, call: Extract<RaftRequest, { readonly apiKey: 52 }>): RaftReply {
  const { token, body } = call
  const reply = (response: VoteResponse): RaftReply => ({ token, apiKey: 52, body: response })
  const partition = metadataPartition(body.topics)
  if (isOfOtherCluster(core, body.clusterId)) return reply(refusal(ErrorCode.INCONSISTENT_CLUSTER_ID))
  if (partition === undefined) return reply(refusal(ErrorCode.INVALID_REQUEST))
  const { errorCode, voteGranted } = decide(core, body.voterId, partition)
  return reply({
    errorCode: ErrorCode.NONE,
    topics: inMetadataTopic({ errorCode, ...leaderOf(core), voteGranted }),
    nodeEndpoints: nodeEndpoints(core, call.listener, call.version >= 1),
  })
}

const refusal = (errorCode: ErrorCode): VoteResponse => ({ errorCode, topics: [], nodeEndpoints: [] })

/** Facts A25 to A29 as changed by N-A7 to N-A10. */
function decide(core: Core, voterId: number, asked: VotePartition): { errorCode: ErrorCode; voteGranted: boolean } {
  const errorCode = isPossible(asked)
    ? voterRequestError(core, asked.replicaEpoch, asked.replicaId)
    : ErrorCode.INVALID_REQUEST
  const candidate = { id: asked.replicaId, directoryId: asked.replicaDirectoryId }
  if (errorCode !== ErrorCode.NONE) return { errorCode, voteGranted: false }
  if (sameKey(candidate, core.local)) return { errorCode: ErrorCode.INVALID_REQUEST, voteGranted: false }
  if (asked.replicaEpoch > core.role.epoch) core.becomeUnattached(asked.replicaEpoch)
  if (isMisaddressed(core, voterId, asked.voterDirectoryId)) {
    return { errorCode: ErrorCode.INVALID_VOTER_KEY, voteGranted: false }
  }
  const isGood = isUpToDate(core.log, { epoch: asked.lastOffsetEpoch, endOffset: asked.lastOffset })
  const { role } = core
  const voteGranted = asked.preVote ? role.grantsPreVote(isGood) : role.grantsVote(candidate, isGood)
  const isPromise = voteGranted && !asked.preVote
  if (isPromise && (role.name === 'unattached' || role.name === 'prospective')) core.giveVote(role, candidate)
  return { errorCode, voteGranted }
}

/** A log cannot be of the epoch that its owner only stands for. */
function isPossible({ lastOffset, lastOffsetEpoch, replicaEpoch, preVote }: VotePartition): boolean {
  const newestEpoch = preVote ? replicaEpoch : replicaEpoch - 1
  return lastOffset >= 0 && lastOffsetEpoch >= 0 && lastOffsetEpoch <= newestEpoch
}

/** Asks those who have not answered yet; gives the time of the next try (fact A32). */
export function requestVotes(core: Core, role: Prospective | Candidate): number {
  let nextMs = Number.POSITIVE_INFINITY
  for (const voter of role.election.outstanding) {
    const to = core.peer(voter.id, voter.endpoints)
    if (to === undefined) continue
    if (core.channel.isReady(to.id)) core.channel.send(to, 52, voteRequest(core, role, to.id, voter.directoryId))
    else nextMs = Math.min(nextMs, core.channel.readyAtMs(to.id))
  }
  return nextMs
}

const voteRequest = (
  core: Core,
  role: Prospective | Candidate,
  voterId: number,
  voterDirectoryId: string,
): VoteRequest => ({
  clusterId: core.options.clusterId,
  voterId,
  topics: inMetadataTopic({
    replicaEpoch: role.epoch,
    replicaId: core.local.id,
    replicaDirectoryId: core.local.directoryId,
    voterDirectoryId,
    lastOffsetEpoch: core.log.lastEpoch,
    lastOffset: core.log.endOffset,
    preVote: role.name === 'prospective',
  }),
})

/** Gives whether the request did not fail. */
export function answerVote(core: Core, from: Peer, { errorCode, topics, nodeEndpoints }: VoteResponse): boolean {
  if (errorCode !== ErrorCode.NONE) return refuseVote(core, errorCode)
  const partition = metadataPartition(topics)
  if (partition === undefined) return false
  const { leaderId, leaderEpoch: epoch } = partition
  const news = { epoch, leaderId, endpoints: endpointsIn(core, nodeEndpoints, leaderId) }
  const heeded = heedAnswer(core, partition.errorCode, news)
  const { role } = core
  if (heeded === 'current' && (role.name === 'prospective' || role.name === 'candidate')) {
    role.election.record(from.id, partition.voteGranted)
    if (!partition.voteGranted) tryAgainSoon(core, role)
  }
  return heeded !== 'failed'
}

/**
 * Where the leader is gone, who rejects us has not noticed it yet or stands as well, and both will soon be over: the
 * election timeout would be a long time to wait for it (ADR 10).
 */
function tryAgainSoon(core: Core, role: Prospective | Candidate): void {
  if (role.attempts > 0) role.electionAtMs = Math.min(role.electionAtMs, core.drawAttemptAtMs(role.attempts))
}

/** N-A6: a voter that knows nothing of pre-votes has to be asked for its vote. */
export function refuseVote(core: Core, errorCode: number): boolean {
  if (errorCode !== ErrorCode.UNSUPPORTED_VERSION || core.role.name !== 'prospective') return false
  core.becomeCandidate()
  return true
}
