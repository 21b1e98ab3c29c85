import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int53, int64, records, string, struct, uuid } from '../schema/types.ts'

/**
 * Fetch: record batches from partitions, for consumers and for followers.
 * v1 throttle time; v3 a limit for the whole answer (KIP-74); v4 isolation level and aborted transactions (KIP-98); v5
 * log start offset; v7 fetch sessions (KIP-227); v9 current leader epoch (KIP-320); v10 zstd; v11 rack, preferred read
 * replica (KIP-392); v12 flexible, last fetched epoch, diverging epoch (KIP-595); v13 topic ids in place of names
 * (KIP-516); v14 offsets moved to tiered storage (KIP-405); v15 replica state in place of replica id (KIP-903); v16
 * node endpoints (KIP-951); v17 replica directory id (KIP-853); v18 the fetcher's high watermark (KIP-1166).
 */

export const FetchRequest = message(
  'FetchRequest',
  { key: 1, versions: [0, 18], flexible: 12 },
  {
    clusterId: string.nullable().default(null).tag(0, 12).ignorable(),
    replicaId: int32.until(14).default(-1),
    replicaState: struct({ replicaId: int32.default(-1), replicaEpoch: int64.default(-1n) }).tag(1, 15),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.since(3).default(0x7fffffff).ignorable(),
    isolationLevel: int8.since(4).default(0).ignorable(),
    sessionId: int32.since(7).default(0).ignorable(),
    sessionEpoch: int32.since(7).default(-1).ignorable(),
    topics: array({
      topic: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.since(9).default(-1).ignorable(),
        fetchOffset: int53,
        lastFetchedEpoch: int32.since(12).default(-1),
        logStartOffset: int53.since(5).default(-1).ignorable(),
        partitionMaxBytes: int32,
        replicaDirectoryId: uuid.tag(0, 17).ignorable(),
        highWatermark: int64.default(9223372036854775807n).tag(1, 18).ignorable(),
      }),
    }),
    forgottenTopicsData: array({
      topic: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitions: array(int32),
    }).since(7),
    rackId: string.since(11).default('').ignorable(),
  },
)
export type FetchRequest = typeof FetchRequest.T

export const FetchResponse = message(
  'FetchResponse',
  { key: 1, versions: [0, 18], flexible: 12 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16.since(7).ignorable(),
    sessionId: int32.since(7).default(0),
    responses: array({
      topic: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int53,
        lastStableOffset: int53.since(4).default(-1).ignorable(),
        logStartOffset: int53.since(5).default(-1).ignorable(),
        divergingEpoch: struct({ epoch: int32.default(-1), endOffset: int53.default(-1) }).tag(0, 12),
        currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) }).tag(1, 12),
        snapshotId: struct({ endOffset: int53.default(-1), epoch: int32.default(-1) }).tag(2, 12),
        abortedTransactions: array({ producerId: int64, firstOffset: int53 }).since(4).nullable().ignorable(),
        preferredReadReplica: int32.since(11).default(-1),
        records: records.nullable(),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    }).tag(0, 16),
  },
)
export type FetchResponse = typeof FetchResponse.T
