import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int64, string, uint16, uuid } from '../schema/types.ts'

/**
 * BrokerRegistration: a broker makes itself known to the controller (KIP-631).
 * v1 migration from ZooKeeper (KIP-866); v2 log directories (KIP-858); v3 previous broker epoch (KIP-966); v4 lets 0
 * be the least version of a feature.
 */

export const BrokerRegistrationRequest = message(
  'BrokerRegistrationRequest',
  { key: 62, versions: [0, 4], flexible: 0 },
  {
    brokerId: int32,
    clusterId: string,
    incarnationId: uuid,
    listeners: array({ name: string, host: string, port: uint16, securityProtocol: int16 }),
    features: array({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 }),
    rack: string.nullable(),
    isMigratingZkBroker: boolean.since(1).default(false),
    logDirs: array(uuid).since(2).ignorable(),
    previousBrokerEpoch: int64.since(3).default(-1n).ignorable(),
  },
)
export type BrokerRegistrationRequest = typeof BrokerRegistrationRequest.T

export const BrokerRegistrationResponse = message(
  'BrokerRegistrationResponse',
  { key: 62, versions: [0, 4], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    brokerEpoch: int64.default(-1n),
  },
)
export type BrokerRegistrationResponse = typeof BrokerRegistrationResponse.T
