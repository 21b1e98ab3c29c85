import type { ElectLeadersRequest } from '../../../protocol/api/43-elect-leaders.ts'
import type { IncrementalAlterConfigsRequest } from '../../../protocol/api/44-incremental-alter-configs.ts'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../../protocol/api/45-alter-partition-reassignments.ts'
import { ErrorCode, errorName, ProtocolError } from '../../../protocol/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { System } from '../../base/ports.ts'
import type { Timer } from '../../base/time.ts'
import type { MetadataImage, PartitionImage } from '../../metadata/image.ts'
import type { ControllerConfig } from '../config.ts'
import { isReassigning } from '../reassign-partitions.ts'
import { copied, planRebalance } from './plan.ts'
import { Presence } from './presence.ts'
import { type ConfigChange, type Overrides, throttleOf, unthrottle } from './throttle.ts'
import { byTopic, type Move, targetOf, viewOf } from './view.ts'

const CHECK_MS = 1000
const REQUEST_MS = 30_000
const PREFERRED = 0

/** The active controller, as far as it is asked from here. */
export interface RebalanceTarget {
  readonly image: MetadataImage
  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Promise<(typeof AlterPartitionReassignmentsResponse)['Input']>
  electLeaders(request: ElectLeadersRequest): Promise<unknown>
  incrementalAlterConfigs(request: IncrementalAlterConfigsRequest): Promise<unknown>
}

/** Bytes of one replica of a partition. */
export type ReplicaBytes = (topic: string, index: number) => number

export interface RebalancerOptions {
  readonly target: RebalanceTarget
  readonly config: Pick<
    ControllerConfig,
    'odradek.rebalance.delay.ms' | 'odradek.rebalance.max.moves' | 'odradek.rebalance.throttle.bytes.per.second'
  >
  readonly system: Pick<System, 'clock' | 'timers'>
  readonly logger: Logger
  /** Asks the brokers. Without it, or where it fails, plans do not look at bytes. */
  readonly bytes?: () => Promise<ReplicaBytes>
}

/**
 * Evens out the cluster after a broker has come to stay, or was gone for longer than the delay. Part of the active
 * controller, for its term; it works by the requests that anybody could send, so that everything it does is seen by
 * ListPartitionReassignments and may be cancelled there.
 *
 * What somebody placed by hand stays until the next time that brokers come or go. While somebody is away and may come
 * back nothing new is started.
 */
export class Rebalancer {
  readonly #options: RebalancerOptions
  readonly #presence: Presence
  /** There is something to plan, or may be. */
  #wanted = false
  #queue: Move[] = []
  /** Started here and not seen finished, by partition. */
  readonly #running = new Map<string, Move>()
  /** What the controller would not do; it is not asked again before brokers come or go. */
  readonly #refused = new Set<string>()
  #timer: Timer | undefined
  #stopped = false
  #looked = false

  constructor(options: RebalancerOptions) {
    this.#options = options
    this.#presence = new Presence(options.config['odradek.rebalance.delay.ms'])
  }

  start(): void {
    if (this.#stopped) return
    this.#timer = this.#options.system.timers.after(CHECK_MS, () => {
      this.#step()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => this.start())
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #step(): Promise<void> {
    const { target, config } = this.#options
    this.#look(target.image)
    await this.#finish(target.image)
    await this.#callOff(target.image)
    if (this.#wanted && this.#presence.isSettled) await this.#goOn()
    const rate = config['odradek.rebalance.throttle.bytes.per.second']
    if (rate > 0 && this.#running.size === 0) await this.#alterConfigs(unthrottle(target.image, rate))
  }

  #look(image: MetadataImage): void {
    const changed = this.#presence.observe(image, this.#options.system.clock.monotonicMs())
    // A controller that is new may have to end what the last one began.
    if (changed || (!this.#looked && looksUnfinished(image))) {
      this.#wanted = true
      this.#queue = []
      this.#refused.clear()
    }
    this.#looked = true
  }

  /** A partition that has arrived is led by the one that the plan wanted, if it can be. */
  async #finish(image: MetadataImage): Promise<void> {
    const arrived: Move[] = []
    for (const [key, move] of this.#running) {
      const partition = partitionOf(image, move)
      if (partition !== undefined && isReassigning(partition)) continue
      this.#running.delete(key)
      if (partition !== undefined && partition.leader !== partition.replicas[0]) arrived.push(move)
    }
    if (arrived.length === 0) return
    const topicPartitions = [...byTopic(arrived)].map(([topic, moves]) => ({
      topic,
      partitions: moves.map(({ index }) => index),
    }))
    await this.#options.target.electLeaders({ electionType: PREFERRED, topicPartitions, timeoutMs: REQUEST_MS })
  }

  /** What goes to a broker that was given up will never arrive. */
  async #callOff(image: MetadataImage): Promise<void> {
    const lost = reassigning(image).filter(({ partition }) =>
      partition.adding.some((id) => this.#presence.standing(id) === 'drained'),
    )
    if (lost.length > 0) await this.#alter(lost.map(({ topic, partition: { index } }) => ({ topic, index, to: null })))
  }

  async #goOn(): Promise<void> {
    const { target, config } = this.#options
    const free = config['odradek.rebalance.max.moves'] - reassigning(target.image).length
    if (free <= 0) return
    await this.#refill()
    const next = this.#take(free)
    if (next.length === 0) {
      this.#wanted = reassigning(target.image).length > 0
      return
    }
    for (const move of next) this.#running.set(nameOf(move), move)
    const rate = config['odradek.rebalance.throttle.bytes.per.second']
    if (rate > 0) {
      const overrides: Overrides = (type, name) => target.image.configs.of(type, name)
      await this.#alterConfigs(throttleOf([...this.#running.values()], rate, overrides))
    }
    for (const refused of await this.#alter(next)) {
      this.#running.delete(nameOf(refused))
      this.#refused.add(JSON.stringify(refused))
    }
  }

  /** A plan holds as long as every partition in it is where it was. */
  async #refill(): Promise<void> {
    const { target, logger } = this.#options
    const holds = this.#queue.every((move) => move.from.join() === targetNow(target.image, move))
    if (holds && this.#queue.length > 0) return
    const bytes = await this.#bytes()
    const view = viewOf(target.image, (id) => this.#presence.standing(id), bytes)
    this.#queue = planRebalance(view).filter((move) => !this.#refused.has(JSON.stringify(move)))
    if (this.#queue.length > 0) logger.info(`rebalancing: ${this.#queue.length} partitions are to be reassigned`)
  }

  async #bytes(): Promise<ReplicaBytes | undefined> {
    try {
      return await this.#options.bytes?.()
    } catch (error) {
      this.#options.logger.warn('sizes of replicas are not known, and the plan is made without', { error })
      return undefined
    }
  }

  /** Changes of order cost nothing, and are not counted. */
  #take(free: number): Move[] {
    let left = free
    const end = this.#queue.findIndex((move) => copied(move).length > 0 && left-- === 0)
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end)
  }

  /** Gives back what was refused. */
  async #alter<M extends Pick<Move, 'topic' | 'index'> & { to: readonly number[] | null }>(
    moves: readonly M[],
  ): Promise<M[]> {
    const { target, logger } = this.#options
    const topics = [...byTopic(moves)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ index, to }) => ({ partitionIndex: index, replicas: to && [...to] })),
    }))
    const request = { timeoutMs: REQUEST_MS, allowReplicationFactorChange: false, topics }
    const { errorCode, responses } = await target.alterPartitionReassignments(request)
    if (errorCode !== ErrorCode.NONE) throw new ProtocolError(errorCode as ErrorCode)
    const codes = new Map(
      responses.flatMap(({ name, partitions }): [string, (typeof partitions)[number]][] =>
        partitions.map((partition) => [`${name}-${partition.partitionIndex}`, partition]),
      ),
    )
    return moves.filter((move) => {
      const answer = codes.get(nameOf(move))
      if (answer === undefined || answer.errorCode === ErrorCode.NONE) return false
      logger.warn(`${nameOf(move)} is not reassigned: ${answer.errorMessage ?? errorName(answer.errorCode)}`)
      return true
    })
  }

  async #alterConfigs(changes: readonly ConfigChange[]): Promise<void> {
    if (changes.length === 0) return
    const resources = changes.map(({ configs, ...resource }) => ({ ...resource, configs: [...configs] }))
    await this.#options.target.incrementalAlterConfigs({ resources, validateOnly: false })
  }

  #failed(error: unknown): void {
    // The office may be lost at any time, and the next controller goes on.
    if (error instanceof ProtocolError) return
    this.#options.logger.error('rebalancing failed, and is tried again', { error })
  }
}

const nameOf = ({ topic, index }: Pick<Move, 'topic' | 'index'>): string => `${topic}-${index}`

function partitionOf(image: MetadataImage, { topic, index }: Move): PartitionImage | undefined {
  return image.topics.byName.get(topic)?.partitions.get(index)
}

function targetNow(image: MetadataImage, move: Move): string | undefined {
  const partition = partitionOf(image, move)
  return partition && targetOf(partition).join()
}

function reassigning(image: MetadataImage): { topic: string; partition: PartitionImage }[] {
  return [...image.topics.byName.values()].flatMap(({ name: topic, partitions }) =>
    [...partitions.values()].filter(isReassigning).map((partition) => ({ topic, partition })),
  )
}

/** Something is on its way, or a broker has less than half of what it should have. */
function looksUnfinished(image: MetadataImage): boolean {
  const held = new Map([...image.cluster.brokers.keys()].map((id) => [id, 0]))
  let all = 0
  for (const { partitions } of image.topics.byName.values()) {
    for (const partition of partitions.values()) {
      if (isReassigning(partition)) return true
      all += partition.replicas.length
      for (const id of partition.replicas) held.set(id, (held.get(id) ?? 0) + 1)
    }
  }
  return [...held.values()].some((count) => count < all / held.size / 2)
}
