import { API, type Client } from './client.ts'
import {
  clusterInfo,
  type PartitionInfo,
  type Reassignment,
  reassignmentKey,
  reassignments,
  type TopicInfo,
  topicInfos,
} from './cluster-info.ts'

const TOPIC_RESOURCE = 2
const DYNAMIC_TOPIC_CONFIG = 1
const MIN_ISR = 'min.insync.replicas'

/** Which partitions are shown; all where none of these is asked for. */
export interface PartitionFilter {
  readonly underReplicated: boolean
  readonly unavailable: boolean
  readonly underMinIsr: boolean
  readonly atMinIsr: boolean
}

/** Topics and partitions in the columns of kafka-topics. With a filter, only the partitions. */
export async function describeTopics(
  client: Client,
  names: readonly string[] | null,
  filter: PartitionFilter,
): Promise<string> {
  const topics = await topicInfos(client, names)
  const moving = new Map((await reassignments(client)).map((one) => [reassignmentKey(one), one]))
  const { brokers } = await clusterInfo(client)
  const live = new Set(brokers.filter(({ isFenced }) => !isFenced).map(({ id }) => id))
  const filtered = Object.values(filter).some((asked) => asked)
  const text: string[] = []
  for (const topic of topics) {
    const configs = await topicConfigs(client, topic.name)
    if (!filtered) text.push(headOf(topic, moving, configs.overrides))
    for (const partition of topic.partitions) {
      const reassignment = moving.get(reassignmentKey({ topic: topic.name, ...partition }))
      const state = { partition, reassignment, live, minIsr: configs.minIsr }
      if (!filtered || matches(state, filter)) text.push(rowOf(topic.name, partition, reassignment))
    }
  }
  return text.join('')
}

interface State {
  readonly partition: PartitionInfo
  readonly reassignment: Reassignment | undefined
  readonly live: ReadonlySet<number>
  readonly minIsr: number
}

/** Any of those asked for. */
function matches({ partition, reassignment, live, minIsr }: State, filter: PartitionFilter): boolean {
  const inSync = partition.isrNodes.length
  return (
    (filter.underReplicated && inSync < factorOf(partition, reassignment)) ||
    (filter.unavailable && !live.has(partition.leaderId)) ||
    (filter.underMinIsr && inSync < minIsr) ||
    (filter.atMinIsr && inSync === minIsr)
  )
}

/** Replicas that are only being added do not count yet. */
function factorOf({ replicaNodes }: PartitionInfo, reassignment: Reassignment | undefined): number {
  return replicaNodes.length - (reassignment?.addingReplicas.length ?? 0)
}

function headOf({ name, topicId, partitions }: TopicInfo, moving: ReadonlyMap<string, Reassignment>, configs: string) {
  const [first] = partitions
  const factor = first ? factorOf(first, moving.get(reassignmentKey({ topic: name, ...first }))) : 0
  return `Topic: ${name}\tTopicId: ${topicId}\tPartitionCount: ${partitions.length}\tReplicationFactor: ${factor}\tConfigs: ${configs}\n`
}

function rowOf(topic: string, partition: PartitionInfo, reassignment: Reassignment | undefined): string {
  const { partitionIndex, leaderId, replicaNodes, isrNodes, eligibleLeaderReplicas, lastKnownElr } = partition
  const cells = [
    `Topic: ${topic}`,
    `Partition: ${partitionIndex}`,
    `Leader: ${leaderId < 0 ? 'none' : leaderId}`,
    `Replicas: ${replicaNodes.join()}`,
    `Isr: ${isrNodes.join()}`,
    ...(reassignment === undefined
      ? []
      : [
          `Adding Replicas: ${reassignment.addingReplicas.join()}`,
          `Removing Replicas: ${reassignment.removingReplicas.join()}`,
        ]),
    `Elr: ${eligibleLeaderReplicas?.join() ?? 'N/A'}`,
    `LastKnownElr: ${lastKnownElr?.join() ?? 'N/A'}`,
  ]
  return `\t${cells.join('\t')}\n`
}

async function topicConfigs(client: Client, topic: string): Promise<{ overrides: string; minIsr: number }> {
  const { results } = await client.send(API.DESCRIBE_CONFIGS, {
    resources: [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: null }],
  })
  const configs = results[0]?.configs ?? []
  const overrides = configs
    .filter(({ configSource }) => configSource === DYNAMIC_TOPIC_CONFIG)
    .map(({ name, value }) => `${name}=${value}`)
    .join()
  return { overrides, minIsr: Number(configs.find(({ name }) => name === MIN_ISR)?.value ?? 1) }
}
