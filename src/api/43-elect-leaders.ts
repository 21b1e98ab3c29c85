/**
 * ElectLeaders: v0-2
 *
 * Behavior
 * - The controller elects the preferred replica, or in need any live one, now (KIP-183, KIP-460; fact B64).
 *
 * Version notes
 * - v0 preferred replicas only.
 */
import { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/api/43-elect-leaders.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const electLeaders = (services: Services) =>
  handlerFor(ElectLeadersRequest, ElectLeadersResponse, {
    key: 43,
    versions: [0, 2],
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) => services.controller.electLeaders(request),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, replicaElectionResults: [] }),
  })
