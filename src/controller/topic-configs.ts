import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { FEATURE } from '../metadata/features.ts'
import { type MetadataImage, RESOURCE } from '../metadata/image.ts'
import { record } from '../metadata/record.ts'
import type { DecisionConfig } from './ports.ts'

export const MIN_ISR = 'min.insync.replicas'
const UNCLEAN_ELECTION = 'unclean.leader.election.enable'

export const isElrEnabled = (image: MetadataImage): boolean => (image.features.levels.get(FEATURE.ELR_VERSION) ?? 0) > 0

/** Set for the topic, else for all brokers; undefined where the controller's own file decides (fact B53). */
const setInCluster = ({ configs }: MetadataImage, topic: string, key: string): string | undefined =>
  configs.of(RESOURCE.TOPIC, topic).get(key) ?? configs.of(RESOURCE.BROKER, '').get(key)

/** min.insync.replicas of a topic, at most the replication factor of its first partition (fact N-C9). */
export function effectiveMinIsr(image: MetadataImage, topic: string, config: DecisionConfig): number {
  const set = setInCluster(image, topic, MIN_ISR)
  const factor = image.topics.byName.get(topic)?.partitions.get(0)?.replicas.length ?? Number.POSITIVE_INFINITY
  return Math.min(set === undefined ? config[MIN_ISR] : Number(set), factor)
}

export function isUncleanElectionEnabled(image: MetadataImage, topic: string, config: DecisionConfig): boolean {
  const set = setInCluster(image, topic, UNCLEAN_ELECTION)
  return set === undefined ? config[UNCLEAN_ELECTION] : set === 'true'
}

/**
 * The records that change overrides of a resource. A change of min.insync.replicas makes what is known of eligible
 * leaders void: they were eligible by the old number (fact N-C4).
 */
export function configRecords(
  image: MetadataImage,
  resourceType: number,
  resourceName: string,
  changes: ReadonlyMap<string, string | null>,
): MetadataRecord[] {
  const records = [...changes].map(([name, value]) =>
    record('ConfigRecord', 0, { resourceType, resourceName, name, value }),
  )
  const clears = resourceType === RESOURCE.TOPIC || (resourceType === RESOURCE.BROKER && resourceName === '')
  if (clears && changes.has(MIN_ISR) && isElrEnabled(image)) {
    const topicName = resourceType === RESOURCE.TOPIC ? resourceName : ''
    records.push(record('ClearElrRecord', 0, { topicName }))
  }
  return records
}
