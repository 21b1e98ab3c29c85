import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/types.ts'

/** A broker is no longer fenced. Old metadata versions wrote it; it is still replayed. */

export const UnfenceBrokerRecord = message(
  'UnfenceBrokerRecord',
  { key: 8, versions: [0, 0], flexible: 0 },
  {
    id: int32,
    epoch: int64,
  },
)
export type UnfenceBrokerRecord = typeof UnfenceBrokerRecord.T
