import path from 'node:path'
import { type Disk, DiskError } from '../base/disk.ts'
import type { DurationHistogram } from '../base/metrics.ts'
import type { Clock } from '../base/time.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import type { TopicIdFile } from './topic-id-file.ts'

/** What is flushed, and by whom. */
export interface FlushedLog {
  readonly disk: Disk
  readonly clock: Clock
  readonly flushes: DurationHistogram
  readonly dir: string
  readonly segments: Segments
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly topicIdFile: TopicIdFile
  readonly failure: DiskError | undefined
  readonly isClosed: boolean
  /** Hands what is queued to the system and gives the offset below which all is there. */
  writeQueued(): number
  /** Takes the log offline; gives the error to throw. */
  fail(error: unknown): unknown
}

/**
 * Brings a log to the medium and keeps its recovery point: everything below survives a loss of power, and an unclean
 * start need not look at it. One flush runs at a time; calls meanwhile share the next one.
 */
export class Flusher {
  readonly #log: FlushedLog
  #recoveryPoint: number
  /** Segments whose indexes are final and not flushed. */
  readonly #ended = new Set<Segment>()
  #running: Promise<void> | undefined
  #next: { promise: Promise<void>; upTo: number } | undefined
  /** Where the log was cut while a flush ran: what was appended behind it since is not covered. */
  #cutMeanwhile = Number.POSITIVE_INFINITY
  /** Names in the directory changed since its last fsync; the parent's too, for a log that is new. */
  #dirUnsynced: boolean
  #parentUnsynced: boolean
  #renamed = false

  constructor(log: FlushedLog, recoveryPoint: number, isNew: boolean) {
    this.#log = log
    this.#recoveryPoint = recoveryPoint
    this.#dirUnsynced = isNew
    this.#parentUnsynced = isNew
  }

  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  /** A segment takes no more appends: its indexes are final and have to last. */
  ended(segment: Segment): void {
    this.#ended.add(segment)
  }

  /** A file was made, renamed or removed. */
  namesChanged(): void {
    this.#dirUnsynced = true
  }

  /** The directory has another name, which its parent has to keep. */
  renamed(): void {
    this.#parentUnsynced = true
    this.#renamed = true
  }

  /** The log ends at `offset` now. */
  truncated(offset: number): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset)
    this.#cutMeanwhile = Math.min(this.#cutMeanwhile, offset)
  }

  flush(upTo: number): Promise<void> {
    if (this.#log.failure !== undefined) return Promise.reject(this.#log.failure)
    if (this.#running === undefined) return this.#start(upTo)
    if (this.#next !== undefined) {
      this.#next.upTo = Math.max(this.#next.upTo, upTo)
      return this.#next.promise
    }
    const next = { upTo, promise: Promise.resolve() }
    next.promise = this.#running.then(() => {
      this.#next = undefined
      return this.#start(next.upTo)
    })
    this.#next = next
    return next.promise
  }

  #start(upTo: number): Promise<void> {
    const running = this.#flush(upTo)
      .catch((error: unknown) => {
        throw this.#log.fail(error)
      })
      .finally(() => {
        if (this.#running === running) this.#running = undefined
      })
    this.#running = running
    return running
  }

  async #flush(limit: number): Promise<void> {
    const { segments, clock, flushes } = this.#log
    const upTo = Math.min(limit, this.#log.writeQueued())
    if (upTo <= this.#recoveryPoint && this.#ended.size === 0 && !this.#renamed) return
    this.#cutMeanwhile = Number.POSITIVE_INFINITY
    const startMs = clock.monotonicMs()
    const written = segments.from(this.#recoveryPoint).filter((segment) => segment.baseOffset < upTo)
    try {
      for (const segment of new Set([...this.#ended, ...written])) await this.#flushSegment(segment)
      await this.#flushNames()
    } catch (error) {
      // Whoever closed the log without a flush wants none.
      if (this.#log.isClosed && this.#log.failure === undefined) return
      throw error
    }
    const nowMs = clock.monotonicMs()
    flushes.record(nowMs - startMs, nowMs)
    this.#recoveryPoint = Math.max(this.#recoveryPoint, Math.min(upTo, this.#cutMeanwhile))
  }

  /** Files that were deleted or moved in the meantime need no flush (N-G19). */
  async #flushSegment(segment: Segment): Promise<void> {
    const hasEnded = this.#ended.delete(segment) || segment !== this.#log.segments.active
    if (segment.isRemoved) return
    try {
      await segment.flush(hasEnded)
    } catch (error) {
      const isMissing = error instanceof DiskError && error.code === 'ENOENT'
      if (!segment.isRemoved || !isMissing) throw error
    }
  }

  async #flushNames(): Promise<void> {
    const { disk, epochs, topicIdFile, producers } = this.#log
    const epochsChanged = await epochs.sync()
    await topicIdFile.sync()
    if (this.#dirUnsynced || epochsChanged) {
      this.#dirUnsynced = false
      const { snapshots } = producers
      const newest = snapshots.latest()
      if (newest !== undefined) await snapshots.sync(newest)
      await disk.syncDirAsync(this.#log.dir)
    }
    if (this.#parentUnsynced) {
      this.#parentUnsynced = false
      this.#renamed = false
      await disk.syncDirAsync(path.dirname(this.#log.dir))
    }
  }
}
