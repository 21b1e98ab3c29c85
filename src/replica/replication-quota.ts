import { LONG_MAX } from '../base/config.ts'
import type { Clock } from '../base/time.ts'
import type { ReplicaConfig } from './context.ts'
import type { Partition } from './partition.ts'

/** Bytes by time, in windows of equal length (Kafka's Rate of samples); bounded by the number of windows. */
class WindowedRate {
  readonly #windowMs: number
  readonly #count: number
  #windows: { startMs: number; bytes: number }[] = []

  constructor(windowMs: number, count: number) {
    this.#windowMs = windowMs
    this.#count = count
  }

  record(bytes: number, nowMs: number): void {
    this.#drop(nowMs)
    const last = this.#windows.at(-1)
    if (last !== undefined && nowMs - last.startMs < this.#windowMs) last.bytes += bytes
    else this.#windows.push({ startMs: nowMs, bytes })
    if (this.#windows.length > this.#count) this.#windows.shift()
  }

  /** Bytes a second since the oldest window began, over one whole window at least. */
  measure(nowMs: number): number {
    this.#drop(nowMs)
    const first = this.#windows[0]
    if (first === undefined) return 0
    const bytes = this.#windows.reduce((sum, window) => sum + window.bytes, 0)
    return (bytes * 1000) / Math.max(nowMs - first.startMs, this.#windowMs)
  }

  #drop(nowMs: number): void {
    const oldestMs = nowMs - this.#windowMs * this.#count
    this.#windows = this.#windows.filter(({ startMs }) => startMs > oldestMs)
  }
}

/**
 * Limits what is copied between log directories (`replica.alter.log.dirs.io.max.bytes.per.second`): while it is above
 * the rate nothing more is read. All replicas that move count.
 */
export class MoveQuota {
  readonly #clock: Clock
  readonly #config: ReplicaConfig
  readonly #rate: WindowedRate

  constructor({ clock, config }: { clock: Clock; config: ReplicaConfig }) {
    this.#clock = clock
    this.#config = config
    const windowMs = config['alter.log.dirs.replication.quota.window.size.seconds'] * 1000
    this.#rate = new WindowedRate(windowMs, config['alter.log.dirs.replication.quota.window.num'])
  }

  get isExceeded(): boolean {
    const limit = this.#config['replica.alter.log.dirs.io.max.bytes.per.second']
    return limit < LONG_MAX && this.#rate.measure(this.#clock.monotonicMs()) > limit
  }

  record(bytes: number): void {
    if (bytes > 0) this.#rate.record(bytes, this.#clock.monotonicMs())
  }
}

type Side = 'leader' | 'follower'

/**
 * Limits the replication traffic of the replicas that a topic lists (KIP-73, D93 to D95): what passes is counted, and
 * while it is above the rate nothing more is read. A batch is never cut, so there is always progress.
 */
class ReplicationQuota {
  readonly #side: Side
  readonly #brokerId: number
  readonly #clock: Clock
  readonly #config: ReplicaConfig
  readonly #rate: WindowedRate

  constructor(side: Side, options: { brokerId: number; clock: Clock; config: ReplicaConfig }) {
    this.#side = side
    this.#brokerId = options.brokerId
    this.#clock = options.clock
    this.#config = options.config
    const { config } = options
    const windowMs = config['replication.quota.window.size.seconds'] * 1000
    this.#rate = new WindowedRate(windowMs, config['replication.quota.window.num'])
  }

  /** Bytes a second of the listed replicas (the attribute byte-rate). */
  get byteRate(): number {
    return this.#rate.measure(this.#clock.monotonicMs())
  }

  protected get isExceeded(): boolean {
    const limit = this.#config[`${this.#side}.replication.throttled.rate`]
    return limit < LONG_MAX && this.byteRate > limit
  }

  /** Whether the topic lists this broker's replica of the partition. */
  isListed({ index, config }: Partition): boolean {
    const listed = config[`${this.#side}.replication.throttled.replicas`]
    if (listed.length === 0) return false
    return listed[0] === '*' || listed.includes(`${index}:${this.#brokerId}`)
  }

  /** Counted whether or not there is a limit: it may be set while much is on its way. */
  record(partition: Partition, bytes: number): void {
    if (bytes > 0 && this.isListed(partition)) this.#rate.record(bytes, this.#clock.monotonicMs())
  }
}

export class LeaderQuota extends ReplicationQuota {
  constructor(options: { brokerId: number; clock: Clock; config: ReplicaConfig }) {
    super('leader', options)
  }

  /** Members of the ISR are never held back, or they would leave it. */
  holdsBack(partition: Partition, replicaId: number): boolean {
    return this.isListed(partition) && !partition.isr.includes(replicaId) && this.isExceeded
  }
}

export class FollowerQuota extends ReplicationQuota {
  constructor(options: { brokerId: number; clock: Clock; config: ReplicaConfig }) {
    super('follower', options)
  }

  /** `lag`: behind the leader's high watermark; undefined before the first answer. Without any it is in sync, and is fetched. */
  holdsBack(partition: Partition, lag: number | undefined): boolean {
    return lag !== 0 && this.isListed(partition) && this.isExceeded
  }
}
