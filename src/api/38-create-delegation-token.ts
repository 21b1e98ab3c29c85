/**
 * CreateDelegationToken: v0-3
 *
 * Behavior
 * - DELEGATION_TOKEN_REQUEST_NOT_ALLOWED where nobody is asked who he is, else DELEGATION_TOKEN_AUTH_DISABLED: there are
 *   no tokens here (KIP-48).
 *
 * Version notes
 * - v2 flexible; v3 tokens for other principals (KIP-373). Apache Kafka 4 begins at v1.
 */
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
} from '../../protocol/api/38-create-delegation-token.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { refusalOfTokens } from './delegation-tokens.ts'
import { handlerFor } from './handler.ts'

export const createDelegationToken = () =>
  handlerFor(CreateDelegationTokenRequest, CreateDelegationTokenResponse, {
    key: 38,
    versions: [0, 3],
    needs: 'nothing',
    handle: (_request, context) => refused(refusalOfTokens(context)),
    refuse: (_request, errorCode) => refused(errorCode),
  })

const refused = (errorCode: ErrorCode) => ({
  errorCode,
  principalType: '',
  principalName: '',
  tokenRequesterPrincipalType: '',
  tokenRequesterPrincipalName: '',
  issueTimestampMs: -1,
  expiryTimestampMs: -1,
  maxTimestampMs: -1,
  tokenId: '',
  hmac: Buffer.alloc(0),
  throttleTimeMs: 0,
})
