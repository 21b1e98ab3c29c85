import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/types.ts'

/** A broker is fenced. Old metadata versions wrote it; it is still replayed. */

export const FenceBrokerRecord = message(
  'FenceBrokerRecord',
  { key: 7, versions: [0, 0], flexible: 0 },
  {
    id: int32,
    epoch: int64,
  },
)
export type FenceBrokerRecord = typeof FenceBrokerRecord.T
