/**
 * ExpireDelegationToken: v0-2
 *
 * Behavior
 * - Refused by the channel: every listener here is PLAINTEXT, on which Apache Kafka answers
 *   DELEGATION_TOKEN_REQUEST_NOT_ALLOWED before it looks whether tokens are on (KIP-48).
 *
 * Version notes
 * - v2 flexible. Apache Kafka 4 begins at v1.
 */
import {
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
} from '../../protocol/api/40-expire-delegation-token.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'

export const expireDelegationToken = () =>
  handlerFor(ExpireDelegationTokenRequest, ExpireDelegationTokenResponse, {
    key: 40,
    versions: [0, 2],
    needs: 'nothing',
    handle: () => refused(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED),
    refuse: (_request, errorCode) => refused(errorCode),
  })

const refused = (errorCode: ErrorCode) => ({
  errorCode,
  expiryTimestampMs: -1,
  throttleTimeMs: 0,
})
