import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int53, int64, string } from '../schema/types.ts'

/**
 * State of a transactional id in `__transaction_state` (KIP-98). v1 is flexible and may carry the producer ids before
 * and after, and the client's transaction version (KIP-890); the epoch that follows is of KIP-939.
 */

export const TransactionLogKey = message(
  'TransactionLogKey',
  { key: 0, versions: [0, 0], flexible: 'never' },
  {
    transactionalId: string,
  },
)
export type TransactionLogKey = typeof TransactionLogKey.T

export const TransactionLogValue = message(
  'TransactionLogValue',
  { key: 0, versions: [0, 1], flexible: 1 },
  {
    producerId: int64,
    previousProducerId: int64.default(-1n).tag(0, 1),
    nextProducerId: int64.default(-1n).tag(1, 1),
    producerEpoch: int16,
    nextProducerEpoch: int16.default(-1).tag(3, 1),
    transactionTimeoutMs: int32,
    transactionStatus: int8,
    transactionPartitions: array({ topic: string, partitionIds: array(int32) }).nullable(),
    transactionLastUpdateTimestampMs: int53,
    transactionStartTimestampMs: int53,
    clientTransactionVersion: int16.default(0).tag(2, 1),
  },
)
export type TransactionLogValue = typeof TransactionLogValue.T
