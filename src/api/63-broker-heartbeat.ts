/**
 * BrokerHeartbeat: v0-2
 *
 * Behavior
 * - A sign of life of a broker, what it wants, and how far it has read (KIP-631; facts B32 to B38).
 *
 * Version notes
 * - v1 offline log directories (KIP-858), v2 cordoned ones (KIP-1066).
 */
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../../protocol/api/63-broker-heartbeat.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const brokerHeartbeat = (services: Services) =>
  handlerFor(BrokerHeartbeatRequest, BrokerHeartbeatResponse, {
    key: 63,
    versions: [0, 2],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    handle: (request) => services.controller.brokerHeartbeat(request),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, shouldShutDown: false }),
  })
