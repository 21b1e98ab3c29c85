import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string, uuid } from '../schema/types.ts'

/**
 * ReadShareGroupStateSummary: start offsets and epochs of share partitions, without the states of records (KIP-932).
 * v1 count of completed deliveries (KIP-1226).
 */

export const ReadShareGroupStateSummaryRequest = message(
  'ReadShareGroupStateSummaryRequest',
  { key: 87, versions: [0, 1], flexible: 0 },
  {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({ partition: int32, leaderEpoch: int32 }),
    }),
  },
)
export type ReadShareGroupStateSummaryRequest = typeof ReadShareGroupStateSummaryRequest.T

export const ReadShareGroupStateSummaryResponse = message(
  'ReadShareGroupStateSummaryResponse',
  { key: 87, versions: [0, 1], flexible: 0 },
  {
    results: array({
      topicId: uuid,
      partitions: array({
        partition: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        stateEpoch: int32,
        leaderEpoch: int32,
        startOffset: int53,
        deliveryCompleteCount: int32.since(1).default(-1).ignorable(),
      }),
    }),
  },
)
export type ReadShareGroupStateSummaryResponse = typeof ReadShareGroupStateSummaryResponse.T
