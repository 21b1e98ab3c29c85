import type { Partition } from '../../../src/replica/partition.ts'
import type { SimNode } from '../sim-node.ts'
import { must } from '../violation.ts'
import type { Checker, World } from '../world.ts'
import { CommittedLog } from './committed-log.ts'
import { Leaders } from './leaders.ts'

/** What was seen of a replica last: a look at it costs nothing while all of it is the same. */
interface Seen {
  life: number
  leaderEpoch: number
  isLeader: boolean
  highWatermark: number
  /** As the leader knows it. */
  isr: readonly number[]
}

/**
 * Replicas of partitions: one leader an epoch; a new leader has all that was committed; members of the ISR agree with
 * their leader up to its high watermark; nothing committed is lost or changed.
 */
export class PartitionChecker implements Checker {
  readonly #world: World
  readonly #leaders = new Leaders()
  readonly #logs = new Map<string, CommittedLog>()
  readonly #seen = new Map<string, Seen>()
  /** By node and partition: the last epoch in which it led. */
  readonly #led = new Map<string, number>()
  /** By machine that lost power and partition: the first epoch whose leader had it outside of the ISR since. */
  readonly #left = new Map<string, number>()

  constructor(world: World) {
    this.#world = world
  }

  check(touched: ReadonlySet<SimNode>): void {
    for (const node of touched) {
      const replicas = node.rooms?.replicas
      if (replicas === undefined) continue
      for (const partition of replicas.partitions()) {
        if (partition.state === 'leader' || partition.state === 'follower') this.#look(node, partition)
      }
    }
  }

  #look(node: SimNode, partition: Partition): void {
    const { topicId, index, leaderEpoch, highWatermark, isr } = partition
    const isLeader = partition.isLeader
    const key = `${node.host} ${topicId}-${index}`
    const seen = this.#seen.get(key)
    const same = seen?.life === node.life && seen.leaderEpoch === leaderEpoch && seen.isLeader === isLeader
    if (same && seen.highWatermark === highWatermark && (!isLeader || seen.isr === isr)) return
    this.#seen.set(key, { life: node.life, leaderEpoch, isLeader, highWatermark, isr })
    const log = this.#logOf(partition)
    if (isLeader && !same) this.#lead(node, partition, log)
    log.verify(node.host, partition.log, highWatermark)
    if (!isLeader) return
    log.advance(leaderEpoch, highWatermark)
    this.#compareIsr(node, partition, log)
  }

  #lead(node: SimNode, { topic, topicId, index, leaderEpoch, isr, log }: Partition, committed: CommittedLog): void {
    this.#world.trace.note(node.host, `leads ${topic}-${index} in epoch ${leaderEpoch}`, { isr, end: log.logEndOffset })
    this.#leaders.claim(`${topicId}-${index}`, leaderEpoch, node.id, node.host)
    const key = `${node.host} ${topicId}-${index}`
    // After a restart it takes itself for what it was, until it hears more; nobody is served by then.
    if (leaderEpoch <= (this.#led.get(key) ?? -1)) return
    this.#led.set(key, leaderEpoch)
    const end = committed.endBefore(leaderEpoch)
    must(
      log.writtenEndOffset >= end,
      'a leader lacks committed records',
      () =>
        `${topic}-${index}: ${node.host} leads in epoch ${leaderEpoch} and ends at ${log.writtenEndOffset}, ` +
        `and ${end} was committed before`,
    )
    committed.verify(node.host, log, end)
  }

  /** As the leader knows the ISR: whoever is in there has what it calls committed. */
  #compareIsr(leader: SimNode, partition: Partition, committed: CommittedLog): void {
    const { topicId, index, isr, highWatermark } = partition
    for (const member of this.#world.nodes) {
      if (member === leader || this.#mayLack(member, partition) || !isr.includes(member.id)) continue
      const replica = member.rooms && this.#replicaOf(member, topicId, index)
      if (replica) committed.verify(member.host, replica.log, highWatermark)
    }
  }

  /** Of a machine that lost power nobody knew at first. Once it has left the ISR it comes back with everything. */
  #mayLack({ unclean, host, id, powerLosses }: SimNode, { topicId, index, isr, leaderEpoch }: Partition): boolean {
    if (!unclean) return false
    const key = `${host} ${powerLosses} ${topicId}-${index}`
    const leftIn = this.#left.get(key)
    if (leftIn === undefined && !isr.includes(id)) this.#left.set(key, leaderEpoch)
    return leftIn === undefined || leaderEpoch < leftIn
  }

  #replicaOf({ rooms }: SimNode, topicId: string, index: number): Partition | undefined {
    for (const partition of rooms!.replicas.partitions()) {
      if (partition.topicId !== topicId || partition.index !== index) continue
      return partition.state === 'leader' || partition.state === 'follower' ? partition : undefined
    }
    return undefined
  }

  #logOf({ topic, topicId, index }: Partition): CommittedLog {
    const key = `${topicId}-${index}`
    let log = this.#logs.get(key)
    if (log === undefined) {
      log = new CommittedLog(`${topic}-${index}`)
      this.#logs.set(key, log)
    }
    return log
  }
}
