import { message } from '../schema/message.ts'
import { bytes, int16, int32, int53 } from '../schema/types.ts'

/**
 * ExpireDelegationToken: changes the expiry of a delegation token, or ends it now with a negative period (KIP-48).
 * v2 flexible.
 */

export const ExpireDelegationTokenRequest = message(
  'ExpireDelegationTokenRequest',
  { key: 40, versions: [0, 2], flexible: 2 },
  {
    hmac: bytes,
    expiryTimePeriodMs: int53,
  },
)
export type ExpireDelegationTokenRequest = typeof ExpireDelegationTokenRequest.T

export const ExpireDelegationTokenResponse = message(
  'ExpireDelegationTokenResponse',
  { key: 40, versions: [0, 2], flexible: 2 },
  {
    errorCode: int16,
    expiryTimestampMs: int53,
    throttleTimeMs: int32,
  },
)
export type ExpireDelegationTokenResponse = typeof ExpireDelegationTokenResponse.T
