/**
 * AllocateProducerIds: v0
 *
 * Behavior
 * - A block of producer ids for a broker to hand out; no id is ever given twice (KIP-730; fact B83).
 */
import { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from '../../protocol/api/67-allocate-producer-ids.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const allocateProducerIds = (services: Services) =>
  handlerFor(AllocateProducerIdsRequest, AllocateProducerIdsResponse, {
    key: 67,
    versions: [0, 0],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    handle: (request) => services.controller.allocateProducerIds(request),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, producerIdStart: -1n, producerIdLen: 0 }),
  })
