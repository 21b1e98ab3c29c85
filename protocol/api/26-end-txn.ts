import { message } from '../schema/message.ts'
import { boolean, int16, int32, int64, string } from '../schema/types.ts'

/**
 * EndTxn: commits or aborts a transaction (KIP-98).
 * v2 PRODUCER_FENCED; v3 flexible; v4 TRANSACTION_ABORTABLE; v5 the epoch goes up with every transaction, so that the
 * answer carries producer id and epoch (KIP-890).
 */

export const EndTxnRequest = message(
  'EndTxnRequest',
  { key: 26, versions: [0, 5], flexible: 3 },
  {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    committed: boolean,
  },
)
export type EndTxnRequest = typeof EndTxnRequest.T

export const EndTxnResponse = message(
  'EndTxnResponse',
  { key: 26, versions: [0, 5], flexible: 3 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: int64.since(5).default(-1n).ignorable(),
    producerEpoch: int16.since(5).default(-1).ignorable(),
  },
)
export type EndTxnResponse = typeof EndTxnResponse.T
