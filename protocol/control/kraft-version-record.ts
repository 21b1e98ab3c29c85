import { message } from '../schema/message.ts'
import { int16 } from '../schema/types.ts'

/** Level of kraft.version: 0 voters from configuration, 1 voters from the log (KIP-853). */

export const KRaftVersionRecord = message(
  'KRaftVersionRecord',
  { versions: [0, 0], flexible: 0 },
  {
    version: int16,
    kRaftVersion: int16,
  },
)
export type KRaftVersionRecord = typeof KRaftVersionRecord.T
