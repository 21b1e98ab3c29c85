import { message } from '../schema/message.ts'
import { array, int16, int32, string } from '../schema/types.ts'

/** OffsetDelete: removes offsets that a group has committed (KIP-496). */

export const OffsetDeleteRequest = message(
  'OffsetDeleteRequest',
  { key: 47, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32 }),
    }),
  },
)
export type OffsetDeleteRequest = typeof OffsetDeleteRequest.T

export const OffsetDeleteResponse = message(
  'OffsetDeleteResponse',
  { key: 47, versions: [0, 0], flexible: 'never' },
  {
    errorCode: int16,
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
)
export type OffsetDeleteResponse = typeof OffsetDeleteResponse.T
