import { message } from '../schema/message.ts'
import { string } from '../schema/types.ts'

/** Begins a group of records that take effect together (KIP-868). */

export const BeginTransactionRecord = message(
  'BeginTransactionRecord',
  { key: 23, versions: [0, 0], flexible: 0 },
  {
    name: string.nullable().default(null).tag(0),
  },
)
export type BeginTransactionRecord = typeof BeginTransactionRecord.T
