/**
 * InitProducerId: v0-5
 *
 * Behavior
 * - WRITE on the transactional id; without one IDEMPOTENT_WRITE on the cluster, or WRITE on any topic (KIP-679).
 * - Without a transactional id: a fresh producer id with epoch 0, and nothing is stored (facts G12, G19). Where the
 *   controller gives none in time, COORDINATOR_LOAD_IN_PROGRESS: producers ask again.
 * - With one: this node has no transaction coordinator yet, so COORDINATOR_NOT_AVAILABLE; an empty one is INVALID_REQUEST.
 *
 * Version notes
 * - v3 lets a producer bump its own epoch (KIP-360): producer id and epoch must be given together.
 * - v6 (KIP-939) is unstable up to 4.3 and not served.
 */
import { InitProducerIdRequest, InitProducerIdResponse } from '../../protocol/api/22-init-producer-id.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { demand, mayOnAnyTopic, mayOnCluster } from './authorize.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const initProducerId = (services: Services) =>
  handlerFor(InitProducerIdRequest, InitProducerIdResponse, {
    key: 22,
    versions: [0, 5],
    needs: 'resources',

    async handle(request, context) {
      if (request.transactionalId !== null) {
        demand(services, context, 'WRITE', 'TRANSACTIONAL_ID', request.transactionalId)
        const { INVALID_REQUEST, COORDINATOR_NOT_AVAILABLE } = ErrorCode
        throw new ProtocolError(request.transactionalId === '' ? INVALID_REQUEST : COORDINATOR_NOT_AVAILABLE)
      }
      if (!mayOnCluster(services, context, 'IDEMPOTENT_WRITE') && !mayOnAnyTopic(services, context, 'WRITE'))
        throw new ProtocolError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
      if ((request.producerId === -1n) !== (request.producerEpoch === -1))
        throw new ProtocolError(ErrorCode.INVALID_REQUEST)
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        producerId: BigInt(await nextId(services)),
        producerEpoch: 0,
      }
    },

    refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, producerId: -1n, producerEpoch: -1 }),
  })

/** Whatever keeps the controller from giving ids, a producer that asks again may get one; it knows no other such error. */
async function nextId({ producerIds }: Services): Promise<number> {
  try {
    return await producerIds.next()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, error.message, { cause: error })
  }
}
