import { ONE_UUID } from '../../protocol/wire/uuid.ts'

/** The metadata log in the form of a partition (fact A7). */
export const METADATA_TOPIC = '__cluster_metadata'
export const METADATA_TOPIC_ID = ONE_UUID
export const METADATA_PARTITION = 0

/** The partition that a request is about if it is about nothing but this one; else undefined. */
export function onlyPartition<P>(
  topics: readonly { readonly partitions: readonly P[] }[],
  isMetadata: (partition: P) => boolean,
): P | undefined {
  const partitions = topics.length === 1 ? topics[0]!.partitions : []
  return partitions.length === 1 && isMetadata(partitions[0]!) ? partitions[0] : undefined
}

/** As `onlyPartition`, where the topic is named. */
export const metadataPartition = <P extends { readonly partitionIndex: number }>(
  topics: readonly { readonly topicName: string; readonly partitions: readonly P[] }[],
): P | undefined =>
  topics[0]?.topicName === METADATA_TOPIC
    ? onlyPartition(topics, ({ partitionIndex }) => partitionIndex === METADATA_PARTITION)
    : undefined

export const inMetadataTopic = <P extends object>(partition: P) => [
  { topicName: METADATA_TOPIC, partitions: [{ partitionIndex: METADATA_PARTITION, ...partition }] },
]
