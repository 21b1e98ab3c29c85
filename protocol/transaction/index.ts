import {
  type CoordinatorRecordInputOf,
  type CoordinatorRecordOf,
  CoordinatorRecords,
  type KeyAndValue,
} from '../coordinator-record.ts'
import { TransactionLogKey, TransactionLogValue } from './transaction-log.ts'

/** Records of `__transaction_state` (KIP-98). */

const TYPES = { TransactionLog: { key: TransactionLogKey, value: TransactionLogValue } } as const

const RECORDS = new CoordinatorRecords(TYPES)

export type TransactionRecord = CoordinatorRecordOf<typeof TYPES>
export type TransactionRecordInput = CoordinatorRecordInputOf<typeof TYPES>

export const encodeTransactionRecord = (record: TransactionRecordInput): KeyAndValue => RECORDS.encode(record)

/** undefined for a type of record that is not known. Throws DecodeError. */
export const decodeTransactionRecord = (key: Buffer, value: Buffer | null): TransactionRecord | undefined =>
  RECORDS.decode(key, value)
