import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/types.ts'

/** A broker is gone for good (KIP-631). */

export const UnregisterBrokerRecord = message(
  'UnregisterBrokerRecord',
  { key: 1, versions: [0, 0], flexible: 0 },
  {
    brokerId: int32,
    brokerEpoch: int64,
  },
)
export type UnregisterBrokerRecord = typeof UnregisterBrokerRecord.T
