import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string, uuid } from '../schema/types.ts'

/** AlterShareGroupOffsets: moves the start offsets of an empty share group (KIP-932). */

export const AlterShareGroupOffsetsRequest = message(
  'AlterShareGroupOffsetsRequest',
  { key: 91, versions: [0, 0], flexible: 0 },
  {
    groupId: string,
    topics: array({
      topicName: string,
      partitions: array({ partitionIndex: int32, startOffset: int53 }),
    }),
  },
)
export type AlterShareGroupOffsetsRequest = typeof AlterShareGroupOffsetsRequest.T

export const AlterShareGroupOffsetsResponse = message(
  'AlterShareGroupOffsetsResponse',
  { key: 91, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    responses: array({
      topicName: string,
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    }),
  },
)
export type AlterShareGroupOffsetsResponse = typeof AlterShareGroupOffsetsResponse.T
