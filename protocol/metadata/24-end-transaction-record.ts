import { message } from '../schema/message.ts'

/** The records since BeginTransaction take effect (KIP-868). */

export const EndTransactionRecord = message('EndTransactionRecord', { key: 24, versions: [0, 0], flexible: 0 }, {})
export type EndTransactionRecord = typeof EndTransactionRecord.T
