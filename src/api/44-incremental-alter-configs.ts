/**
 * IncrementalAlterConfigs: v0-1
 *
 * Behavior
 * - Sets, deletes, appends to or subtracts from single keys of a topic, a broker or ('') all brokers (facts B54 to B57,
 *   H33 to H37). Each resource succeeds or fails alone. A numbered broker has to be asked itself.
 * - ALTER_CONFIGS on each topic or group, on the cluster for what is neither.
 * - The broker that is asked refuses what it can tell (alter-configs.ts); the rest is decided by the controller.
 * - Log levels of a running broker (resource type 8) are not to be had here: INVALID_REQUEST.
 *
 * Version notes
 * - v1 flexible.
 */
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/api/44-incremental-alter-configs.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { checkedByBroker, refusedConfigs, whereAllowed } from './alter-configs.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const incrementalAlterConfigs = (services: Services) =>
  handlerFor(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, {
    key: 44,
    versions: [0, 1],
    needs: 'resources',
    listeners: ['broker', 'controller'],
    forwarded: true,
    brokerPart: (request) => checkedByBroker(services, request),
    handle: (request, context) =>
      whereAllowed(services, context, request, (allowed) => services.controller.incrementalAlterConfigs(allowed)),
    refuse: ({ resources }, errorCode) => refusedConfigs(resources, errorCode, errorMessage(errorCode)),
  })
