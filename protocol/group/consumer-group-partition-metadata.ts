import { message } from '../schema/message.ts'
import { array, int32, string, uuid } from '../schema/types.ts'

/** Partitions of a consumer group's topics; only read from old releases (KIP-848, gone with KIP-1101). */

export const ConsumerGroupPartitionMetadataKey = message(
  'ConsumerGroupPartitionMetadataKey',
  { key: 4, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type ConsumerGroupPartitionMetadataKey = typeof ConsumerGroupPartitionMetadataKey.T

export const ConsumerGroupPartitionMetadataValue = message(
  'ConsumerGroupPartitionMetadataValue',
  { key: 4, versions: [0, 0], flexible: 0 },
  {
    topics: array({
      topicId: uuid,
      topicName: string,
      numPartitions: int32,
      partitionMetadata: array({ partition: int32, racks: array(string) }),
    }),
  },
)
export type ConsumerGroupPartitionMetadataValue = typeof ConsumerGroupPartitionMetadataValue.T
