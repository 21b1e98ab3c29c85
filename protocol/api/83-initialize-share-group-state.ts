import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string, uuid } from '../schema/types.ts'

/** InitializeShareGroupState: first state of share partitions, to the share coordinator (KIP-932). */

export const InitializeShareGroupStateRequest = message(
  'InitializeShareGroupStateRequest',
  { key: 83, versions: [0, 0], flexible: 0 },
  {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({ partition: int32, stateEpoch: int32, startOffset: int53 }),
    }),
  },
)
export type InitializeShareGroupStateRequest = typeof InitializeShareGroupStateRequest.T

export const InitializeShareGroupStateResponse = message(
  'InitializeShareGroupStateResponse',
  { key: 83, versions: [0, 0], flexible: 0 },
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
export type InitializeShareGroupStateResponse = typeof InitializeShareGroupStateResponse.T
