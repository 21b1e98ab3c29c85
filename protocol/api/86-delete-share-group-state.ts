import { message } from '../schema/message.ts'
import { array, int16, int32, string, uuid } from '../schema/types.ts'

/** DeleteShareGroupState: removes the state of share partitions from the share coordinator (KIP-932). */

export const DeleteShareGroupStateRequest = message(
  'DeleteShareGroupStateRequest',
  { key: 86, versions: [0, 0], flexible: 0 },
  {
    groupId: string,
    topics: array({
      topicId: uuid,
      partitions: array({ partition: int32 }),
    }),
  },
)
export type DeleteShareGroupStateRequest = typeof DeleteShareGroupStateRequest.T

export const DeleteShareGroupStateResponse = message(
  'DeleteShareGroupStateResponse',
  { key: 86, versions: [0, 0], flexible: 0 },
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
export type DeleteShareGroupStateResponse = typeof DeleteShareGroupStateResponse.T
