import { message } from '../schema/message.ts'
import { int16 } from '../schema/types.ts'

/** Last record of a snapshot (KIP-630). */

export const SnapshotFooterRecord = message(
  'SnapshotFooterRecord',
  { versions: [0, 0], flexible: 0 },
  {
    version: int16,
  },
)
export type SnapshotFooterRecord = typeof SnapshotFooterRecord.T
