import {
  type CoordinatorRecordInputOf,
  type CoordinatorRecordOf,
  decodeCoordinatorRecord,
  encodeCoordinatorRecord,
  type KeyAndValue,
} from '../coordinator-record.ts'
import { TransactionLogKey, TransactionLogValue } from './transaction-log.ts'

/** Records of `__transaction_state` (KIP-98). */

const TYPES = { TransactionLog: { key: TransactionLogKey, value: TransactionLogValue } } as const

export type TransactionRecord = CoordinatorRecordOf<typeof TYPES>
export type TransactionRecordInput = CoordinatorRecordInputOf<typeof TYPES>

export const encodeTransactionRecord = (record: TransactionRecordInput): KeyAndValue =>
  encodeCoordinatorRecord(TYPES, record)

/** undefined for a type of record that is not known. Throws DecodeError. */
export const decodeTransactionRecord = (key: Buffer, value: Buffer | null): TransactionRecord | undefined =>
  decodeCoordinatorRecord(TYPES, key, value)
