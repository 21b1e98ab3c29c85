import {
  type CoordinatorRecordInputOf,
  type CoordinatorRecordOf,
  CoordinatorRecords,
  type KeyAndValue,
} from '../coordinator-record.ts'
import { ShareSnapshotKey, ShareSnapshotValue } from './share-snapshot.ts'
import { ShareUpdateKey, ShareUpdateValue } from './share-update.ts'

/** Records of `__share_group_state` (KIP-932). */

const TYPES = {
  ShareSnapshot: { key: ShareSnapshotKey, value: ShareSnapshotValue },
  ShareUpdate: { key: ShareUpdateKey, value: ShareUpdateValue },
} as const

const RECORDS = new CoordinatorRecords(TYPES)

export type ShareRecord = CoordinatorRecordOf<typeof TYPES>
export type ShareRecordInput = CoordinatorRecordInputOf<typeof TYPES>

export const encodeShareRecord = (record: ShareRecordInput): KeyAndValue => RECORDS.encode(record)

/** undefined for a type of record that is not known. Throws DecodeError. */
export const decodeShareRecord = (key: Buffer, value: Buffer | null): ShareRecord | undefined =>
  RECORDS.decode(key, value)
