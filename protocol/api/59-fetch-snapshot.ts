import { message } from '../schema/message.ts'
import { array, int16, int32, int53, records, string, struct, uint16, uuid } from '../schema/types.ts'

/**
 * FetchSnapshot: a part of a metadata snapshot (KIP-630).
 * v1 directory ids and endpoints (KIP-853).
 */

export const FetchSnapshotRequest = message(
  'FetchSnapshotRequest',
  { key: 59, versions: [0, 1], flexible: 0 },
  {
    clusterId: string.nullable().default(null).tag(0),
    replicaId: int32.default(-1),
    maxBytes: int32.default(0x7fffffff),
    topics: array({
      name: string,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32,
        snapshotId: struct({ endOffset: int53, epoch: int32 }),
        position: int53,
        replicaDirectoryId: uuid.tag(0, 1).ignorable(),
      }),
    }),
  },
)
export type FetchSnapshotRequest = typeof FetchSnapshotRequest.T

export const FetchSnapshotResponse = message(
  'FetchSnapshotResponse',
  { key: 59, versions: [0, 1], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    topics: array({
      name: string,
      partitions: array({
        index: int32,
        errorCode: int16,
        snapshotId: struct({ endOffset: int53, epoch: int32 }),
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }).tag(0),
        size: int53,
        position: int53,
        unalignedRecords: records,
      }),
    }),
    nodeEndpoints: array({ nodeId: int32, host: string, port: uint16 }).tag(0, 1),
  },
)
export type FetchSnapshotResponse = typeof FetchSnapshotResponse.T
