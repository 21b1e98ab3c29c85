import { message } from '../schema/message.ts'
import { array, int8, int16, int32, string } from '../schema/types.ts'

/** DescribeUserScramCredentials: the SCRAM mechanisms and iteration counts that users have (KIP-554). */

export const DescribeUserScramCredentialsRequest = message(
  'DescribeUserScramCredentialsRequest',
  { key: 50, versions: [0, 0], flexible: 0 },
  {
    users: array({ name: string }).nullable(),
  },
)
export type DescribeUserScramCredentialsRequest = typeof DescribeUserScramCredentialsRequest.T

export const DescribeUserScramCredentialsResponse = message(
  'DescribeUserScramCredentialsResponse',
  { key: 50, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: string.nullable(),
      credentialInfos: array({ mechanism: int8, iterations: int32 }),
    }),
  },
)
export type DescribeUserScramCredentialsResponse = typeof DescribeUserScramCredentialsResponse.T
