import type { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { EMPTY_BYTES } from '../../protocol/schema/types.ts'
import type { Core } from './core.ts'
import { type FetchPosition, positionOf } from './log-match.ts'
import type { FetchCall } from './parked-fetches.ts'
import { METADATA_PARTITION, METADATA_TOPIC_ID, onlyPartition } from './partition.ts'
import { isOfOtherCluster, leaderOf, leaderRequestError, nodeEndpoints } from './replies.ts'
import { UNKNOWN_OFFSET } from './role.ts'
import type { LogRead, RaftReply, ReplicaKey } from './types.ts'

/** Fetch, on the metadata log: a replica says how far its log goes and asks for what follows. */

type FetchPartition = FetchRequest['topics'][number]['partitions'][number]
type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

/** First version with endpoints of the leader. */
const ENDPOINTS_VERSION = 17
/** More is never read at once, whatever is asked for (fact A3). */
const MAX_READ_BYTES = 8 * 1024 * 1024
const NO_EPOCH = { epoch: -1, endOffset: -1 }

const VALID: FetchPosition = { kind: 'valid' }

export function receiveFetch(core: Core, call: FetchCall): RaftReply | undefined {
  const { body } = call
  const partition = partitionOf(body)
  if (isOfOtherCluster(core, body.clusterId)) return refuse(call, ErrorCode.INCONSISTENT_CLUSTER_ID)
  if (partition === undefined) return refuse(call, ErrorCode.INVALID_REQUEST)
  const isPossible = body.maxWaitMs >= 0 && partition.fetchOffset >= 0 && isKnownEpoch(partition)
  const errorCode = isPossible ? leaderRequestError(core, partition.currentLeaderEpoch) : ErrorCode.INVALID_REQUEST
  if (errorCode !== ErrorCode.NONE) return answer(core, call, partition, { errorCode, position: VALID })
  const position = positionOf(core.log, partition.fetchOffset, partition.lastFetchedEpoch)
  if (position.kind === 'valid') acknowledge(core, call, partition)
  const key = replicaOf(body, partition)
  completeFetches(core, core.parked.takeOf(key))
  if (!canWait(core, call, partition, position)) return answer(core, call, partition, { errorCode, position })
  core.parked.park(call, key, partition.fetchOffset)
  return undefined
}

/** Fact A47: only a request with topic ids can name the partition. */
const partitionOf = ({ topics }: FetchRequest): FetchPartition | undefined =>
  topics[0]?.topicId === METADATA_TOPIC_ID
    ? onlyPartition(topics, ({ partition }) => partition === METADATA_PARTITION)
    : undefined

const isKnownEpoch = ({ lastFetchedEpoch, currentLeaderEpoch }: FetchPartition): boolean =>
  lastFetchedEpoch >= 0 && lastFetchedEpoch <= currentLeaderEpoch

/** Fact A48. */
function replicaOf({ replicaState, replicaId }: FetchRequest, { replicaDirectoryId }: FetchPartition): ReplicaKey {
  return { id: replicaState.replicaId >= 0 ? replicaState.replicaId : replicaId, directoryId: replicaDirectoryId }
}

/** Fact A56. */
function acknowledge(core: Core, { body }: FetchCall, partition: FetchPartition): void {
  if (core.role.name === 'leader') core.role.acknowledge(replicaOf(body, partition), partition.fetchOffset, core)
}

/** Facts A54, N-A20: it has everything, and knows what of it is committed. */
function canWait(core: Core, { body }: FetchCall, partition: FetchPartition, { kind }: FetchPosition): boolean {
  return (
    kind === 'valid' &&
    body.maxWaitMs > 0 &&
    core.parked.hasPlaceFor(replicaOf(body, partition)) &&
    partition.fetchOffset >= core.log.endOffset &&
    Number(partition.highWatermark) >= core.role.highWatermark
  )
}

/** There is something new for them, or they have waited long enough. */
export function completeFetches(core: Core, calls: readonly FetchCall[]): void {
  for (const call of calls) {
    core.effects.reply(answer(core, call, partitionOf(call.body)!, { errorCode: ErrorCode.NONE, position: VALID }))
  }
}

/** Fact A41: those who wait learn that this node leads no longer. */
export function refuseFetches(core: Core): void {
  for (const call of core.parked.takeAll()) {
    const errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER
    core.effects.reply(answer(core, call, partitionOf(call.body)!, { errorCode, position: VALID }))
  }
}

function refuse({ token }: FetchCall, errorCode: ErrorCode): RaftReply {
  return { token, apiKey: 1, body: { throttleTimeMs: 0, errorCode, sessionId: 0, responses: [], nodeEndpoints: [] } }
}

interface Outcome {
  readonly errorCode: ErrorCode
  readonly position: FetchPosition
}

function answer(core: Core, call: FetchCall, partition: FetchPartition, outcome: Outcome): RaftReply {
  const endpoints = nodeEndpoints(core, call.listener, call.version >= ENDPOINTS_VERSION)
  const body: FetchResponse = {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    sessionId: 0,
    responses: [{ topic: '', topicId: METADATA_TOPIC_ID, partitions: [partitionAnswer(core, outcome)] }],
    nodeEndpoints: endpoints.map((endpoint) => ({ ...endpoint, rack: null })),
  }
  const logRead = readOf(core, call, partition, outcome)
  const reply = { token: call.token, apiKey: 1 as const, body }
  return logRead ? { ...reply, logRead } : reply
}

/** Fact A55. */
function partitionAnswer(core: Core, { errorCode, position }: Outcome): PartitionAnswer {
  const isServed = errorCode === ErrorCode.NONE
  const snapshotId =
    position.kind === 'snapshot' ? { endOffset: position.id.offset, epoch: position.id.epoch } : NO_EPOCH
  return {
    partitionIndex: METADATA_PARTITION,
    errorCode,
    highWatermark: isServed ? core.role.highWatermark : UNKNOWN_OFFSET,
    lastStableOffset: -1,
    logStartOffset: isServed ? core.log.startOffset : -1,
    divergingEpoch: position.kind === 'diverging' ? position.end : NO_EPOCH,
    currentLeader: leaderOf(core),
    snapshotId,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: EMPTY_BYTES,
  }
}

/** Fact A53: what is not committed too; N-A22: as much as was asked for. */
function readOf(core: Core, { body }: FetchCall, partition: FetchPartition, outcome: Outcome): LogRead | undefined {
  const { fetchOffset } = partition
  const isRead = outcome.errorCode === ErrorCode.NONE && outcome.position.kind === 'valid'
  if (!isRead || fetchOffset >= core.log.endOffset) return undefined
  return { offset: fetchOffset, maxBytes: Math.max(0, Math.min(body.maxBytes, MAX_READ_BYTES)) }
}
