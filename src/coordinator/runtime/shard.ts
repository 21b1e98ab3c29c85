import { EncodeError, ErrorCode } from '../../../protocol/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Clock, Timers } from '../../base/time.ts'
import { readBatches } from './batches.ts'
import type { CoordinatorLog, CoordinatorState, EncodedRecord, Outcome, RecordCodec, ShardTimers } from './ports.ts'
import { NamedTimers } from './shard-timers.ts'
import { Timeline } from './timeline.ts'
import { WriteQueue } from './write-queue.ts'

/**
 * - initial: no leader here yet
 * - loading: the log is being replayed
 * - active: requests are served
 * - failed: the log could not be replayed
 * - closed: leadership went elsewhere, or the node stops
 *
 * Legal transitions: initial -> loading; loading -> active, failed, closed; active -> loading (loading anew), closed;
 * failed -> loading, closed; closed -> loading.
 */
export type ShardStatus = 'initial' | 'loading' | 'active' | 'failed' | 'closed'

/** What a state is made with. */
export interface ShardContext<Record> {
  readonly partition: number
  readonly timeline: Timeline
  readonly timers: ShardTimers<Record>
}

export interface ShardOptions<State extends CoordinatorState<Record>, Record> {
  log: CoordinatorLog
  codec: RecordCodec<Record>
  createState: (context: ShardContext<Record>) => State
  clock: Clock
  timers: Timers
  logger: Logger
  lingerMs: number
  maxBatchBytes: number
  compression: number
  writeTimeoutMs: number
}

/** What exists while a shard is loading or active. */
interface Life<State, Record> {
  readonly state: State
  readonly timeline: Timeline
  readonly timers: NamedTimers<Record>
  readonly queue: WriteQueue
  position: number
}

/** The event loop gets a turn after this many replayed bytes. */
const LOAD_SLICE_BYTES = 1 << 20

/** One partition of the internal topic and the state that lives in it. */
export class Shard<State extends CoordinatorState<Record>, Record> {
  readonly partition: number
  readonly #options: ShardOptions<State, Record>
  #status: ShardStatus = 'initial'
  #leaderEpoch = -1
  #life: Life<State, Record> | undefined

  constructor(partition: number, options: ShardOptions<State, Record>) {
    this.partition = partition
    this.#options = options
  }

  get status(): ShardStatus {
    return this.#status
  }

  /** NONE when requests are served, else what they are answered with (fact E15). */
  get availability(): ErrorCode {
    if (this.#status === 'active') return ErrorCode.NONE
    return this.#status === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NOT_COORDINATOR
  }

  /** The state of an active shard. */
  get state(): State | undefined {
    return this.#status === 'active' ? this.#life?.state : undefined
  }

  /**
   * This node leads the partition from `leaderEpoch` on. A state that is alive is as good as a newly loaded one, for
   * a leader that is elected again has not lost records. Settles when the shard is loaded, or will not be.
   */
  async elect(leaderEpoch: number): Promise<void> {
    if (leaderEpoch < this.#leaderEpoch) return
    this.#leaderEpoch = leaderEpoch
    if (this.#status === 'loading' || this.#status === 'active') return
    await this.#load()
  }

  /** This node no longer leads. `leaderEpoch` below the present one is old news. */
  resign(leaderEpoch?: number): void {
    if (leaderEpoch !== undefined) {
      if (leaderEpoch < this.#leaderEpoch) return
      this.#leaderEpoch = leaderEpoch
    }
    if (this.#status === 'closed') return
    this.#status = 'closed'
    this.#end(ErrorCode.NOT_COORDINATOR)
  }

  /** Runs an operation on an active shard. `reply` is called once: NONE with the response, or the failure. */
  run<T>(
    operation: (state: State) => Outcome<Record, T>,
    reply: (code: ErrorCode, response: T | undefined) => void,
  ): void {
    const life = this.#life
    if (this.#status === 'active' && life) this.#accept(life, operation(life.state), reply)
    else reply(this.availability, undefined)
  }

  #accept<T>(
    life: Life<State, Record>,
    outcome: Outcome<Record, T>,
    reply: (code: ErrorCode, response: T | undefined) => void,
  ): void {
    const { records, settled } = outcome
    const settle = (code: ErrorCode) => {
      const further = settled?.(code)
      if (further && this.#life === life) this.#accept(life, further, () => {})
      if (code === ErrorCode.NONE) reply(code, outcome.response)
      else reply(code, undefined)
    }
    if (records.length === 0) {
      life.queue.afterWrites(settle)
      return
    }
    const { producer, isDivisible } = outcome
    const encoded = this.#encode(records)
    if (encoded === undefined) {
      life.state.reverted(ErrorCode.UNKNOWN_SERVER_ERROR)
      settle(ErrorCode.UNKNOWN_SERVER_ERROR)
      return
    }
    for (let start = 0; start < records.length; ) {
      const count = life.queue.fitting(encoded, start)
      const end = start + count
      if (count === 0 || (!isDivisible && end < records.length)) {
        settle(ErrorCode.MESSAGE_TOO_LARGE)
        return
      }
      const part = records.slice(start, end)
      life.queue.write(encoded.slice(start, end), producer, end === records.length ? settle : undefined, () => {
        for (const record of part) life.state.replay(record, { position: life.position++, producer })
      })
      start = end
    }
  }

  /** Undefined where a record has no form, such as one with a string that is too long for its field. */
  #encode(records: readonly Record[]): EncodedRecord[] | undefined {
    try {
      return records.map((record) => this.#options.codec.encode(record))
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      this.#options.logger.error('coordinator record cannot be written', { partition: this.partition, error })
      return undefined
    }
  }

  async #load(): Promise<void> {
    const life = this.#begin()
    this.#life = life
    this.#status = 'loading'
    const { logger, clock, timers } = this.#options
    const startedMs = clock.monotonicMs()
    let slice = 0
    let bytes = 0
    try {
      for await (const buffer of this.#options.log.read(this.partition)) {
        if (this.#life !== life) return
        this.#replayAll(life, buffer)
        bytes += buffer.length
        slice += buffer.length
        if (slice < LOAD_SLICE_BYTES) continue
        slice = 0
        await new Promise<void>((resume) => timers.soon(resume))
        if (this.#life !== life) return
      }
    } catch (error) {
      if (this.#life !== life) return
      logger.error('coordinator partition failed to load', { partition: this.partition, error })
      this.#status = 'failed'
      this.#end(ErrorCode.NOT_COORDINATOR)
      return
    }
    if (this.#life !== life) return
    this.#status = 'active'
    life.state.loaded()
    if (bytes > 0) {
      const tookMs = Math.round(clock.monotonicMs() - startedMs)
      logger.info('coordinator partition loaded', { partition: this.partition, bytes, tookMs })
    }
  }

  #replayAll(life: Life<State, Record>, buffer: Buffer): void {
    for (const batch of readBatches(buffer)) {
      if (batch.marker) life.state.endTransaction(batch.producer!, batch.marker === 'commit')
      for (const { offset, key, value } of batch.records) {
        const record = this.#options.codec.decode(key, value)
        if (record !== undefined) life.state.replay(record, { position: offset, producer: batch.producer })
      }
      life.position = batch.lastOffset + 1
    }
  }

  #begin(): Life<State, Record> {
    const { clock, timers, log, createState } = this.#options
    const { lingerMs, maxBatchBytes, compression, writeTimeoutMs } = this.#options
    const timeline = new Timeline()
    const named = new NamedTimers<Record>(clock, timers, (operation) => {
      if (this.#life === life) this.run(operation, () => {})
    })
    const queue = new WriteQueue(timeline, {
      clock,
      timers,
      lingerMs,
      maxBatchBytes,
      compression,
      writeTimeoutMs,
      append: (batch) => log.append(this.partition, batch),
      onReverted: (code) => this.#reverted(life, code),
      onUnknown: (code) => this.#reload(code),
    })
    const state = createState({ partition: this.partition, timeline, timers: named })
    const life: Life<State, Record> = { state, timeline, timers: named, queue, position: 0 }
    return life
  }

  #reverted(life: Life<State, Record>, code: ErrorCode): void {
    this.#options.logger.warn('coordinator took back uncommitted records', { partition: this.partition, code })
    life.state.reverted(code)
  }

  #reload(code: ErrorCode): void {
    this.#options.logger.warn('coordinator partition is loaded anew: fate of an append unknown', {
      partition: this.partition,
      code,
    })
    this.#end(code)
    void this.#load()
  }

  #end(code: ErrorCode): void {
    const life = this.#life
    this.#life = undefined
    if (!life) return
    life.timers.cancelAll()
    life.queue.close(code)
    life.state.unloaded(code)
  }
}
