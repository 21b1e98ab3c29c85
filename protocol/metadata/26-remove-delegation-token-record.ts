import { message } from '../schema/message.ts'
import { string } from '../schema/types.ts'

/** A delegation token is gone (KIP-900). */

export const RemoveDelegationTokenRecord = message(
  'RemoveDelegationTokenRecord',
  { key: 26, versions: [0, 0], flexible: 0 },
  {
    tokenId: string,
  },
)
export type RemoveDelegationTokenRecord = typeof RemoveDelegationTokenRecord.T
