import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { entityOfQuotaKey, quotaEntityParts } from './client-quotas.ts'
import { FEATURE, METADATA_VERSION, recordVersions } from './features.ts'
import {
  type BrokerImage,
  type ControllerImage,
  type MetadataImage,
  type PartitionImage,
  resourceOf,
  type TopicImage,
  type VersionRange,
} from './image.ts'
import { type RecordValue, record } from './record.ts'

/** An image as the records that build it anew: the content of a snapshot, in its order (fact A72). */
export function* imageRecords(image: MetadataImage): Generator<MetadataRecord, void, undefined> {
  const level = image.features.metadataVersion
  yield* featureRecords(image)
  for (const broker of image.cluster.brokers.values()) yield brokerRecord(broker, level)
  if (level >= METADATA_VERSION.CONTROLLER_REGISTRATION) {
    for (const controller of image.cluster.controllers.values()) yield controllerRecord(controller)
  }
  for (const topic of image.topics.byId.values()) yield* topicRecords(topic, level)
  yield* configRecords(image)
  yield* quotaRecords(image)
  if (image.producerIds.next > 0) {
    const nextProducerId = BigInt(image.producerIds.next)
    yield record('ProducerIdsRecord', 0, { brokerId: -1, brokerEpoch: -1n, nextProducerId })
  }
  const { acls, scram, tokens } = image.security
  for (const entry of acls.values())
    yield record('AccessControlEntryRecord', 0, entry as RecordValue<'AccessControlEntryRecord'>)
  for (const entry of scram.values())
    yield record('UserScramCredentialRecord', 0, entry as RecordValue<'UserScramCredentialRecord'>)
  for (const token of tokens.values())
    yield record('DelegationTokenRecord', 0, token as RecordValue<'DelegationTokenRecord'>)
}

/** metadata.version goes first: it says which versions of the other records may follow. */
function* featureRecords({ features: { levels, metadataVersion } }: MetadataImage): Generator<MetadataRecord> {
  if (metadataVersion > 0) {
    yield record('FeatureLevelRecord', 0, { name: FEATURE.METADATA_VERSION, featureLevel: metadataVersion })
  }
  for (const [name, featureLevel] of levels) {
    if (name !== FEATURE.METADATA_VERSION) yield record('FeatureLevelRecord', 0, { name, featureLevel })
  }
}

export function brokerRecord(broker: BrokerImage, level: number): MetadataRecord {
  return record('RegisterBrokerRecord', recordVersions.registerBroker(level), {
    brokerId: broker.id,
    incarnationId: broker.incarnationId,
    brokerEpoch: BigInt(broker.epoch),
    endPoints: broker.endpoints,
    features: featureRanges(broker.features),
    rack: broker.rack,
    fenced: broker.fenced,
    inControlledShutdown: broker.inControlledShutdown,
    logDirs: level >= METADATA_VERSION.DIRECTORIES ? broker.logDirs : [],
    cordonedLogDirs:
      level >= METADATA_VERSION.CORDONED_DIRS && broker.cordonedLogDirs.length > 0 ? broker.cordonedLogDirs : null,
  })
}

export function controllerRecord(controller: ControllerImage): MetadataRecord {
  return record('RegisterControllerRecord', 0, {
    controllerId: controller.id,
    incarnationId: controller.incarnationId,
    zkMigrationReady: false,
    endPoints: controller.endpoints,
    features: featureRanges(controller.features),
  })
}

const featureRanges = (features: ReadonlyMap<string, VersionRange>) =>
  [...features].map(([name, { min, max }]) => ({ name, minSupportedVersion: min, maxSupportedVersion: max }))

function* topicRecords(topic: TopicImage, level: number): Generator<MetadataRecord> {
  yield record('TopicRecord', 0, { name: topic.name, topicId: topic.id })
  for (const partition of topic.partitions.values()) yield partitionRecord(topic.id, partition, level)
}

/** A partition in full. Fields that the level does not have yet are left out; so are empty ELR fields. */
export function partitionRecord(topicId: string, partition: PartitionImage, level: number): MetadataRecord {
  const elrFields = level >= METADATA_VERSION.ELR_FIELDS
  return record('PartitionRecord', recordVersions.partition(level), {
    partitionId: partition.index,
    topicId,
    replicas: partition.replicas,
    isr: partition.isr,
    removingReplicas: partition.removing,
    addingReplicas: partition.adding,
    leader: partition.leader,
    leaderRecoveryState: partition.leaderRecoveryState,
    leaderEpoch: partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch,
    directories: level >= METADATA_VERSION.DIRECTORIES ? partition.directories : [],
    eligibleLeaderReplicas: elrFields && partition.elr.length > 0 ? partition.elr : null,
    lastKnownElr: elrFields && partition.lastKnownElr.length > 0 ? partition.lastKnownElr : null,
  })
}

function* configRecords({ configs }: MetadataImage): Generator<MetadataRecord> {
  for (const [key, values] of configs.resources) {
    const { type: resourceType, name: resourceName } = resourceOf(key)
    for (const [name, value] of values) yield record('ConfigRecord', 0, { resourceType, resourceName, name, value })
  }
}

function* quotaRecords({ security }: MetadataImage): Generator<MetadataRecord> {
  for (const [name, values] of security.quotas) {
    const entity = quotaEntityParts(entityOfQuotaKey(name))
    for (const [key, value] of values) yield record('ClientQuotaRecord', 0, { entity, key, value, remove: false })
  }
}
