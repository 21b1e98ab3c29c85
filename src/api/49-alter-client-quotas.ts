/**
 * AlterClientQuotas: v0-1
 *
 * Behavior
 * - Sets and removes quotas of users, client ids and addresses; null names the default of a type (KIP-546, fact B85).
 *   Decided by the controller, each entity by itself.
 * - Quotas are kept and told, and not enforced yet.
 *
 * Version notes
 * - v1 flexible.
 */
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from '../../protocol/api/49-alter-client-quotas.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const alterClientQuotas = (services: Services) =>
  handlerFor(AlterClientQuotasRequest, AlterClientQuotasResponse, {
    key: 49,
    versions: [0, 1],
    needs: 'ALTER_CONFIGS',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) => services.controller.settings.alterClientQuotas(request),
    refuse: ({ entries }, errorCode) => ({
      throttleTimeMs: 0,
      entries: entries.map(({ entity }) => ({ errorCode, errorMessage: errorMessage(errorCode), entity })),
    }),
  })
