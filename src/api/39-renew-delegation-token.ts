/**
 * RenewDelegationToken: v0-2
 *
 * Behavior
 * - DELEGATION_TOKEN_REQUEST_NOT_ALLOWED where nobody is asked who he is, else DELEGATION_TOKEN_AUTH_DISABLED: there are
 *   no tokens here (KIP-48).
 *
 * Version notes
 * - v2 flexible. Apache Kafka 4 begins at v1.
 */
import {
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from '../../protocol/api/39-renew-delegation-token.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { refusalOfTokens } from './delegation-tokens.ts'
import { handlerFor } from './handler.ts'

export const renewDelegationToken = () =>
  handlerFor(RenewDelegationTokenRequest, RenewDelegationTokenResponse, {
    key: 39,
    versions: [0, 2],
    needs: 'nothing',
    handle: (_request, context) => refused(refusalOfTokens(context)),
    refuse: (_request, errorCode) => refused(errorCode),
  })

const refused = (errorCode: ErrorCode) => ({
  errorCode,
  expiryTimestampMs: -1,
  throttleTimeMs: 0,
})
