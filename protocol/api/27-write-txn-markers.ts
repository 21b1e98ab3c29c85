import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, int64, string } from '../schema/types.ts'

/**
 * WriteTxnMarkers: commit or abort markers, from the transaction coordinator to the partitions' leaders (KIP-98).
 * v1 flexible; v2 the transaction version of the marker (KIP-1228).
 */

export const WriteTxnMarkersRequest = message(
  'WriteTxnMarkersRequest',
  { key: 27, versions: [0, 2], flexible: 1 },
  {
    markers: array({
      producerId: int64,
      producerEpoch: int16,
      transactionResult: boolean,
      topics: array({ name: string, partitionIndexes: array(int32) }),
      coordinatorEpoch: int32,
      transactionVersion: int8.since(2).default(0).ignorable(),
    }),
  },
)
export type WriteTxnMarkersRequest = typeof WriteTxnMarkersRequest.T

export const WriteTxnMarkersResponse = message(
  'WriteTxnMarkersResponse',
  { key: 27, versions: [0, 2], flexible: 1 },
  {
    markers: array({
      producerId: int64,
      topics: array({
        name: string,
        partitions: array({ partitionIndex: int32, errorCode: int16 }),
      }),
    }),
  },
)
export type WriteTxnMarkersResponse = typeof WriteTxnMarkersResponse.T
