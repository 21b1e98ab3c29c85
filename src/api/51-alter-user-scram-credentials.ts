/**
 * AlterUserScramCredentials: v0
 *
 * Behavior
 * - Sets and removes SCRAM credentials of users (KIP-554, fact B86). Clients send a salted password; what is kept are
 *   the two keys that are made of it. Decided by the controller, each user by itself.
 * - Listeners of SASL_PLAINTEXT take clients by them (src/security/scram-server.ts).
 */
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../protocol/api/51-alter-user-scram-credentials.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const alterUserScramCredentials = (services: Services) =>
  handlerFor(AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, {
    key: 51,
    versions: [0, 0],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) => services.controller.settings.alterUserScramCredentials(request),
    refuse({ deletions, upsertions }, errorCode) {
      const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
      const results = [...users].map((user) => ({ user, errorCode, errorMessage: errorMessage(errorCode) }))
      return { throttleTimeMs: 0, results }
    },
  })
