import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int53, int64, uuid } from '../schema/types.ts'

/**
 * BrokerHeartbeat: a broker is alive, how far it has read the metadata, and whether it wants to be fenced or to stop.
 * v1 directories gone offline (KIP-858); v2 directories cordoned (KIP-1066).
 */

export const BrokerHeartbeatRequest = message(
  'BrokerHeartbeatRequest',
  { key: 63, versions: [0, 2], flexible: 0 },
  {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
    currentMetadataOffset: int53,
    wantFence: boolean,
    wantShutDown: boolean,
    offlineLogDirs: array(uuid).tag(0, 1),
    cordonedLogDirs: array(uuid).nullable().default(null).tag(1, 2),
  },
)
export type BrokerHeartbeatRequest = typeof BrokerHeartbeatRequest.T

export const BrokerHeartbeatResponse = message(
  'BrokerHeartbeatResponse',
  { key: 63, versions: [0, 2], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    isCaughtUp: boolean.default(false),
    isFenced: boolean.default(true),
    shouldShutDown: boolean,
  },
)
export type BrokerHeartbeatResponse = typeof BrokerHeartbeatResponse.T
