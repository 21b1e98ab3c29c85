/**
 * DescribeDelegationToken: v0-3
 *
 * Behavior
 * - Refused by the channel: every listener here is PLAINTEXT, on which Apache Kafka answers
 *   DELEGATION_TOKEN_REQUEST_NOT_ALLOWED before it looks whether tokens are on (KIP-48).
 *
 * Version notes
 * - v2 flexible; v3 who asked for the token (KIP-373). Apache Kafka 4 begins at v1.
 */
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../protocol/api/41-describe-delegation-token.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'

export const describeDelegationToken = () =>
  handlerFor(DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, {
    key: 41,
    versions: [0, 3],
    needs: 'nothing',
    handle: () => refused(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED),
    refuse: (_request, errorCode) => refused(errorCode),
  })

const refused = (errorCode: ErrorCode) => ({
  errorCode,
  tokens: [],
  throttleTimeMs: 0,
})
