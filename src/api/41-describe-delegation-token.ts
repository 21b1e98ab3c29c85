/**
 * DescribeDelegationToken: v0-3
 *
 * Behavior
 * - DELEGATION_TOKEN_REQUEST_NOT_ALLOWED where nobody is asked who he is, else DELEGATION_TOKEN_AUTH_DISABLED: there are
 *   no tokens here (KIP-48).
 *
 * Version notes
 * - v2 flexible; v3 who asked for the token (KIP-373). Apache Kafka 4 begins at v1.
 */
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../protocol/api/41-describe-delegation-token.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { refusalOfTokens } from './delegation-tokens.ts'
import { handlerFor } from './handler.ts'

export const describeDelegationToken = () =>
  handlerFor(DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, {
    key: 41,
    versions: [0, 3],
    needs: 'nothing',
    handle: (_request, context) => refused(refusalOfTokens(context)),
    refuse: (_request, errorCode) => refused(errorCode),
  })

const refused = (errorCode: ErrorCode) => ({
  errorCode,
  tokens: [],
  throttleTimeMs: 0,
})
