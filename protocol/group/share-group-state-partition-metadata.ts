import { message } from '../schema/message.ts'
import { array, int32, string, uuid } from '../schema/types.ts'

/** Which partitions of a share group have their state initialized, or will have, or are to lose it (KIP-932). */

const TopicPartitionsInfo = { topicId: uuid, topicName: string, partitions: array(int32) }

export const ShareGroupStatePartitionMetadataKey = message(
  'ShareGroupStatePartitionMetadataKey',
  { key: 15, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type ShareGroupStatePartitionMetadataKey = typeof ShareGroupStatePartitionMetadataKey.T

export const ShareGroupStatePartitionMetadataValue = message(
  'ShareGroupStatePartitionMetadataValue',
  { key: 15, versions: [0, 0], flexible: 0 },
  {
    initializingTopics: array(TopicPartitionsInfo),
    initializedTopics: array(TopicPartitionsInfo),
    deletingTopics: array({ topicId: uuid, topicName: string }),
  },
)
export type ShareGroupStatePartitionMetadataValue = typeof ShareGroupStatePartitionMetadataValue.T
