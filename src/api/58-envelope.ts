/**
 * Envelope: v0
 *
 * Behavior
 * - A request that a broker received and the controller decides, with the name and address of its client (KIP-590). It
 *   is answered as if the client had asked here; the answer travels back, header included, in this one.
 * - NOT_CONTROLLER where this node's controller is not active; PRINCIPAL_DESERIALIZATION_FAILURE for a principal that
 *   is none; INVALID_REQUEST for an API that is not forwarded, or an address that is none; UNSUPPORTED_VERSION for a
 *   request that cannot be read (facts B89 to B92).
 */
import { EnvelopeRequest, EnvelopeResponse } from '../../protocol/api/58-envelope.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { addressText } from '../base/ip-address.ts'
import { decodePrincipal } from '../security/principal.ts'
import { type ClientConnection, handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const envelope = (
  services: Services,
  answer: (frame: Buffer, connection: ClientConnection) => Promise<Buffer>,
) =>
  handlerFor(EnvelopeRequest, EnvelopeResponse, {
    key: 58,
    versions: [0, 0],
    needs: 'CLUSTER_ACTION',
    listeners: ['controller'],

    async handle({ requestData, requestPrincipal, clientHostAddress }, { connection }) {
      if (!services.isActiveController()) return { responseData: null, errorCode: ErrorCode.NOT_CONTROLLER }
      const principal = decodePrincipal(requestPrincipal)
      if (clientHostAddress.length !== 4 && clientHostAddress.length !== 16)
        return { responseData: null, errorCode: ErrorCode.INVALID_REQUEST }
      const remote = { host: addressText(clientHostAddress), port: connection.remote.port }
      return {
        responseData: await answer(requestData, { ...connection, remote, principal }),
        errorCode: ErrorCode.NONE,
      }
    },

    refuse: (_request, errorCode) => ({ responseData: null, errorCode }),
  })
