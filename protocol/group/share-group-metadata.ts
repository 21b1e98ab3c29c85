import { message } from '../schema/message.ts'
import { int32, int64, string } from '../schema/types.ts'

/** Epoch of a share group, and a hash of its topics' metadata (KIP-932). */

export const ShareGroupMetadataKey = message(
  'ShareGroupMetadataKey',
  { key: 11, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type ShareGroupMetadataKey = typeof ShareGroupMetadataKey.T

export const ShareGroupMetadataValue = message(
  'ShareGroupMetadataValue',
  { key: 11, versions: [0, 0], flexible: 0 },
  {
    epoch: int32,
    metadataHash: int64,
  },
)
export type ShareGroupMetadataValue = typeof ShareGroupMetadataValue.T
