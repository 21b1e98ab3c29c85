import { message } from '../schema/message.ts'
import { array, bytes, int8, int16, int32, string } from '../schema/types.ts'

/** AlterUserScramCredentials: sets or removes SCRAM credentials (KIP-554). */

export const AlterUserScramCredentialsRequest = message(
  'AlterUserScramCredentialsRequest',
  { key: 51, versions: [0, 0], flexible: 0 },
  {
    deletions: array({ name: string, mechanism: int8 }),
    upsertions: array({
      name: string,
      mechanism: int8,
      iterations: int32,
      salt: bytes,
      saltedPassword: bytes,
    }),
  },
)
export type AlterUserScramCredentialsRequest = typeof AlterUserScramCredentialsRequest.T

export const AlterUserScramCredentialsResponse = message(
  'AlterUserScramCredentialsResponse',
  { key: 51, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    results: array({ user: string, errorCode: int16, errorMessage: string.nullable() }),
  },
)
export type AlterUserScramCredentialsResponse = typeof AlterUserScramCredentialsResponse.T
