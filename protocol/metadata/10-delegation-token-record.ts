import { message } from '../schema/message.ts'
import { array, int53, string } from '../schema/types.ts'

/** A delegation token, without its secret (KIP-900). */

export const DelegationTokenRecord = message(
  'DelegationTokenRecord',
  { key: 10, versions: [0, 0], flexible: 0 },
  {
    owner: string,
    requester: string,
    renewers: array(string),
    issueTimestamp: int53,
    maxTimestamp: int53,
    expirationTimestamp: int53,
    tokenId: string,
  },
)
export type DelegationTokenRecord = typeof DelegationTokenRecord.T
