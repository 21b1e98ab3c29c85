import { message } from '../schema/message.ts'
import { array, int16, int32, int53, int64, string } from '../schema/types.ts'

/** DescribeProducers: the producers that a partition's leader has state of (KIP-664). */

export const DescribeProducersRequest = message(
  'DescribeProducersRequest',
  { key: 61, versions: [0, 0], flexible: 0 },
  {
    topics: array({ name: string, partitionIndexes: array(int32) }),
  },
)
export type DescribeProducersRequest = typeof DescribeProducersRequest.T

export const DescribeProducersResponse = message(
  'DescribeProducersResponse',
  { key: 61, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        activeProducers: array({
          producerId: int64,
          producerEpoch: int32,
          lastSequence: int32.default(-1),
          lastTimestamp: int53.default(-1),
          coordinatorEpoch: int32,
          currentTxnStartOffset: int53.default(-1),
        }),
      }),
    }),
  },
)
export type DescribeProducersResponse = typeof DescribeProducersResponse.T
