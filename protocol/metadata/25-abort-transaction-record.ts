import { message } from '../schema/message.ts'
import { string } from '../schema/types.ts'

/** The records since BeginTransaction are void (KIP-868). */

export const AbortTransactionRecord = message(
  'AbortTransactionRecord',
  { key: 25, versions: [0, 0], flexible: 0 },
  {
    reason: string.nullable().default(null).tag(0),
  },
)
export type AbortTransactionRecord = typeof AbortTransactionRecord.T
