import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { unreachable } from '../base/assert.ts'
import type { MetadataDelta } from './delta.ts'

/** The effect of each type of record. */
export function replay(delta: MetadataDelta, { type, value }: MetadataRecord): void {
  const { cluster, topics, security } = delta
  switch (type) {
    case 'RegisterBrokerRecord':
      cluster.registerBroker(value)
      break
    case 'UnregisterBrokerRecord':
      cluster.unregisterBroker(value)
      break
    case 'TopicRecord':
      topics.createTopic(value)
      break
    case 'PartitionRecord':
      topics.setPartition(value)
      break
    case 'ConfigRecord':
      delta.setConfig(value.resourceType, value.resourceName, value.name, value.value)
      break
    case 'PartitionChangeRecord':
      topics.changePartition(value)
      break
    case 'FenceBrokerRecord':
      cluster.setFenced(value.id, value.epoch, true)
      break
    case 'UnfenceBrokerRecord':
      cluster.setFenced(value.id, value.epoch, false)
      break
    case 'RemoveTopicRecord':
      delta.removeTopicConfigs(topics.removeTopic(value))
      break
    case 'DelegationTokenRecord':
      security.setToken(value)
      break
    case 'UserScramCredentialRecord':
      security.setScram(value)
      break
    case 'FeatureLevelRecord':
      delta.setFeature(value.name, value.featureLevel)
      break
    case 'ClientQuotaRecord':
      security.setQuota(value)
      break
    case 'ProducerIdsRecord':
      delta.setNextProducerId(value.nextProducerId)
      break
    case 'BrokerRegistrationChangeRecord':
      cluster.changeRegistration(value)
      break
    case 'AccessControlEntryRecord':
      security.setAcl(value)
      break
    case 'RemoveAccessControlEntryRecord':
      security.removeAcl(value)
      break
    case 'RemoveUserScramCredentialRecord':
      security.removeScram(value)
      break
    case 'RemoveDelegationTokenRecord':
      security.removeToken(value)
      break
    case 'RegisterControllerRecord':
      cluster.registerController(value)
      break
    case 'ClearElrRecord':
      topics.clearElr(value)
      break
    case 'NoOpRecord':
    case 'ZkMigrationStateRecord':
      break
    // They group records for whoever publishes images (MetadataLoader) and change nothing by themselves.
    case 'BeginTransactionRecord':
    case 'EndTransactionRecord':
    case 'AbortTransactionRecord':
      break
    default:
      unreachable(type)
  }
}
