import type { ApiOf } from '../../protocol/api/index.ts'
import { SUPPORTED_FEATURES } from '../../src/metadata/features.ts'
import { CLUSTER_ID } from '../sim/sim-node.ts'
import { CLIENT_PORT, CONTROLLER_PORT, type ScenarioCluster } from './cluster.ts'

const REGISTRATION = 62
const HEARTBEAT = 63

/** What a broker sends that is started under this id. */
export function registration(brokerId: number, { features = SUPPORTED_FEATURES, clusterId = CLUSTER_ID } = {}) {
  return {
    brokerId,
    clusterId,
    incarnationId: Buffer.alloc(16, brokerId).toString('base64url'),
    listeners: [{ name: 'PLAINTEXT', host: `n${brokerId}`, port: CLIENT_PORT, securityProtocol: 0 }],
    features: [...features].map(([name, { min, max }]) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    })),
    rack: null,
    logDirs: [Buffer.alloc(16, 100 + brokerId).toString('base64url')],
  } satisfies ApiOf<62>['request']['Input']
}

/** Asks the active controller, past any broker. */
export const register = (c: ScenarioCluster, body: ApiOf<62>['request']['Input']) =>
  c.ask(c.active.id, REGISTRATION, body, { port: CONTROLLER_PORT })

/** Of a broker that has read the metadata log up to this offset and wants to be unfenced. */
export const heartbeat = (c: ScenarioCluster, brokerId: number, brokerEpoch: bigint, currentMetadataOffset: number) => {
  const body = { brokerId, brokerEpoch, currentMetadataOffset, wantFence: false, wantShutDown: false }
  return c.ask(c.active.id, HEARTBEAT, body, { port: CONTROLLER_PORT })
}
