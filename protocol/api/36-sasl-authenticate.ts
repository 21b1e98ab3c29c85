import { message } from '../schema/message.ts'
import { bytes, int16, int53, string } from '../schema/types.ts'

/**
 * SaslAuthenticate: one token of a SASL exchange (KIP-152).
 * v1 lifetime of the session (KIP-368); v2 flexible.
 */

export const SaslAuthenticateRequest = message(
  'SaslAuthenticateRequest',
  { key: 36, versions: [0, 2], flexible: 2 },
  {
    authBytes: bytes,
  },
)
export type SaslAuthenticateRequest = typeof SaslAuthenticateRequest.T

export const SaslAuthenticateResponse = message(
  'SaslAuthenticateResponse',
  { key: 36, versions: [0, 2], flexible: 2 },
  {
    errorCode: int16,
    errorMessage: string.nullable(),
    authBytes: bytes,
    sessionLifetimeMs: int53.since(1).default(0).ignorable(),
  },
)
export type SaslAuthenticateResponse = typeof SaslAuthenticateResponse.T
