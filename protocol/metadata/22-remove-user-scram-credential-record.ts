import { message } from '../schema/message.ts'
import { int8, string } from '../schema/types.ts'

/** A SCRAM credential is gone (KIP-900). */

export const RemoveUserScramCredentialRecord = message(
  'RemoveUserScramCredentialRecord',
  { key: 22, versions: [0, 0], flexible: 0 },
  {
    name: string,
    mechanism: int8,
  },
)
export type RemoveUserScramCredentialRecord = typeof RemoveUserScramCredentialRecord.T
