/**
 * UnregisterBroker: v0
 *
 * Behavior
 * - The controller forgets a broker that will not come back (KIP-631; fact B39).
 */
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/api/64-unregister-broker.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const unregisterBroker = (services: Services) =>
  handlerFor(UnregisterBrokerRequest, UnregisterBrokerResponse, {
    key: 64,
    versions: [0, 0],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) => services.controller.unregisterBroker(request),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode) }),
  })
