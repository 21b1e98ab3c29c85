import { message } from '../schema/message.ts'
import { array, int16, int32, int53, int64, string } from '../schema/types.ts'

/** DescribeTransactions: state of transactional ids (KIP-664). */

export const DescribeTransactionsRequest = message(
  'DescribeTransactionsRequest',
  { key: 65, versions: [0, 0], flexible: 0 },
  {
    transactionalIds: array(string),
  },
)
export type DescribeTransactionsRequest = typeof DescribeTransactionsRequest.T

export const DescribeTransactionsResponse = message(
  'DescribeTransactionsResponse',
  { key: 65, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    transactionStates: array({
      errorCode: int16,
      transactionalId: string,
      transactionState: string,
      transactionTimeoutMs: int32,
      transactionStartTimeMs: int53,
      producerId: int64,
      producerEpoch: int16,
      topics: array({ topic: string, partitions: array(int32) }),
    }),
  },
)
export type DescribeTransactionsResponse = typeof DescribeTransactionsResponse.T
