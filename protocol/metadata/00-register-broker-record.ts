import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int64, string, uint16, uuid } from '../schema/types.ts'

/**
 * A broker incarnation has registered; its broker epoch is the offset of this record (KIP-631).
 * v1 says whether the broker is shutting down (KIP-841); v2 whether it migrates from ZooKeeper (KIP-866); v3 log
 * directories (KIP-858); v4 cordoned directories (KIP-1066).
 */

export const RegisterBrokerRecord = message(
  'RegisterBrokerRecord',
  { key: 0, versions: [0, 4], flexible: 0 },
  {
    brokerId: int32,
    isMigratingZkBroker: boolean.since(2).default(false),
    incarnationId: uuid,
    brokerEpoch: int64,
    endPoints: array({ name: string, host: string, port: uint16, securityProtocol: int16 }),
    features: array({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 }),
    rack: string.nullable(),
    fenced: boolean.default(true),
    inControlledShutdown: boolean.since(1).default(false),
    logDirs: array(uuid).tag(0, 3),
    cordonedLogDirs: array(uuid).nullable().default(null).tag(1, 4),
  },
)
export type RegisterBrokerRecord = typeof RegisterBrokerRecord.T
