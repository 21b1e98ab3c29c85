import { message } from '../schema/message.ts'
import { array, int16, int32, string, uuid } from '../schema/types.ts'

/** DeleteShareGroupOffsets: removes topics from an empty share group (KIP-932). */

export const DeleteShareGroupOffsetsRequest = message(
  'DeleteShareGroupOffsetsRequest',
  { key: 92, versions: [0, 0], flexible: 0 },
  {
    groupId: string,
    topics: array({ topicName: string }),
  },
)
export type DeleteShareGroupOffsetsRequest = typeof DeleteShareGroupOffsetsRequest.T

export const DeleteShareGroupOffsetsResponse = message(
  'DeleteShareGroupOffsetsResponse',
  { key: 92, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    responses: array({
      topicName: string,
      topicId: uuid,
      errorCode: int16,
      errorMessage: string.nullable().default(null),
    }),
  },
)
export type DeleteShareGroupOffsetsResponse = typeof DeleteShareGroupOffsetsResponse.T
