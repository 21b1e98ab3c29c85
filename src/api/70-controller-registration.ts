/**
 * ControllerRegistration: v0
 *
 * Behavior
 * - A controller makes itself known to the active one (KIP-919; fact B40).
 */
import {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '../../protocol/api/70-controller-registration.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const controllerRegistration = (services: Services) =>
  handlerFor(ControllerRegistrationRequest, ControllerRegistrationResponse, {
    key: 70,
    versions: [0, 0],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],
    handle: (request) => services.controller.registerController(request),
    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode) }),
  })
