import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int53, string, uuid } from '../schema/types.ts'

/** ReadShareGroupState: full state of share partitions, from the share coordinator (KIP-932). */

export const ReadShareGroupStateRequest = message(
  'ReadShareGroupStateRequest',
  { key: 84, versions: [0, 0], flexible: 0 },
  {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({ partition: int32, leaderEpoch: int32 }),
    }),
  },
)
export type ReadShareGroupStateRequest = typeof ReadShareGroupStateRequest.T

export const ReadShareGroupStateResponse = message(
  'ReadShareGroupStateResponse',
  { key: 84, versions: [0, 0], flexible: 0 },
  {
    results: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        stateEpoch: int32,
        startOffset: int53,
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
export type ReadShareGroupStateResponse = typeof ReadShareGroupStateResponse.T
