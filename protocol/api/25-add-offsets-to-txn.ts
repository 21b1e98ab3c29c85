import { message } from '../schema/message.ts'
import { int16, int32, int64, string } from '../schema/types.ts'

/**
 * AddOffsetsToTxn: a group whose offsets a transaction is about to commit (KIP-98).
 * v2 PRODUCER_FENCED; v3 flexible; v4 TRANSACTION_ABORTABLE (KIP-890).
 */

export const AddOffsetsToTxnRequest = message(
  'AddOffsetsToTxnRequest',
  { key: 25, versions: [0, 4], flexible: 3 },
  {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    groupId: string,
  },
)
export type AddOffsetsToTxnRequest = typeof AddOffsetsToTxnRequest.T

export const AddOffsetsToTxnResponse = message(
  'AddOffsetsToTxnResponse',
  { key: 25, versions: [0, 4], flexible: 3 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
  },
)
export type AddOffsetsToTxnResponse = typeof AddOffsetsToTxnResponse.T
