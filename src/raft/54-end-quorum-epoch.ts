import type { EndQuorumEpochRequest, EndQuorumEpochResponse } from '../../protocol/api/54-end-quorum-epoch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { successionDelayMs } from './arithmetic.ts'
import type { Core } from './core.ts'
import { endpointsIn, heed, heedAnswer, isConsistent } from './news.ts'
import { inMetadataTopic, metadataPartition } from './partition.ts'
import { isOfOtherCluster, leaderOf, nodeEndpoints, voterRequestError } from './replies.ts'
import type { Resigned } from './resigned.ts'
import type { Peer, RaftReply, RaftRequest } from './types.ts'
import { matchesKey } from './voters.ts'

/** EndQuorumEpoch: a leader has resigned and says who should stand for election first. */

type Partition = EndQuorumEpochRequest['topics'][number]['partitions'][number]

export function receiveEndQuorumEpoch(core: Core, call: Extract<RaftRequest, { readonly apiKey: 54 }>): RaftReply {
  const { token, body } = call
  const reply = (response: EndQuorumEpochResponse): RaftReply => ({ token, apiKey: 54, body: response })
  const partition = metadataPartition(body.topics)
  if (isOfOtherCluster(core, body.clusterId)) return reply(refusal(ErrorCode.INCONSISTENT_CLUSTER_ID))
  if (partition === undefined) return reply(refusal(ErrorCode.INVALID_REQUEST))
  const errorCode = succeed(core, body, partition)
  return reply({
    errorCode: ErrorCode.NONE,
    topics: inMetadataTopic({ errorCode, ...leaderOf(core) }),
    nodeEndpoints: nodeEndpoints(core, call.listener, call.version >= 1),
  })
}

const refusal = (errorCode: ErrorCode): EndQuorumEpochResponse => ({ errorCode, topics: [], nodeEndpoints: [] })

/** Fact A43. */
function succeed(core: Core, body: EndQuorumEpochRequest, partition: Partition): ErrorCode {
  const { leaderId, leaderEpoch } = partition
  const errorCode = voterRequestError(core, leaderEpoch, leaderId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  const news = { epoch: leaderEpoch, leaderId, endpoints: body.leaderEndpoints }
  if (leaderId === core.local.id || !isConsistent(core, news)) return ErrorCode.INVALID_REQUEST
  heed(core, news)
  if (core.role.name === 'follower' && core.role.leaderId === leaderId) {
    const { place, candidates } = placeAmong(core, partition)
    const delayMs = successionDelayMs(place, candidates, core.config.electionBackoffMaxMs)
    core.role.fetchAtMs = core.nowMs + delayMs
  }
  return ErrorCode.NONE
}

function placeAmong({ local }: Core, { preferredCandidates, preferredSuccessors }: Partition) {
  if (preferredCandidates.length === 0) {
    return { place: preferredSuccessors.indexOf(local.id), candidates: preferredSuccessors.length }
  }
  const place = preferredCandidates.findIndex(({ candidateId: id, candidateDirectoryId: directoryId }) =>
    matchesKey({ id, directoryId }, local),
  )
  return { place, candidates: preferredCandidates.length }
}

/** Facts A42, A44: tells every other voter until it has heard; gives the time of the next try. */
export function requestEndOfEpoch(core: Core, role: Resigned): number {
  let nextMs = Number.POSITIVE_INFINITY
  for (const voter of core.otherVoters) {
    const to = role.acknowledged.has(voter.id) ? undefined : core.peer(voter.id, voter.endpoints)
    if (to === undefined) continue
    if (core.channel.isReady(to.id)) core.channel.send(to, 54, endRequest(core, role))
    else nextMs = Math.min(nextMs, core.channel.readyAtMs(to.id))
  }
  return nextMs
}

const endRequest = (core: Core, { epoch, leaderId, leaderEndpoints, successors }: Resigned): EndQuorumEpochRequest => ({
  clusterId: core.options.clusterId,
  topics: inMetadataTopic({
    leaderId,
    leaderEpoch: epoch,
    preferredSuccessors: successors.map(({ id }) => id),
    preferredCandidates: successors.map(({ id, directoryId }) => ({
      candidateId: id,
      candidateDirectoryId: directoryId,
    })),
  }),
  leaderEndpoints: [...leaderEndpoints],
})

/** Gives whether the request did not fail. */
export function answerEndQuorumEpoch(core: Core, from: Peer, response: EndQuorumEpochResponse): boolean {
  const partition = response.errorCode === ErrorCode.NONE ? metadataPartition(response.topics) : undefined
  if (partition === undefined) return false
  const { leaderId, leaderEpoch: epoch, errorCode } = partition
  const news = { epoch, leaderId, endpoints: endpointsIn(core, response.nodeEndpoints, leaderId) }
  const heeded = heedAnswer(core, errorCode, news)
  if (heeded === 'current' && core.role.name === 'resigned') core.role.acknowledged.add(from.id)
  return heeded !== 'failed'
}
