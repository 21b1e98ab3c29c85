import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int53, string, uuid } from '../schema/types.ts'

/**
 * WriteShareGroupState: changes to the state of share partitions, to the share coordinator (KIP-932).
 * v1 count of completed deliveries (KIP-1226).
 */

export const WriteShareGroupStateRequest = message(
  'WriteShareGroupStateRequest',
  { key: 85, versions: [0, 1], flexible: 0 },
  {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        stateEpoch: int32,
        leaderEpoch: int32,
        startOffset: int53,
        deliveryCompleteCount: int32.since(1).default(-1).ignorable(),
        stateBatches: array({
          firstOffset: int53,
          lastOffset: int53,
          deliveryState: int8,
          deliveryCount: int16,
        }),
      }),
    }),
  },
)
export type WriteShareGroupStateRequest = typeof WriteShareGroupStateRequest.T

export const WriteShareGroupStateResponse = message(
  'WriteShareGroupStateResponse',
  { key: 85, versions: [0, 1], flexible: 0 },
  {
    results: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    }),
  },
)
export type WriteShareGroupStateResponse = typeof WriteShareGroupStateResponse.T
