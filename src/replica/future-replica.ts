import type { LeaderEpoch, Offset } from '../base/brand.ts'
import { giveBack } from '../base/slabs.ts'
import { segmentBytes } from '../log/config.ts'
import type { Log } from '../log/log.ts'
import type { FetchSlice } from '../log/log-read.ts'
import { divergence } from './fetch-read.ts'
import { FetchState, type FetchTarget } from './fetch-state.ts'
import { truncationForDivergence, truncationOutOfRange } from './follower.ts'
import type { FutureCopy, Partition } from './partition.ts'

/** Bytes that one read copies, at most; a larger first batch comes whole. Others have their turn in between. */
const COPY_BYTES = 1024 * 1024

/**
 * One replica on its way to another log directory (KIP-113; D90 to D92): a log that follows the partition's own as a
 * follower would, with the same checks of leader epochs, only that the leader is in the same process.
 *
 *   copying  -> assigned   caught up, and the controller has been asked to know the replica there
 *   assigned -> over       the controller has agreed, and it was caught up again: it is the partition's log now
 *   any      -> over       called off, either directory failed, or the partition is gone
 */
export class FutureReplica implements FutureCopy, FetchTarget {
  readonly partition: Partition
  readonly log: Log
  /** Id of the directory that it moves to; undefined where that has none. */
  readonly directory: string | undefined
  #stage: 'copying' | 'assigned' | 'over' = 'copying'
  #state: FetchState<FutureReplica> | undefined
  /** The current log was cut here, and this one not yet. */
  #cutTo = Number.POSITIVE_INFINITY
  #hasNews = true
  #resume: (() => void) | undefined

  constructor(partition: Partition, log: Log, directory: string | undefined) {
    this.partition = partition
    this.log = log
    this.directory = directory
  }

  get topic(): string {
    return this.partition.topic
  }

  get index(): number {
    return this.partition.index
  }

  get leaderEpoch(): LeaderEpoch {
    return this.partition.leaderEpoch
  }

  get logStartOffset(): Offset {
    return this.log.logStartOffset
  }

  /** The cluster may know the replica where it moves to, and not where it is. */
  get isAssigned(): boolean {
    return this.#stage === 'assigned'
  }

  get isOver(): boolean {
    return this.#stage === 'over'
  }

  assigned(): void {
    if (this.#stage === 'copying') this.#stage = 'assigned'
  }

  over(): void {
    this.#stage = 'over'
    this.wake()
  }

  cut(offset: Offset): void {
    this.#cutTo = Math.min(this.#cutTo, offset)
    this.wake()
  }

  wake(): void {
    this.#hasNews = true
    this.#resume?.()
  }

  /** Resolves when something has happened since the last copying. */
  news(): Promise<void> {
    if (this.#hasNews) return Promise.resolve()
    return new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  truncateTo(offset: Offset): void {
    this.log.truncateTo(offset)
  }

  restartAt(offset: Offset): void {
    this.log.truncateFullyAndStartAt(offset)
  }

  /** Written in full, with nothing in the current log that is not here. Holds for this turn of the event loop only. */
  get isCaughtUp(): boolean {
    const { log, partition } = this
    const isCurrent = this.#state?.leaderEpoch === partition.leaderEpoch && this.#cutTo > log.logEndOffset
    return isCurrent && !partition.log.hasPending && log.writtenEndOffset === partition.log.logEndOffset
  }

  /** Comes in line with the current log and copies what one read of it gives. Gives the bytes copied. */
  async copy(): Promise<number> {
    this.#hasNews = false
    const state = this.#comeInLine()
    const source = this.partition.log
    if (state.fetchOffset >= source.writtenEndOffset) {
      this.#follow()
      return 0
    }
    const { cuts } = this.partition
    const from = state.fetchOffset
    const maxBytes = Math.min(COPY_BYTES, segmentBytes(this.log.config))
    const options = { offset: state.fetchOffset, maxBytes, upTo: source.logEndOffset, minOneBatch: true }
    const read = source.read(options)
    const slice = read instanceof Promise ? await read : read
    // Called off, cut or under another epoch meanwhile: the next copying looks at what holds then.
    if (this.isOver || this.partition.cuts !== cuts || this.leaderEpoch !== state.leaderEpoch) giveBack(slice.records)
    else await this.#append(state, slice)
    return state.fetchOffset > from ? slice.bytes : 0
  }

  async #append(state: FetchState<FutureReplica>, { records }: FetchSlice): Promise<void> {
    try {
      for (const part of records) state.append(part)
      const syncing = this.log.write()
      this.#follow()
      await syncing
    } finally {
      giveBack(records)
    }
  }

  #comeInLine(): FetchState<FutureReplica> {
    if (this.#cutTo <= this.log.logEndOffset) {
      this.log.truncateTo(this.#cutTo)
      this.#state = undefined
    }
    this.#cutTo = Number.POSITIVE_INFINITY
    if (this.#state === undefined || this.#state.leaderEpoch !== this.leaderEpoch) this.#state = new FetchState(this)
    while (this.#truncate(this.#state)) {
      // One epoch after the other, from the newest on.
    }
    return this.#state
  }

  /** False where the two logs agree as far as this one goes. */
  #truncate(state: FetchState<FutureReplica>): boolean {
    const { log } = this.partition
    const diverging = divergence(this.partition, state)
    if (typeof diverging === 'object') {
      return state.truncate(truncationForDivergence(this.log, diverging, state.fetchOffset))
    }
    const isInRange = state.fetchOffset >= log.logStartOffset && state.fetchOffset <= log.logEndOffset
    if (isInRange) return false
    return state.truncate(truncationOutOfRange(this.log, { start: log.logStartOffset, end: log.logEndOffset }))
  }

  /** High watermark and log start of the current log, as far as this one has come. */
  #follow(): void {
    const { log } = this.partition
    this.log.highWatermark = Math.min(log.highWatermark, this.log.writtenEndOffset)
    if (log.logStartOffset <= this.log.logEndOffset) this.log.advanceLogStart(log.logStartOffset)
  }
}
