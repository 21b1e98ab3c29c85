import type { PlanPartition, PlanView } from '../node/planning.ts'
import { API, type Client } from './client.ts'
import { type BrokerInfo, clusterInfo, reassignmentKey, reassignments, topicInfos } from './cluster-info.ts'
import { CommandError } from './command-error.ts'

export interface ViewOptions {
  /** Brokers that are to lose all they have. */
  readonly drain: readonly number[]
  /** Only these topics are touched; all where it is empty. */
  readonly topics: readonly string[]
}

/** The cluster as a plan needs it, as the brokers tell it. Brokers that are not live neither get nor lose anything. */
export async function planView(client: Client, { drain, topics: wanted }: ViewOptions): Promise<PlanView> {
  const { brokers } = await clusterInfo(client)
  const topics = await topicInfos(client, null)
  const moving = new Map((await reassignments(client)).map((one) => [reassignmentKey(one), one]))
  const sizes = await replicaSizes(client, brokers)
  const partitions = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: index, replicaNodes }): PlanPartition => {
      const key = `${topic}-${index}`
      const reassignment = moving.get(key)
      return {
        topic,
        index,
        replicas: replicaNodes.filter((id) => !reassignment?.removingReplicas.includes(id)),
        bytes: sizes.get(key) ?? 0,
        frozen: reassignment !== undefined || (wanted.length > 0 && !wanted.includes(topic)),
      }
    }),
  )
  const known = new Map(brokers.map((broker) => [broker.id, broker]))
  // A broker that was unregistered may have replicas still.
  const nobody = drain.find((id) => !known.has(id) && !partitions.some(({ replicas }) => replicas.includes(id)))
  if (nobody !== undefined) throw new CommandError(`Broker ${nobody} is not registered, and has no replicas.`)
  const ids = new Set([...known.keys(), ...drain])
  return { brokers: [...ids].map((id) => planBroker(id, known.get(id), drain)), partitions }
}

function planBroker(id: number, broker: BrokerInfo | undefined, drain: readonly number[]): PlanView['brokers'][number] {
  const live = broker !== undefined && !broker.isFenced
  return { id, rack: broker?.rack ?? null, standing: drain.includes(id) ? 'drained' : live ? 'member' : 'kept' }
}

/** Bytes of the largest replica of each partition, from those brokers that answer. */
async function replicaSizes(client: Client, brokers: readonly BrokerInfo[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  await client.topics([])
  const answers = await Promise.allSettled(
    brokers
      .filter(({ isFenced }) => !isFenced)
      .map(async ({ id }) => (await client.broker(id)).send(API.DESCRIBE_LOG_DIRS, { topics: null })),
  )
  const dirs = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.results : []))
  for (const { name, partitions } of dirs.flatMap(({ topics }) => topics)) {
    for (const { partitionIndex, partitionSize } of partitions) {
      const key = `${name}-${partitionIndex}`
      sizes.set(key, Math.max(Number(partitionSize), sizes.get(key) ?? 0))
    }
  }
  return sizes
}
