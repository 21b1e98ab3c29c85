import { message } from '../schema/message.ts'
import { bytes, int16, int32, int53 } from '../schema/types.ts'

/**
 * RenewDelegationToken: puts off the expiry of a delegation token (KIP-48).
 * v2 flexible.
 */

export const RenewDelegationTokenRequest = message(
  'RenewDelegationTokenRequest',
  { key: 39, versions: [0, 2], flexible: 2 },
  {
    hmac: bytes,
    renewPeriodMs: int53,
  },
)
export type RenewDelegationTokenRequest = typeof RenewDelegationTokenRequest.T

export const RenewDelegationTokenResponse = message(
  'RenewDelegationTokenResponse',
  { key: 39, versions: [0, 2], flexible: 2 },
  {
    errorCode: int16,
    expiryTimestampMs: int53,
    throttleTimeMs: int32,
  },
)
export type RenewDelegationTokenResponse = typeof RenewDelegationTokenResponse.T
