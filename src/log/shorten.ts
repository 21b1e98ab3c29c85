import { assert } from '../base/assert.ts'
import type { DiskError } from '../base/disk.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import { replayProducers } from './loader.ts'
import type { RolledLog, Roller } from './roll.ts'
import type { Segment } from './segment.ts'
import type { Tail } from './tail.ts'
import type { WriteQueue } from './write-queue.ts'

/** What is shortened. */
export interface ShortenedLog extends RolledLog {
  readonly epochs: LeaderEpochs
  readonly tail: Tail
  readonly queue: WriteQueue
  readonly failure: DiskError | undefined
  readonly isClosed: boolean
  readonly logEndOffset: number
  logStartOffset: number
  highWatermark: number
  /** Everything below is written, and nothing else is there. */
  endsAt(offset: number): void
  advanceLogStart(offset: number): boolean
  /** What a checkpoint says of it must not stay above. */
  recoveryPointWentBack(): void
  /** Takes the log offline; gives the error to throw. */
  fail(error: unknown): unknown
}

/** Takes records away: at the end, where a leader has others; at the start, where they are no longer kept. */
export class Shortener {
  readonly #log: ShortenedLog
  readonly #roller: Roller

  constructor(log: ShortenedLog, roller: Roller) {
    this.#log = log
    this.#roller = roller
  }

  /** Removes everything at and above `offset`; whole batches only. False where the log ends below it anyway. */
  truncateTo(offset: number): boolean {
    assert(offset >= 0, `cannot truncate to ${offset}`)
    const log = this.#log
    const { segments, environment } = log
    log.epochs.truncateEnd(offset)
    if (offset >= log.logEndOffset) return false
    if (offset <= segments.first.baseOffset) {
      this.startAt(offset)
      return true
    }
    log.handOver()
    log.tail.clear()
    const gone = segments.from(offset).filter((segment) => segment.baseOffset >= offset)
    this.#remove(gone)
    if (gone.length > 0) environment.disk.syncDir(log.dir)
    const { active } = segments
    active.truncateTo(offset, environment.clock.wallMs())
    this.#afterTruncation(active.readEndOffset())
    return true
  }

  /** Empties the log; the next record gets `offset`. */
  startAt(offset: number): void {
    const log = this.#log
    log.queue.clear()
    log.tail.clear()
    for (const segment of log.segments.all) segment.truncations++
    this.#remove(log.segments.all)
    this.#roller.addSegment(offset)
    log.epochs.clear()
    log.epochs.save()
    log.environment.disk.syncDir(log.dir)
    log.producers.snapshots.removeWhere(() => true)
    log.producers.clear(offset)
    log.logStartOffset = offset
    this.#afterTruncation(offset)
  }

  #afterTruncation(end: number): void {
    const log = this.#log
    const { flusher, producers } = log
    log.endsAt(end)
    const flushedBefore = flusher.recoveryPoint
    flusher.truncated(end)
    if (flusher.recoveryPoint < flushedBefore) log.recoveryPointWentBack()
    log.logStartOffset = Math.min(log.logStartOffset, end)
    producers.snapshots.removeWhere((offset) => offset > end)
    if (producers.endOffset !== end || !producers.isEmpty) {
      replayProducers(producers, log.segments, log.logStartOffset, end, log.environment.clock.wallMs())
      producers.takeSnapshot()
    }
    log.highWatermark = Math.min(log.highWatermark, end)
  }

  #remove(segments: readonly Segment[]): void {
    const gone = [...segments]
    this.#log.segments.remove(gone)
    for (const segment of gone) {
      segment.truncations++
      segment.removeFiles(false)
      this.#log.producers.snapshots.remove(segment.baseOffset)
    }
    this.#log.flusher.namesChanged()
  }

  /** Removes the oldest `count` segments, never the active one, later (B77); gives the bytes that go. */
  removeOldest(count: number): number {
    const { segments, producers, environment, config, flusher } = this.#log
    const gone = segments.all.slice(0, Math.min(count, segments.count - 1))
    const next = segments.all[gone.length]
    if (gone.length === 0 || next === undefined) return 0
    segments.remove(gone)
    this.#log.advanceLogStart(next.baseOffset)
    let bytes = 0
    for (const segment of gone) {
      bytes += segment.sizeBytes
      segment.markDeleted()
      producers.snapshots.markDeleted(segment.baseOffset)
      environment.timers.after(config['file.delete.delay.ms'], () => this.#removeMarked(segment))
    }
    flusher.namesChanged()
    return bytes
  }

  #removeMarked(segment: Segment): void {
    const log = this.#log
    if (log.isClosed || log.failure !== undefined) return
    try {
      segment.movedTo(log.dir)
      segment.removeFiles(true)
      log.producers.snapshots.removeMarked(segment.baseOffset)
    } catch (error) {
      log.fail(error)
    }
  }
}
