import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, int53, records, string, struct, uuid } from '../schema/types.ts'

/**
 * ShareFetch: records acquired by a member of a share group, and acknowledgements of earlier ones (KIP-932).
 * v0 was early access and is not served; v2 renewal of acquisition locks (KIP-1222) and acquire modes (KIP-1206).
 */

export const ShareFetchRequest = message(
  'ShareFetchRequest',
  { key: 78, versions: [1, 2], flexible: 0 },
  {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    shareSessionEpoch: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fffffff),
    maxRecords: int32,
    batchSize: int32,
    shareAcquireMode: int8.since(2).default(0).ignorable(),
    isRenewAck: boolean.since(2).default(false),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        acknowledgementBatches: array({ firstOffset: int53, lastOffset: int53, acknowledgeTypes: array(int8) }),
      }),
    }),
    forgottenTopicsData: array({ topicId: uuid, partitions: array(int32) }),
  },
)
export type ShareFetchRequest = typeof ShareFetchRequest.T

export const ShareFetchResponse = message(
  'ShareFetchResponse',
  { key: 78, versions: [1, 2], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32,
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        acknowledgeErrorCode: int16,
        acknowledgeErrorMessage: string.nullable().default(null),
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
        records: records,
        acquiredRecords: array({ firstOffset: int53, lastOffset: int53, deliveryCount: int16 }),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    }),
  },
)
export type ShareFetchResponse = typeof ShareFetchResponse.T
