import { message } from '../schema/message.ts'
import { array, bytes, int16, int32, int53, string } from '../schema/types.ts'

/**
 * DescribeDelegationToken: the delegation tokens of owners, null for all that the caller may see (KIP-48).
 * v2 flexible; v3 who asked for the token (KIP-373).
 */

export const DescribeDelegationTokenRequest = message(
  'DescribeDelegationTokenRequest',
  { key: 41, versions: [0, 3], flexible: 2 },
  {
    owners: array({ principalType: string, principalName: string }).nullable(),
  },
)
export type DescribeDelegationTokenRequest = typeof DescribeDelegationTokenRequest.T

export const DescribeDelegationTokenResponse = message(
  'DescribeDelegationTokenResponse',
  { key: 41, versions: [0, 3], flexible: 2 },
  {
    errorCode: int16,
    tokens: array({
      principalType: string,
      principalName: string,
      tokenRequesterPrincipalType: string.since(3),
      tokenRequesterPrincipalName: string.since(3),
      issueTimestamp: int53,
      expiryTimestamp: int53,
      maxTimestamp: int53,
      tokenId: string,
      hmac: bytes,
      renewers: array({ principalType: string, principalName: string }),
    }),
    throttleTimeMs: int32,
  },
)
export type DescribeDelegationTokenResponse = typeof DescribeDelegationTokenResponse.T
