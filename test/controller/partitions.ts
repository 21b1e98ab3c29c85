import { DIRECTORY } from '../../src/metadata/directory-id.ts'
import type { MetadataImage, PartitionImage } from '../../src/metadata/image.ts'
import { partitionRecord } from '../../src/metadata/image-records.ts'
import { record } from '../../src/metadata/record.ts'
import { replayed } from './harness.ts'

export const TOPIC = { name: 'orders', topicId: 'TTTTTTTTTTTTTTTTTTTTTQ' }

export function partitionOf(change: Partial<PartitionImage> = {}): PartitionImage {
  const { replicas = [1, 2, 3] } = change
  return {
    index: 0,
    replicas,
    directories: replicas.map(() => DIRECTORY.UNASSIGNED),
    isr: replicas,
    elr: [],
    lastKnownElr: [],
    adding: [],
    removing: [],
    leader: replicas[0]!,
    leaderEpoch: 5,
    partitionEpoch: 9,
    leaderRecoveryState: 0,
    ...change,
  }
}

/** The cluster with one topic more, of these partitions. */
export function withTopic(image: MetadataImage, ...partitions: Partial<PartitionImage>[]): MetadataImage {
  return replayed(image, [
    record('TopicRecord', 0, TOPIC),
    ...partitions.map((change, index) => partitionRecord(TOPIC.topicId, partitionOf({ index, ...change }), 30)),
  ])
}

export const partitionIn = (image: MetadataImage, index = 0): PartitionImage =>
  image.topics.byId.get(TOPIC.topicId)!.partitions.get(index)!
