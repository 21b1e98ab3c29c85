import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../../protocol/api/55-describe-quorum.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Core } from './core.ts'
import type { Leader } from './leader.ts'
import { inMetadataTopic, metadataPartition } from './partition.ts'
import { NEVER, type Progress } from './progress.ts'
import { leaderOf } from './replies.ts'
import type { RaftReply, RaftRequest } from './types.ts'

/** DescribeQuorum: how far every replica is, as only the leader knows (fact A92). */

type ReplicaState = DescribeQuorumResponse['topics'][number]['partitions'][number]['observers'][number]

/** First version with directory ids and nodes. */
const KEYS_VERSION = 2

export function receiveDescribeQuorum(core: Core, call: Extract<RaftRequest, { readonly apiKey: 55 }>): RaftReply {
  const { token, version, body: request } = call
  const { role } = core
  if (metadataPartition(request.topics) === undefined) return { token, apiKey: 55, body: unknown(request) }
  const body = role.name === 'leader' ? describe(core, role, version >= KEYS_VERSION) : notLeader()
  return { token, apiKey: 55, body }
}

function notLeader(): DescribeQuorumResponse {
  const errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER
  return { errorCode, errorMessage: errorMessage(errorCode), topics: [], nodes: [] }
}

function unknown({ topics }: DescribeQuorumRequest): DescribeQuorumResponse {
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const partition = (partitionIndex: number) => ({
    partitionIndex,
    errorCode,
    errorMessage: errorMessage(errorCode),
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  })
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => partition(partitionIndex)),
    })),
    nodes: [],
  }
}

function describe(core: Core, leader: Leader, hasKeys: boolean): DescribeQuorumResponse {
  const state = (progress: Progress) => replicaState(core, progress, hasKeys)
  const { replicas, highWatermark } = leader
  replicas.forgetSilent(core.nowMs)
  const partition = {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    ...leaderOf(core),
    highWatermark,
    currentVoters: [...(core.isVoter ? [ownProgress(core)] : []), ...replicas.voters].map(state),
    observers: [...(core.isVoter ? [] : [ownProgress(core)]), ...replicas.observers].map(state),
  }
  const nodes = core.voters.map(({ id, endpoints }) => ({ nodeId: id, listeners: [...endpoints] }))
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: inMetadataTopic(partition),
    nodes: hasKeys ? nodes : [],
  }
}

/** A leader is always where it is. */
const ownProgress = ({ local: key, log: { endOffset }, nowMs }: Core): Progress => ({
  key,
  endOffset,
  lastFetchMs: nowMs,
  lastCaughtUpMs: nowMs,
  leaderEndOffset: endOffset,
})

function replicaState(
  core: Core,
  { key, endOffset, lastFetchMs, lastCaughtUpMs }: Progress,
  hasKeys: boolean,
): ReplicaState {
  const { clock } = core.options
  const timestamp = (ms: number) => (ms === NEVER ? -1 : Math.round(clock.wallMs() - clock.monotonicMs() + ms))
  return {
    replicaId: key.id,
    replicaDirectoryId: hasKeys ? key.directoryId : ZERO_UUID,
    logEndOffset: endOffset,
    lastFetchTimestamp: timestamp(lastFetchMs),
    lastCaughtUpTimestamp: timestamp(lastCaughtUpMs),
  }
}
