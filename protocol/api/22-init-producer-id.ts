import { message } from '../schema/message.ts'
import { int16, int32, int64, string } from '../schema/types.ts'

/**
 * InitProducerId: a producer id and epoch, for idempotence or for a transactional id (KIP-98).
 * v2 flexible; v3 the ids the producer has, to bump its epoch (KIP-360); v4 PRODUCER_FENCED (KIP-588); v5
 * TRANSACTION_ABORTABLE (KIP-890). Version 6, for two-phase commit (KIP-939), is not stable as of 4.3 and left out.
 */

export const InitProducerIdRequest = message(
  'InitProducerIdRequest',
  { key: 22, versions: [0, 5], flexible: 2 },
  {
    transactionalId: string.nullable(),
    transactionTimeoutMs: int32,
    producerId: int64.since(3).default(-1n),
    producerEpoch: int16.since(3).default(-1),
  },
)
export type InitProducerIdRequest = typeof InitProducerIdRequest.T

export const InitProducerIdResponse = message(
  'InitProducerIdResponse',
  { key: 22, versions: [0, 5], flexible: 2 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: int64.default(-1n),
    producerEpoch: int16,
  },
)
export type InitProducerIdResponse = typeof InitProducerIdResponse.T
