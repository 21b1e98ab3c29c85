import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../../protocol/api/59-fetch-snapshot.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { EMPTY_BYTES } from '../../protocol/schema/types.ts'
import type { Core } from './core.ts'
import type { Follower } from './follower.ts'
import { endpointsIn, heedAnswer } from './news.ts'
import { METADATA_PARTITION, METADATA_TOPIC, onlyPartition } from './partition.ts'
import { isOfOtherCluster, leaderOf, leaderRequestError, nodeEndpoints } from './replies.ts'
import type { Peer, RaftReply, RaftRequest, SnapshotId, SnapshotRead } from './types.ts'

/** FetchSnapshot: a part of a snapshot, from the leader (KIP-630). */

type Call = Extract<RaftRequest, { readonly apiKey: 59 }>
type Partition = FetchSnapshotRequest['topics'][number]['partitions'][number]

/** More is never read at once, whatever is asked for (fact A3). */
const MAX_READ_BYTES = 8 * 1024 * 1024

export function receiveFetchSnapshot(core: Core, call: Call): RaftReply {
  const { body } = call
  if (isOfOtherCluster(core, body.clusterId)) return refuse(call, ErrorCode.INCONSISTENT_CLUSTER_ID)
  const partition = onlyPartition(body.topics, () => true)
  if (partition === undefined) return refuse(call, ErrorCode.INVALID_REQUEST)
  const id = { offset: partition.snapshotId.endOffset, epoch: partition.snapshotId.epoch }
  const size = core.log.snapshotSize(id)
  const errorCode = errorOf(core, call, partition, size)
  if (errorCode !== ErrorCode.NONE || size === undefined) return answer(core, call, partition, errorCode)
  if (core.role.name === 'leader') {
    // Contact, but no acknowledgement of anything in the log (fact A75).
    core.role.heard({ id: body.replicaId, directoryId: partition.replicaDirectoryId }, core)
  }
  const { position } = partition
  const length = Math.max(0, Math.min(body.maxBytes, size - position, MAX_READ_BYTES))
  return answer(core, call, partition, errorCode, size, { id, position, length })
}

/** Fact A74. */
function errorOf(core: Core, { body }: Call, partition: Partition, size: number | undefined): ErrorCode {
  if (body.topics[0]!.name !== METADATA_TOPIC || partition.partition !== METADATA_PARTITION) {
    return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  }
  const errorCode = leaderRequestError(core, partition.currentLeaderEpoch)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (size === undefined) return ErrorCode.SNAPSHOT_NOT_FOUND
  const isWithin = partition.position >= 0 && partition.position < size
  return isWithin ? ErrorCode.NONE : ErrorCode.POSITION_OUT_OF_RANGE
}

function refuse({ token }: Call, errorCode: ErrorCode): RaftReply {
  return { token, apiKey: 59, body: { throttleTimeMs: 0, errorCode, topics: [], nodeEndpoints: [] } }
}

function answer(
  core: Core,
  call: Call,
  { partition: index, position, snapshotId }: Partition,
  errorCode: ErrorCode,
  size = 0,
  snapshotRead?: SnapshotRead,
): RaftReply {
  const part = { index, errorCode, snapshotId, currentLeader: leaderOf(core), size, position }
  const body: FetchSnapshotResponse = {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    topics: [{ name: call.body.topics[0]!.name, partitions: [{ ...part, unalignedRecords: EMPTY_BYTES }] }],
    nodeEndpoints: nodeEndpoints(core, call.listener, call.version >= 1),
  }
  const reply = { token: call.token, apiKey: 59 as const, body }
  return snapshotRead ? { ...reply, snapshotRead } : reply
}

export function requestSnapshot(core: Core, leader: Peer, download: NonNullable<Follower['download']>): void {
  const { id, position } = download
  core.channel.send(leader, 59, {
    clusterId: core.options.clusterId,
    replicaId: core.local.id,
    maxBytes: core.config.fetchSnapshotMaxBytes,
    topics: [
      {
        name: METADATA_TOPIC,
        partitions: [
          {
            partition: METADATA_PARTITION,
            currentLeaderEpoch: core.role.epoch,
            snapshotId: { endOffset: id.offset, epoch: id.epoch },
            position,
            replicaDirectoryId: core.local.directoryId,
          },
        ],
      },
    ],
  })
}

/** Gives whether the request did not fail. */
export function answerFetchSnapshot(core: Core, response: FetchSnapshotResponse): boolean {
  const partition = response.topics[0]?.partitions[0]
  if (response.errorCode !== ErrorCode.NONE || partition === undefined) return false
  const { leaderId, leaderEpoch: epoch } = partition.currentLeader
  const news = { epoch, leaderId, endpoints: endpointsIn(core, response.nodeEndpoints, leaderId) }
  const heeded = heedAnswer(core, partition.errorCode, news)
  const { role } = core
  if (role.name !== 'follower' || role.download === undefined) return heeded !== 'failed'
  if (heeded === 'current') return accept(core, role, role.download, partition)
  if (heeded === 'failed' && partition.errorCode === ErrorCode.SNAPSHOT_NOT_FOUND) {
    // The leader has a newer one by now; its answer to a fetch says which (fact A76).
    core.effects.snapshot({ step: 'drop', id: role.download.id })
    role.download = undefined
    role.heard(core)
    return true
  }
  return heeded !== 'failed'
}

function accept(
  core: Core,
  role: Follower,
  { id, position }: { readonly id: SnapshotId; readonly position: number },
  part: FetchSnapshotResponse['topics'][number]['partitions'][number],
): boolean {
  const isNext =
    part.position === position && part.snapshotId.endOffset === id.offset && part.snapshotId.epoch === id.epoch
  const bytes = part.unalignedRecords
  if (!isNext || bytes.length === 0 || position + bytes.length > part.size) return false
  core.effects.snapshot({ step: 'write', id, position, bytes })
  role.download = { id, position: position + bytes.length }
  role.heard(core)
  if (role.download.position < part.size) return true
  role.download = undefined
  core.effects.snapshot({ step: 'install', id })
  core.isLogPending = true
  return true
}
