import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { entityOfQuotaKey, quotaEntityParts } from './client-quotas.ts'
import { MetadataDelta } from './delta.ts'
import { EMPTY_IMAGE, type MetadataImage, resourceOf, type TopicsImage } from './image.ts'
import { imageRecords } from './image-records.ts'
import { record } from './record.ts'

/**
 * The content of a snapshot as changes of an image that is older: what the snapshot does not have is removed, what both
 * have alike is left alone (fact C17). Empty and whole for an image that holds nothing.
 */
export function* snapshotChanges(
  image: MetadataImage,
  content: readonly MetadataRecord[],
): Generator<MetadataRecord, void, undefined> {
  const target = imageOf(content)
  yield* removals(image, target)
  for (const change of imageRecords(target)) if (!isKnown(image.topics, target.topics, change)) yield change
}

function imageOf(content: readonly MetadataRecord[]): MetadataImage {
  const delta = new MetadataDelta(EMPTY_IMAGE)
  for (const each of content) delta.replay(each)
  return delta.apply()
}

/** Registrations of controllers never go. */
function* removals(image: MetadataImage, target: MetadataImage): Generator<MetadataRecord> {
  for (const name of missing(image.features.levels, target.features.levels))
    yield record('FeatureLevelRecord', 0, { name, featureLevel: 0 })
  for (const topicId of missing(image.topics.byId, target.topics.byId))
    yield record('RemoveTopicRecord', 0, { topicId })
  for (const brokerId of missing(image.cluster.brokers, target.cluster.brokers)) {
    const brokerEpoch = BigInt(image.cluster.brokers.get(brokerId)!.epoch)
    yield record('UnregisterBrokerRecord', 0, { brokerId, brokerEpoch })
  }
  yield* removedConfigs(image, target)
  yield* removedSecurity(image, target)
}

function* removedConfigs(image: MetadataImage, target: MetadataImage): Generator<MetadataRecord> {
  for (const [resource, values] of image.configs.resources) {
    const { type: resourceType, name: resourceName } = resourceOf(resource)
    for (const name of missing(values, target.configs.resources.get(resource)))
      yield record('ConfigRecord', 0, { resourceType, resourceName, name, value: null })
  }
}

function* removedSecurity({ security }: MetadataImage, target: MetadataImage): Generator<MetadataRecord> {
  for (const [name, values] of security.quotas) {
    const entity = quotaEntityParts(entityOfQuotaKey(name))
    for (const key of missing(values, target.security.quotas.get(name)))
      yield record('ClientQuotaRecord', 0, { entity, key, value: 0, remove: true })
  }
  for (const id of missing(security.acls, target.security.acls))
    yield record('RemoveAccessControlEntryRecord', 0, { id })
  for (const key of missing(security.scram, target.security.scram)) {
    const { name, mechanism } = security.scram.get(key) as { name: string; mechanism: number }
    yield record('RemoveUserScramCredentialRecord', 0, { name, mechanism })
  }
  for (const tokenId of missing(security.tokens, target.security.tokens))
    yield record('RemoveDelegationTokenRecord', 0, { tokenId })
}

const missing = <Key>(from: ReadonlyMap<Key, unknown>, target: ReadonlyMap<Key, unknown> | undefined): Key[] =>
  [...from.keys()].filter((key) => !target?.has(key))

/** A topic is made once; a partition that is as it was has not changed. */
function isKnown(before: TopicsImage, after: TopicsImage, { type, value }: MetadataRecord): boolean {
  if (type === 'TopicRecord') return before.byId.has(value.topicId)
  if (type !== 'PartitionRecord') return false
  const old = before.byId.get(value.topicId)?.partitions.get(value.partitionId)
  const now = after.byId.get(value.topicId)?.partitions.get(value.partitionId)
  return old !== undefined && JSON.stringify(old) === JSON.stringify(now)
}
