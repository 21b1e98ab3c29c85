import { API, type Client, check } from './client.ts'

export interface BrokerInfo {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}

export interface ClusterInfo {
  readonly clusterId: string
  /** A node that passes requests on to the controller; -1 for none. */
  readonly controllerId: number
  readonly brokers: readonly BrokerInfo[]
}

export interface PartitionInfo {
  readonly partitionIndex: number
  readonly leaderId: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  /** Null where the broker does not say. */
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

export interface TopicInfo {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly PartitionInfo[]
}

export interface Reassignment {
  readonly topic: string
  readonly partitionIndex: number
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

const TIMEOUT_MS = 30_000
/** Since this version fenced brokers are told on demand (KIP-1073). */
const FENCED_SINCE = 2

/** All registered brokers, those that are fenced included where the broker can tell. */
export async function clusterInfo(client: Client): Promise<ClusterInfo> {
  const tellsFenced = client.serves(API.DESCRIBE_CLUSTER, FENCED_SINCE)
  const { errorCode, errorMessage, clusterId, controllerId, brokers } = await client.send(API.DESCRIBE_CLUSTER, {
    includeClusterAuthorizedOperations: false,
    ...(tellsFenced ? { includeFencedBrokers: true } : {}),
  })
  check(errorCode, 'Cluster', errorMessage)
  const all = brokers.map(({ brokerId: id, host, port, rack, isFenced }) => ({ id, host, port, rack, isFenced }))
  return { clusterId, controllerId, brokers: all.sort((one, other) => one.id - other.id) }
}

/** The named topics, or all, in order of their names. A topic that does not exist is a CommandError. */
export async function topicInfos(client: Client, names: readonly string[] | null): Promise<TopicInfo[]> {
  const topics = client.serves(API.DESCRIBE_TOPIC_PARTITIONS)
    ? await describedTopics(client, names)
    : (await client.topics(names)).map((topic) => ({ ...topic, partitions: topic.partitions.map(withoutElr) }))
  return topics
    .map((topic) => ({ ...topic, partitions: topic.partitions.toSorted(byIndex) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

type Cursor = { topicName: string; partitionIndex: number } | null

/** Page by page (KIP-966); a topic may begin on one page and end on another. */
async function describedTopics(client: Client, names: readonly string[] | null): Promise<TopicInfo[]> {
  const topics = new Map<string, { name: string; topicId: string; partitions: PartitionInfo[] }>()
  const wanted = names?.map((name) => ({ name })) ?? []
  let cursor: Cursor = null
  do {
    const page: { topics: PageTopic[]; nextCursor: Cursor } = await client.send(API.DESCRIBE_TOPIC_PARTITIONS, {
      topics: wanted,
      cursor,
    })
    for (const { errorCode, name, topicId, partitions } of page.topics) {
      check(errorCode, `Topic ${name}`)
      const known = topics.get(name ?? '')
      if (known) known.partitions.push(...partitions)
      else topics.set(name ?? '', { name: name ?? '', topicId, partitions: [...partitions] })
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return [...topics.values()]
}

interface PageTopic {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly partitions: readonly PartitionInfo[]
}

const withoutElr = (partition: Omit<PartitionInfo, 'eligibleLeaderReplicas' | 'lastKnownElr'>): PartitionInfo => ({
  ...partition,
  eligibleLeaderReplicas: null,
  lastKnownElr: null,
})

const byIndex = (one: PartitionInfo, other: PartitionInfo): number => one.partitionIndex - other.partitionIndex

/** What is on its way now. */
export async function reassignments(client: Client): Promise<Reassignment[]> {
  if (!client.serves(API.LIST_PARTITION_REASSIGNMENTS)) return []
  const request = { timeoutMs: TIMEOUT_MS, topics: null }
  const { errorCode, errorMessage, topics } = await client.send(API.LIST_PARTITION_REASSIGNMENTS, request)
  check(errorCode, 'Reassignments', errorMessage)
  return topics.flatMap(({ name: topic, partitions }) => partitions.map((partition) => ({ topic, ...partition })))
}

export const reassignmentKey = ({ topic, partitionIndex }: { topic: string; partitionIndex: number }): string =>
  `${topic}-${partitionIndex}`
