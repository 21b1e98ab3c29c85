import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { directoryForNewReplica, isOnlineDirectory } from '../metadata/directory-id.ts'
import { isActive, type MetadataImage, NO_LEADER, type PartitionImage, type TopicImage } from '../metadata/image.ts'
import { type ChangeRequest, changePartition } from './partition-change.ts'
import type { DecisionConfig } from './ports.ts'
import { effectiveMinIsr, isElrEnabled, isUncleanElectionEnabled } from './topic-configs.ts'

/** What happens to a broker, seen from its partitions (facts B36, N-C17). */
export type BrokerEvent =
  /** It may lead no more: fenced, shutting down, or gone. It leaves the ISR. */
  | 'LEAVES'
  /** It is back after it stopped without writing everything down: nobody may count on its copies. */
  | 'LOST_DATA'
  /** It may lead again: partitions without a leader look at it. */
  | 'RETURNS'

/** Changes of all partitions that an event of one broker concerns. */
export const partitionChanges = (
  image: MetadataImage,
  brokerId: number,
  event: BrokerEvent,
  config: DecisionConfig,
): MetadataRecord[] =>
  changesWhere(image, brokerId, event, config, (partition) => isConcerned(partition, brokerId, event))

/** Changes of the partitions whose replica on the broker lies in a directory that failed (fact B38). */
export function directoryChanges(
  image: MetadataImage,
  brokerId: number,
  failed: readonly string[],
  config: DecisionConfig,
): MetadataRecord[] {
  return changesWhere(
    image,
    brokerId,
    'LEAVES',
    config,
    ({ isr, replicas, directories }) =>
      isr.includes(brokerId) && failed.includes(directories[replicas.indexOf(brokerId)]!),
  )
}

function changesWhere(
  image: MetadataImage,
  brokerId: number,
  event: BrokerEvent,
  config: DecisionConfig,
  isConcerned: (partition: PartitionImage) => boolean,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const topic of image.topics.byId.values()) {
    const concerned = [...topic.partitions.values()].filter(isConcerned)
    if (concerned.length === 0) continue
    const request = { ...changeOf(image, topic, config), uncleanlyStopped: event === 'LOST_DATA' ? [brokerId] : [] }
    for (const partition of concerned) {
      const change = changePartition({
        ...request,
        partition,
        isr: event === 'RETURNS' ? partition.isr : partition.isr.filter((id) => id !== brokerId),
        isAcceptable: (id) => isAcceptable(image, partition, id, id === brokerId ? event : undefined),
      })
      if (change) records.push(change)
    }
  }
  return records
}

/** What every change of a topic's partitions is decided by. */
export function changeOf(image: MetadataImage, topic: TopicImage, config: DecisionConfig) {
  return {
    topicId: topic.id,
    level: image.features.metadataVersion,
    elrEnabled: isElrEnabled(image),
    minIsr: effectiveMinIsr(image, topic.name, config),
    election: isUncleanElectionEnabled(image, topic.name, config) ? 'UNCLEAN' : 'ONLINE',
    directoryFor: (id) => directoryForNewReplica(image.cluster.brokers.get(id)),
  } satisfies Partial<ChangeRequest>
}

function isConcerned(partition: PartitionImage, brokerId: number, event: BrokerEvent): boolean {
  switch (event) {
    case 'LEAVES':
      return partition.isr.includes(brokerId)
    case 'LOST_DATA':
      return partition.isr.includes(brokerId) || partition.elr.includes(brokerId)
    case 'RETURNS':
      return partition.leader === NO_LEADER && partition.replicas.includes(brokerId)
  }
}

/** Live, and the directory that holds its replica online (fact B59). The image does not show the event yet. */
export function isAcceptable(
  image: MetadataImage,
  partition: PartitionImage,
  id: number,
  event?: BrokerEvent,
): boolean {
  const broker = image.cluster.brokers.get(id)
  if (broker === undefined || (event !== undefined && event !== 'RETURNS')) return false
  const directory = partition.directories[partition.replicas.indexOf(id)]
  if (directory !== undefined && !isOnlineDirectory(broker, directory)) return false
  return event === 'RETURNS' || isActive(image, id)
}

export const leadsAnything = ({ topics }: MetadataImage, brokerId: number): boolean =>
  [...topics.byId.values()].some(({ partitions }) => [...partitions.values()].some(({ leader }) => leader === brokerId))
