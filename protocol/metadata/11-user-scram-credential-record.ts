import { message } from '../schema/message.ts'
import { bytes, int8, int32, string } from '../schema/types.ts'

/** A SCRAM credential of a user (KIP-900). */

export const UserScramCredentialRecord = message(
  'UserScramCredentialRecord',
  { key: 11, versions: [0, 0], flexible: 0 },
  {
    name: string,
    mechanism: int8,
    salt: bytes,
    storedKey: bytes,
    serverKey: bytes,
    iterations: int32,
  },
)
export type UserScramCredentialRecord = typeof UserScramCredentialRecord.T
