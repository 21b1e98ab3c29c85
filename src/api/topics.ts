import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { isOnlineDirectory } from '../metadata/directory-id.ts'
import type { MetadataImage, PartitionImage } from '../metadata/image.ts'
import { problemOfTopicName } from '../metadata/topic-names.ts'
import type { Services } from './services.ts'

/** Topics that the broker itself keeps its state in (Kafka's Topic.isInternal). */
export const GROUP_METADATA_TOPIC = '__consumer_offsets'
export const TRANSACTION_STATE_TOPIC = '__transaction_state'
export const SHARE_GROUP_STATE_TOPIC = '__share_group_state'
const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  GROUP_METADATA_TOPIC,
  TRANSACTION_STATE_TOPIC,
  SHARE_GROUP_STATE_TOPIC,
])

export const isInternalTopic = (name: string): boolean => INTERNAL_TOPICS.has(name)

/** Fact H1. */
export const isLegalTopicName = (name: string): boolean => problemOfTopicName(name) === undefined

/** The name of a topic that a request names, or gives the id of; undefined for an id that no topic has. */
export function topicNaming(
  { image }: Services,
  byId: boolean,
): (topic: { name: string; topicId: string }) => string | undefined {
  const { topics } = byId ? image() : { topics: undefined }
  return ({ name, topicId }) => (topics ? topics.byId.get(topicId)?.name : name)
}

/** Puts results that belong to one topic together, in the order in which topics first appear. */
export function groupByTopic<R extends { topic: string; topicId?: string }>(
  results: readonly R[],
): { topic: string; topicId: string; items: R[] }[] {
  const groups = new Map<string, { topic: string; topicId: string; items: R[] }>()
  for (const result of results) {
    const { topic, topicId = ZERO_UUID } = result
    const key = `${topicId}/${topic}`
    const group = groups.get(key)
    if (group) group.items.push(result)
    else groups.set(key, { topic, topicId, items: [result] })
  }
  return [...groups.values()]
}

/** Where clients of a listener reach a broker, or undefined where it has no such listener or is not alive. */
export function brokerEndpoint(
  image: MetadataImage,
  nodeId: number,
  listener: string,
): { host: string; port: number; rack: string | null } | undefined {
  const broker = image.cluster.brokers.get(nodeId)
  if (!broker || broker.fenced) return undefined
  const endpoint = broker.endpoints.find(({ name }) => name === listener)
  return endpoint && { host: endpoint.host, port: endpoint.port, rack: broker.rack }
}

/** Replicas on brokers that are not alive, and on log directories that have failed (KIP-858). */
export function offlineReplicas(image: MetadataImage, { replicas, directories }: PartitionImage): number[] {
  return replicas.filter((id, index) => {
    const broker = image.cluster.brokers.get(id)
    if (broker === undefined || broker.fenced) return true
    const directory = directories[index]
    return directory !== undefined && broker.logDirs.length > 0 && !isOnlineDirectory(broker, directory)
  })
}

/** The live brokers as clients of a listener see them, by node id. */
export function liveBrokers(image: MetadataImage, listener: string) {
  return [...image.cluster.brokers.values()]
    .flatMap(({ id }) => {
      const endpoint = brokerEndpoint(image, id, listener)
      return endpoint ? [{ nodeId: id, ...endpoint }] : []
    })
    .sort((one, other) => one.nodeId - other.nodeId)
}

/** Addresses of the leaders that an answer names (KIP-951), each once. */
export function nodeEndpoints(image: MetadataImage, nodeIds: readonly number[], listener: string) {
  return [...new Set(nodeIds)].flatMap((nodeId) => {
    const endpoint = brokerEndpoint(image, nodeId, listener)
    return endpoint ? [{ nodeId, ...endpoint }] : []
  })
}
