import type { FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ErrorCode, errorName, ProtocolError } from '../../protocol/errors.ts'
import { AssertionFailure } from '../base/assert.ts'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Clock, Timers } from '../base/time.ts'
import type { ReplicaConfig } from './context.ts'
import { FetchSessionClient } from './fetch-session-client.ts'
import { FetchState } from './fetch-state.ts'
import { reactionTo, type Truncation, truncationForDivergence, truncationOutOfRange } from './follower.ts'
import { fetchVersion } from './inter-broker-versions.ts'
import { leaderRange } from './leader-range.ts'
import type { LogWriter } from './log-writer.ts'
import { type Partition, partitionKey } from './partition.ts'
import type { LeaderLink, ReplicationPorts } from './ports.ts'
import type { ReplicationTraffic } from './replication-traffic.ts'
import { WriteBarrier } from './write-barrier.ts'

export interface FetcherContext {
  readonly brokerId: number
  /** Some keys change while the broker runs: read when they are needed. */
  readonly config: ReplicaConfig
  readonly clock: Clock
  readonly timers: Timers
  readonly writer: LogWriter
  readonly ports: ReplicationPorts
  readonly traffic: ReplicationTraffic
  readonly logger: Logger
  metadataVersion(): number
  /** High watermark or log start of a follower moved. */
  changed(partition: Partition): void
  /** Nothing is fetched for it any more, until its leader epoch changes. */
  failed(partition: Partition): void
}

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

/** A partition whose records are on their way to the disk, and what the leader said besides. */
interface Answered {
  readonly state: FetchState
  readonly answer: PartitionAnswer
}

/**
 * Replicates partitions from one leader: one request at a time, and the next one when everything of its answer is
 * written. Holds one answer in memory, which `replica.fetch.response.max.bytes` bounds.
 */
export class Fetcher {
  readonly leaderId: number
  readonly #context: FetcherContext
  /** In the order in which they are asked for: who got records goes to the end (D43). */
  readonly #states = new Map<string, FetchState>()
  readonly #session = new FetchSessionClient()
  readonly #logger: Logger
  #link: LeaderLink | undefined
  #wake: (() => void) | undefined
  #closed = false

  constructor(leaderId: number, index: number, context: FetcherContext) {
    this.leaderId = leaderId
    this.#context = context
    this.#logger = context.logger.child({ leader: leaderId, fetcher: index })
    // A failed assertion is thrown into nowhere on purpose: the process stops on an unhandled rejection.
    void this.#run()
  }

  get isIdle(): boolean {
    return this.#states.size === 0
  }

  /** Partitions that are fetched. */
  get size(): number {
    return this.#states.size
  }

  /** Lag by partition, in records, of those that have been answered for (ConsumerLag). */
  *lags(): Generator<{ partition: Partition; lag: number }, void, undefined> {
    for (const { partition, lag } of this.#states.values()) if (lag !== undefined) yield { partition, lag }
  }

  /** The largest lag of a partition, in records. */
  get maxLag(): number {
    let max = 0
    for (const { lag = 0 } of this.#states.values()) max = Math.max(max, lag)
    return max
  }

  /** Begins, or begins anew, under the partition's present leader epoch. */
  add(partition: Partition): void {
    try {
      this.#states.set(partitionKey(partition), new FetchState(partition))
    } catch (error) {
      this.#fail(partition, error)
      return
    }
    // What the start cut off may leave bytes that were appended and not written yet.
    if (partition.writtenEnd < partition.log.logEndOffset) this.#context.writer.add(partition)
    this.#wake?.()
  }

  /** True where it was fetched here. What is under way for it is dropped. */
  remove(partition: Partition): boolean {
    return this.#states.delete(partitionKey(partition))
  }

  close(): void {
    this.#closed = true
    this.#states.clear()
    this.#link?.close()
    this.#link = undefined
    this.#wake?.()
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const wanted = this.#wanted()
      if (wanted.size === 0) await this.#pause()
      else await this.#round(wanted)
    }
  }

  /** What can be fetched now, by key. */
  #wanted() {
    const { clock, traffic } = this.#context
    const nowMs = clock.monotonicMs()
    const maxBytes = this.#context.config['replica.fetch.max.bytes']
    const wanted = new Map<string, ReturnType<typeof askedOf>>()
    for (const [key, state] of this.#states) {
      const { partition } = state
      // Its directory failed, or it is about to be led here.
      if (partition.state !== 'follower') this.#states.delete(key)
      else if (state.readyAtMs <= nowMs && !traffic.followerQuota.holdsBack(partition, state.lag))
        wanted.set(key, askedOf(state, maxBytes))
    }
    return wanted
  }

  /** Until something is added, or the first partition may be tried again. */
  #pause(): Promise<void> {
    const { clock, timers } = this.#context
    const backoffMs = this.#context.config['replica.fetch.backoff.ms']
    const nowMs = clock.monotonicMs()
    let waitMs = Number.POSITIVE_INFINITY
    for (const { readyAtMs } of this.#states.values()) {
      // Ready and not fetched for: held back by the quota.
      waitMs = Math.min(waitMs, readyAtMs > nowMs ? readyAtMs - nowMs : backoffMs)
    }
    return new Promise((resolve) => {
      const timer = waitMs === Number.POSITIVE_INFINITY ? undefined : timers.after(waitMs, () => this.#wake?.())
      this.#wake = () => {
        this.#wake = undefined
        timer?.cancel()
        resolve()
      }
    })
  }

  async #round(wanted: ReadonlyMap<string, ReturnType<typeof askedOf>>): Promise<void> {
    let response: FetchResponse
    try {
      response = await this.#exchange(wanted)
    } catch (error) {
      this.#lost(error)
      return
    }
    if (this.#closed) return
    const code = this.#session.accept(response)
    if (code === ErrorCode.NONE) await this.#take(response)
    else if (!SESSION_ERRORS.has(code)) this.#backOffAll(`leader answered ${errorName(code)}`)
  }

  async #exchange(wanted: ReadonlyMap<string, ReturnType<typeof askedOf>>): Promise<FetchResponse> {
    const { brokerId, ports, metadataVersion } = this.#context
    const config = this.#context.config
    const link = await this.#connected()
    const version = fetchVersion(metadataVersion())
    const own = { replicaId: brokerId, replicaEpoch: BigInt(ports.brokerEpoch()) }
    return link.fetch(
      {
        ...(version >= REPLICA_STATE_SINCE ? { replicaState: own } : { replicaId: brokerId }),
        maxWaitMs: config['replica.fetch.wait.max.ms'],
        minBytes: config['replica.fetch.min.bytes'],
        maxBytes: config['replica.fetch.response.max.bytes'],
        ...this.#session.request(wanted),
      },
      version,
    )
  }

  async #connected(): Promise<LeaderLink> {
    if (this.#link !== undefined) return this.#link
    const link = await this.#context.ports.links.connect(this.leaderId)
    if (this.#closed) link.close()
    this.#link = link
    return link
  }

  /** The connection is of no use any more: all wait, and the next request begins a session (D57). */
  #lost(error: unknown): void {
    this.#link?.close()
    this.#link = undefined
    this.#session.failed()
    if (error instanceof AssertionFailure) throw error
    if (!this.#closed) this.#backOffAll(error instanceof Error ? error.message : String(error))
  }

  #backOffAll(reason: string): void {
    this.#logger.warn('fetching from the leader failed', { reason, partitions: this.#states.size })
    for (const state of this.#states.values()) this.#backOff(state)
  }

  #backOff(state: FetchState): void {
    state.readyAtMs = this.#context.clock.monotonicMs() + this.#context.config['replica.fetch.backoff.ms']
  }

  async #take(response: FetchResponse): Promise<void> {
    const barrier = new WriteBarrier(this.#context.writer)
    const answered: Answered[] = []
    const outOfRange: FetchState[] = []
    for (const { topicId, partitions } of response.responses) {
      for (const answer of partitions) {
        const state = this.#stateFor(partitionKey({ topicId, index: answer.partitionIndex }))
        if (state === undefined) continue
        if (answer.errorCode !== ErrorCode.NONE) {
          if (this.#refused(state, answer.errorCode as ErrorCode) === 'out of range') outOfRange.push(state)
        } else if (answer.divergingEpoch.endOffset >= 0 || answer.divergingEpoch.epoch >= 0) {
          this.#diverged(state, answer)
        } else if (this.#append(state, answer, barrier)) {
          answered.push({ state, answer })
        }
      }
    }
    await barrier.wait()
    for (const each of answered) this.#follow(each)
    for (const state of outOfRange) if (this.#isCurrent(state)) await this.#comeInRange(state)
  }

  /** What was asked when the request left must still be what is wanted (fact N-G12). */
  #stateFor(key: string): FetchState | undefined {
    const state = this.#states.get(key)
    const asked = this.#session.asked(key)
    if (state === undefined || asked === undefined || !this.#isCurrent(state)) return undefined
    const isSame = asked.fetchOffset === state.fetchOffset && asked.currentLeaderEpoch === state.leaderEpoch
    return isSame ? state : undefined
  }

  #isCurrent(state: FetchState): boolean {
    const { partition } = state
    return this.#states.get(partitionKey(partition)) === state && partition.state === 'follower'
  }

  #refused(state: FetchState, code: ErrorCode) {
    const { partition } = state
    const reaction = reactionTo(code, partition.leaderEpoch === state.leaderEpoch)
    if (reaction === 'fail') this.#fail(partition, new ProtocolError(code))
    else if (reaction === 'retry') this.#backOff(state)
    return reaction
  }

  /** High watermark and log start of such an answer are not applied (D53). */
  #diverged(state: FetchState, { divergingEpoch }: PartitionAnswer): void {
    this.#cut(state, truncationForDivergence(state.partition.log, divergingEpoch, state.fetchOffset))
  }

  #cut(state: FetchState, truncation: Truncation): void {
    const { partition } = state
    const { highWatermark, logEndOffset } = partition.log
    try {
      if (!state.truncate(truncation)) return
    } catch (error) {
      this.#fail(partition, error)
      return
    }
    const { topic, index, log } = partition
    const fields = { topic, partition: index, from: logEndOffset, to: log.logEndOffset }
    if (log.logEndOffset < highWatermark) this.#logger.warn('truncated below the high watermark', fields)
    else this.#logger.info('truncated', fields)
    this.#context.changed(partition)
  }

  /** False where the answer is of no use. */
  #append(state: FetchState, { records }: PartitionAnswer, barrier: WriteBarrier): boolean {
    if (records === null || records.length === 0) return true
    const { partition } = state
    try {
      if (!state.append(records)) {
        this.#backOff(state)
        return false
      }
    } catch (error) {
      if (error instanceof ProtocolError && RETRIABLE_DAMAGE.has(error.code)) this.#backOff(state)
      else this.#fail(partition, error)
      return false
    }
    barrier.add(partition)
    const key = partitionKey(partition)
    this.#states.delete(key)
    this.#states.set(key, state)
    this.#context.traffic.received(partition, records.length)
    return true
  }

  /** In this order: high watermark, log start (D51). */
  #follow({ state, answer }: Answered): void {
    if (!this.#isCurrent(state)) return
    const { partition } = state
    state.advanced(answer.highWatermark)
    try {
      if (partition.followLeader(answer.highWatermark, answer.logStartOffset)) this.#context.changed(partition)
    } catch (error) {
      this.#fail(partition, error)
    }
  }

  async #comeInRange(state: FetchState): Promise<void> {
    const { brokerId, metadataVersion } = this.#context
    const { partition } = state
    const range = await leaderRange(this.#link, partition, { brokerId, metadataVersion: metadataVersion() })
    if (!this.#isCurrent(state)) return
    if (typeof range === 'object') {
      this.#cut(state, truncationOutOfRange(partition.log, range))
      state.advanced(range.end)
    } else if (reactionTo(range, partition.leaderEpoch === state.leaderEpoch) === 'fail') {
      this.#fail(partition, new ProtocolError(range))
    } else {
      this.#backOff(state)
    }
  }

  /** Others go on; an impossible state is not for one partition to hide. */
  #fail(partition: Partition, error: unknown): void {
    if (!(error instanceof ProtocolError || error instanceof DiskError)) throw error
    this.remove(partition)
    const { topic, index } = partition
    const fields = { topic, partition: index, reason: error.message }
    // Another election, of which the metadata is on its way: nothing is wrong.
    if (error instanceof ProtocolError && error.code === ErrorCode.FENCED_LEADER_EPOCH)
      this.#logger.info('replication waits for metadata', fields)
    else this.#logger.error('replication of a partition failed', fields)
    this.#context.failed(partition)
  }
}

/** The session is gone or out of step: the next request begins one at once. */
const SESSION_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
])
/** Damage on the way, or at the leader: fetched again after a while (D56). */
const RETRIABLE_DAMAGE: ReadonlySet<number> = new Set([ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD])
/** The first Fetch version that names the replica together with its broker epoch (KIP-903). */
const REPLICA_STATE_SINCE = 15

function askedOf({ partition, fetchOffset, leaderEpoch, lastFetchedEpoch }: FetchState, maxBytes: number) {
  const { topicId, index, log } = partition
  const { logStartOffset } = log
  return { topicId, index, fetchOffset, currentLeaderEpoch: leaderEpoch, lastFetchedEpoch, logStartOffset, maxBytes }
}
