import { message } from '../schema/message.ts'
import { array, bytes, int16, int32, int53, string } from '../schema/types.ts'

/**
 * CreateDelegationToken: a token that authenticates in the name of its owner (KIP-48).
 * v2 flexible; v3 tokens for other principals (KIP-373).
 */

export const CreateDelegationTokenRequest = message(
  'CreateDelegationTokenRequest',
  { key: 38, versions: [0, 3], flexible: 2 },
  {
    ownerPrincipalType: string.since(3).nullable(),
    ownerPrincipalName: string.since(3).nullable(),
    renewers: array({ principalType: string, principalName: string }),
    maxLifetimeMs: int53,
  },
)
export type CreateDelegationTokenRequest = typeof CreateDelegationTokenRequest.T

export const CreateDelegationTokenResponse = message(
  'CreateDelegationTokenResponse',
  { key: 38, versions: [0, 3], flexible: 2 },
  {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.since(3),
    tokenRequesterPrincipalName: string.since(3),
    issueTimestampMs: int53,
    expiryTimestampMs: int53,
    maxTimestampMs: int53,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: int32,
  },
)
export type CreateDelegationTokenResponse = typeof CreateDelegationTokenResponse.T
