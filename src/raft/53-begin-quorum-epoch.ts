import type { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from '../../protocol/api/53-begin-quorum-epoch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Core } from './core.ts'
import type { Leader } from './leader.ts'
import { endpointsIn, heed, heedAnswer, isConsistent } from './news.ts'
import { inMetadataTopic, metadataPartition } from './partition.ts'
import { NEVER } from './progress.ts'
import { isMisaddressed, isOfOtherCluster, leaderOf, nodeEndpoints, voterRequestError } from './replies.ts'
import type { RaftReply, RaftRequest } from './types.ts'

/** BeginQuorumEpoch: the leader of an epoch makes itself known to a voter that does not fetch. */

type Partition = BeginQuorumEpochRequest['topics'][number]['partitions'][number]

export function receiveBeginQuorumEpoch(core: Core, call: Extract<RaftRequest, { readonly apiKey: 53 }>): RaftReply {
  const { token, body } = call
  const reply = (response: BeginQuorumEpochResponse): RaftReply => ({ token, apiKey: 53, body: response })
  const partition = metadataPartition(body.topics)
  if (isOfOtherCluster(core, body.clusterId)) return reply(refusal(ErrorCode.INCONSISTENT_CLUSTER_ID))
  if (partition === undefined) return reply(refusal(ErrorCode.INVALID_REQUEST))
  const errorCode = follow(core, body, partition)
  return reply({
    errorCode: ErrorCode.NONE,
    topics: inMetadataTopic({ errorCode, ...leaderOf(core) }),
    nodeEndpoints: nodeEndpoints(core, call.listener, call.version >= 1),
  })
}

const refusal = (errorCode: ErrorCode): BeginQuorumEpochResponse => ({ errorCode, topics: [], nodeEndpoints: [] })

/** Fact A39: follows first; whether this node was meant is looked at after that. */
function follow(core: Core, body: BeginQuorumEpochRequest, { leaderId, leaderEpoch, voterDirectoryId }: Partition) {
  const errorCode = voterRequestError(core, leaderEpoch, leaderId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  const news = { epoch: leaderEpoch, leaderId, endpoints: body.leaderEndpoints }
  if (leaderId === core.local.id || !isConsistent(core, news)) return ErrorCode.INVALID_REQUEST
  heed(core, news)
  return isMisaddressed(core, body.voterId, voterDirectoryId) ? ErrorCode.INVALID_VOTER_KEY : ErrorCode.NONE
}

/** Facts A38, N-A32: to every voter that has not fetched for a while; gives the time of the next one. */
export function requestBeginOfEpoch(core: Core, leader: Leader): number {
  const periodMs = core.config.fetchTimeoutMs / 2
  let nextMs = Number.POSITIVE_INFINITY
  for (const voter of core.otherVoters) {
    const to = core.peer(voter.id, voter.endpoints)
    if (to === undefined) continue
    const lastMs = Math.max(leader.lastFetchMs(voter.id), leader.lastBeginMs.get(voter.id) ?? NEVER)
    const dueMs = Math.max(lastMs + periodMs, core.channel.readyAtMs(to.id))
    if (dueMs <= core.nowMs) {
      leader.lastBeginMs.set(voter.id, core.nowMs)
      core.channel.send(to, 53, beginRequest(core, leader, voter.id, voter.directoryId))
    } else {
      nextMs = Math.min(nextMs, dueMs)
    }
  }
  return nextMs
}

const beginRequest = (
  core: Core,
  { epoch, leaderId, leaderEndpoints }: Leader,
  voterId: number,
  voterDirectoryId: string,
): BeginQuorumEpochRequest => ({
  clusterId: core.options.clusterId,
  voterId,
  topics: inMetadataTopic({ voterDirectoryId, leaderId, leaderEpoch: epoch }),
  leaderEndpoints: [...leaderEndpoints],
})

/** Gives whether the request did not fail. */
export function answerBeginQuorumEpoch(core: Core, response: BeginQuorumEpochResponse): boolean {
  const partition = response.errorCode === ErrorCode.NONE ? metadataPartition(response.topics) : undefined
  if (partition === undefined) return false
  const { leaderId, leaderEpoch: epoch, errorCode } = partition
  return (
    heedAnswer(core, errorCode, { epoch, leaderId, endpoints: endpointsIn(core, response.nodeEndpoints, leaderId) }) !==
    'failed'
  )
}
