/**
 * AlterConfigs: v0-2
 *
 * Behavior
 * - Replaces everything that is set for a topic, a broker or ('') all brokers: keys that are not named lose their value
 *   (facts B55, H36). Each resource succeeds or fails alone.
 * - ALTER_CONFIGS on each topic or group, on the cluster for what is neither.
 * - The broker that is asked refuses what it can tell (alter-configs.ts); the rest is decided by the controller.
 *
 * Version notes
 * - v2 flexible. Succeeded by IncrementalAlterConfigs (KIP-339).
 */
import { AlterConfigsRequest, AlterConfigsResponse } from '../../protocol/api/33-alter-configs.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { checkedByBroker, refusedConfigs, whereAllowed } from './alter-configs.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const alterConfigs = (services: Services) =>
  handlerFor(AlterConfigsRequest, AlterConfigsResponse, {
    key: 33,
    versions: [0, 2],
    needs: 'resources',
    listeners: ['broker', 'controller'],
    forwarded: true,
    brokerPart: (request) => checkedByBroker(services, request),
    handle: (request, context) =>
      whereAllowed(services, context, request, (allowed) => services.controller.alterConfigs(allowed)),
    refuse: ({ resources }, errorCode) => refusedConfigs(resources, errorCode, errorMessage(errorCode)),
  })
