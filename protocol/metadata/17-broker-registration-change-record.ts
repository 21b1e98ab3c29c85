import { message } from '../schema/message.ts'
import { array, int8, int32, int64, uuid } from '../schema/types.ts'

/**
 * What changes in a broker's registration (KIP-841). Fenced: 1 fences, -1 unfences, 0 leaves as it is.
 * v1 in controlled shutdown; v2 log directories (KIP-858); v3 cordoned directories (KIP-1066).
 */

export const BrokerRegistrationChangeRecord = message(
  'BrokerRegistrationChangeRecord',
  { key: 17, versions: [0, 3], flexible: 0 },
  {
    brokerId: int32,
    brokerEpoch: int64,
    fenced: int8.tag(0),
    inControlledShutdown: int8.tag(1, 1),
    logDirs: array(uuid).tag(2, 2),
    cordonedLogDirs: array(uuid).nullable().default(null).tag(3, 3),
  },
)
export type BrokerRegistrationChangeRecord = typeof BrokerRegistrationChangeRecord.T
