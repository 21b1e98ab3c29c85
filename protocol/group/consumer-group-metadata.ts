import { message } from '../schema/message.ts'
import { int32, int64, string } from '../schema/types.ts'

/**
 * Epoch of a consumer group (KIP-848), and since 4.1 a hash of the topics' metadata in place of
 * ConsumerGroupPartitionMetadata (KIP-1101).
 */

export const ConsumerGroupMetadataKey = message(
  'ConsumerGroupMetadataKey',
  { key: 3, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type ConsumerGroupMetadataKey = typeof ConsumerGroupMetadataKey.T

export const ConsumerGroupMetadataValue = message(
  'ConsumerGroupMetadataValue',
  { key: 3, versions: [0, 0], flexible: 0 },
  {
    epoch: int32,
    metadataHash: int64.default(0n).tag(0),
  },
)
export type ConsumerGroupMetadataValue = typeof ConsumerGroupMetadataValue.T
