import { message } from '../schema/message.ts'
import { int16, int53 } from '../schema/types.ts'

/** First record of a snapshot (KIP-630). */

export const SnapshotHeaderRecord = message(
  'SnapshotHeaderRecord',
  { versions: [0, 0], flexible: 0 },
  {
    version: int16,
    lastContainedLogTimestamp: int53,
  },
)
export type SnapshotHeaderRecord = typeof SnapshotHeaderRecord.T
