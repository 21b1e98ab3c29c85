import type { System } from '../base/ports.ts'
import type { ReplicaBytes } from '../controller/balance/rebalancer.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { Login } from '../net/login.ts'
import { Peer } from '../net/peer.ts'

const DESCRIBE_LOG_DIRS = 35
const TIMEOUT_MS = 5000

export interface ReplicaSizesOptions {
  readonly system: Pick<System, 'network' | 'timers'>
  readonly nodeId: number
  /** The listener that brokers use among themselves. */
  readonly listener: string
  /** Where brokers ask who comes. */
  readonly login?: Login | undefined
  image(): MetadataImage
}

/**
 * Asks all live brokers how large their replicas are. Of several replicas the largest counts: the others may still be
 * on their way. What nobody answers for is 0.
 */
export async function replicaSizes(options: ReplicaSizesOptions): Promise<ReplicaBytes> {
  const live = [...options.image().cluster.brokers.values()].filter(({ fenced }) => !fenced)
  const answers = await Promise.allSettled(
    live.map(({ endpoints }) => {
      const address = endpoints.find(({ name }) => name === options.listener)
      return address === undefined ? [] : sizesAt({ host: address.host, port: address.port }, options)
    }),
  )
  const bytes = new Map<string, number>()
  for (const answer of answers) {
    if (answer.status === 'rejected') continue
    for (const [partition, size] of answer.value) bytes.set(partition, Math.max(size, bytes.get(partition) ?? 0))
  }
  return (topic, index) => bytes.get(`${topic}-${index}`) ?? 0
}

async function sizesAt(
  address: { host: string; port: number },
  { system, nodeId, login }: ReplicaSizesOptions,
): Promise<[string, number][]> {
  const clientId = `controller-${nodeId}-rebalancer`
  const peer = await Peer.connect({ system, address, clientId, login, connectTimeoutMs: TIMEOUT_MS })
  try {
    const { results } = await peer.send(DESCRIBE_LOG_DIRS, { topics: null }, { timeoutMs: TIMEOUT_MS })
    return results.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, partitionSize }): [string, number] => [
          `${name}-${partitionIndex}`,
          Number(partitionSize),
        ]),
      ),
    )
  } finally {
    peer.close()
  }
}
