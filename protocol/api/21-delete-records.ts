import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string } from '../schema/types.ts'

/**
 * DeleteRecords: raises the log start offsets of partitions (KIP-107); offset -1 means the high watermark.
 * v2 flexible.
 */

export const DeleteRecordsRequest = message(
  'DeleteRecordsRequest',
  { key: 21, versions: [0, 2], flexible: 2 },
  {
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32, offset: int53 }),
    }),
    timeoutMs: int32,
  },
)
export type DeleteRecordsRequest = typeof DeleteRecordsRequest.T

export const DeleteRecordsResponse = message(
  'DeleteRecordsResponse',
  { key: 21, versions: [0, 2], flexible: 2 },
  {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32, lowWatermark: int53, errorCode: int16 }),
    }),
  },
)
export type DeleteRecordsResponse = typeof DeleteRecordsResponse.T
