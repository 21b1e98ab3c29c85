import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, int53, string, struct, uuid } from '../schema/types.ts'

/**
 * ShareAcknowledge: acknowledgements of records of a share group (KIP-932).
 * v0 was early access and is not served; v2 renewal of acquisition locks (KIP-1222).
 */

export const ShareAcknowledgeRequest = message(
  'ShareAcknowledgeRequest',
  { key: 79, versions: [1, 2], flexible: 0 },
  {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    shareSessionEpoch: int32,
    isRenewAck: boolean.since(2).default(false),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        acknowledgementBatches: array({ firstOffset: int53, lastOffset: int53, acknowledgeTypes: array(int8) }),
      }),
    }),
  },
)
export type ShareAcknowledgeRequest = typeof ShareAcknowledgeRequest.T

export const ShareAcknowledgeResponse = message(
  'ShareAcknowledgeResponse',
  { key: 79, versions: [1, 2], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32.since(2).ignorable(),
    responses: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        currentLeader: struct({ leaderId: int32, leaderEpoch: int32 }),
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
export type ShareAcknowledgeResponse = typeof ShareAcknowledgeResponse.T
