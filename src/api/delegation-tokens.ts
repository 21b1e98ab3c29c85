import { ErrorCode } from '../../protocol/errors.ts'
import { ANONYMOUS, isSamePrincipal } from '../security/principal.ts'
import type { RequestContext } from './handler.ts'

/**
 * Why there is no token for who asks (KIP-48). Nobody gets one who has not proved his name, or proved it by a token;
 * that comes before the question whether tokens are on, which they are not.
 */
export function refusalOfTokens({ connection: { principal } }: RequestContext): ErrorCode {
  const mayAsk = !isSamePrincipal(principal, ANONYMOUS) && !principal.tokenAuthenticated
  return mayAsk ? ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED : ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
}
