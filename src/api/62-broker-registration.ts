/**
 * BrokerRegistration: v0-4
 *
 * Behavior
 * - A broker makes itself known to the controller (KIP-631; facts B26 to B32, N-B19, N-C17).
 *
 * Version notes
 * - v2 log directories (KIP-858), v3 previous broker epoch (KIP-966), v4 features whose minimum is 0.
 */
import { BrokerRegistrationRequest, BrokerRegistrationResponse } from '../../protocol/api/62-broker-registration.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const brokerRegistration = (services: Services) =>
  handlerFor(BrokerRegistrationRequest, BrokerRegistrationResponse, {
    key: 62,
    versions: [0, 4],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    handle: (request, { apiVersion }) => services.controller.registerBroker(request, apiVersion),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode }),
  })
