import { message } from '../schema/message.ts'
import { array, int16, int32, int53, int64, string } from '../schema/types.ts'

/**
 * ListTransactions: transactional ids that a broker coordinates (KIP-664).
 * v1 those open longer than a duration (KIP-994); v2 those whose id matches a pattern (KIP-1152).
 */

export const ListTransactionsRequest = message(
  'ListTransactionsRequest',
  { key: 66, versions: [0, 2], flexible: 0 },
  {
    stateFilters: array(string),
    producerIdFilters: array(int64),
    durationFilter: int53.since(1).default(-1),
    transactionalIdPattern: string.since(2).nullable().default(null),
  },
)
export type ListTransactionsRequest = typeof ListTransactionsRequest.T

export const ListTransactionsResponse = message(
  'ListTransactionsResponse',
  { key: 66, versions: [0, 2], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array({ transactionalId: string, producerId: int64, transactionState: string }),
  },
)
export type ListTransactionsResponse = typeof ListTransactionsResponse.T
