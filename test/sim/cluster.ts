import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { REPLICA_SELECTOR } from '../../src/replica/preferred-replica.ts'
import type { World } from './world.ts'

const MAX_VOTERS = 3

export interface ClusterPlan {
  readonly brokers: number
  readonly voters: readonly number[]
  /** They are in the log (kraft.version 1, KIP-853), and every node can become one. */
  readonly isDynamic: boolean
  /** Once a node gets an empty disk in the place of its own. */
  readonly losesDisk: boolean
  /** Consumers read from the replica in their rack (KIP-392). Empty: at the leader. */
  readonly racks: readonly string[]
  readonly flags: readonly Readonly<Record<string, string>>[]
}

/** Nodes and their configuration: timeouts differ from seed to seed, and are short, so that a minute holds much. */
export function planCluster(random: SeededRandom, brokers: number): ClusterPlan {
  const ids = Array.from({ length: brokers }, (_, i) => i + 1)
  const voters = ids.slice(0, brokers >= 5 && random.below(2) === 0 ? 5 : Math.min(MAX_VOTERS, brokers))
  const isDynamic = random.below(3) === 0
  const losesDisk = isDynamic && random.below(2) === 0
  const racks = random.below(2) === 0 ? [] : ['r0', 'r1', 'r2']
  const pick = <T>(...values: T[]) => String(values[random.below(values.length)]!)
  const shared = {
    ...(isDynamic
      ? {
          'controller.quorum.bootstrap.servers': ids.map((id) => `n${id}:9093`).join(','),
          'controller.quorum.auto.join.enable': pick(false, false, false, true),
        }
      : { 'controller.quorum.voters': voters.map((id) => `${id}@n${id}:9093`).join(',') }),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': '/data',
    'default.replication.factor': String(Math.min(3, brokers)),
    'min.insync.replicas': String(Math.min(2, brokers)),
    'offsets.topic.num.partitions': '2',
    'offsets.topic.replication.factor': String(Math.min(3, brokers)),
    'auto.create.topics.enable': 'false',
    'broker.session.timeout.ms': pick(2000, 4000, 9000),
    'broker.heartbeat.interval.ms': pick(300, 500, 1000),
    'replica.lag.time.max.ms': pick(1500, 3000, 8000),
    'replica.fetch.backoff.ms': pick(100, 500),
    'metadata.log.max.record.bytes.between.snapshots': pick(20_971_520, 3000, 10_000),
    'metadata.max.retention.ms': pick(604_800_000, 5000),
    // With 1 it is one batch at a time.
    'controller.quorum.fetch.max.bytes': pick(1_048_576, 400, 1),
    'controller.quorum.fetch.snapshot.max.bytes': pick(1_048_576, 700),
    'metadata.max.idle.interval.ms': pick(500, 1000, 3000),
    'num.replica.fetchers': pick(1, 2),
    ...(racks.length > 0 && { 'replica.selector.class': REPLICA_SELECTOR.RACK_AWARE }),
  }
  const flags = ids.map((id) => {
    const isController = isDynamic || voters.includes(id)
    return {
      ...shared,
      'node.id': String(id),
      ...(racks.length > 0 && { 'broker.rack': racks[id % racks.length]! }),
      'process.roles': isController ? 'broker,controller' : 'broker',
      listeners: `PLAINTEXT://n${id}:9092${isController ? `,CONTROLLER://n${id}:9093` : ''}`,
    }
  })
  return { brokers, voters, isDynamic, losesDisk, racks, flags }
}

export function addNodes(world: World, { voters, isDynamic, flags }: ClusterPlan): void {
  for (const [index, own] of flags.entries()) {
    const id = index + 1
    const node = world.addNode(id, own)
    if (isDynamic) node.format(voters.includes(id) ? { kind: 'listed', voters: firstVoters(voters) } : { kind: 'none' })
  }
}

/** As `storage format --initial-controllers` takes them. */
export const firstVoters = (ids: readonly number[]): string =>
  ids.map((id) => `${id}@n${id}:9093:${Buffer.alloc(16, id).toString('base64url')}`).join(',')
