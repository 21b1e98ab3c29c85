import path from 'node:path'
import type { BatchView } from '../../protocol/records/batch.ts'
import { segmentBytes, type TopicConfig } from './config.ts'
import { eachBatch, findBatch, runSync } from './disk-reader.ts'
import type { LogEnvironment } from './environment.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LEADER_EPOCH_FILE,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  offsetOfFile,
  SEGMENT_SUFFIXES,
  SWAP_SUFFIX,
  segmentFile,
} from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { SnapshotFiles } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import { segmentOf } from './roll.ts'
import type { Segment } from './segment.ts'
import { Segments } from './segments.ts'

export interface LoadOptions {
  environment: LogEnvironment
  dir: string
  config: TopicConfig
  /** The broker stopped in order: files are taken as they are (B61). */
  clean: boolean
  /** From the checkpoints of the log directory; 0 where they say nothing. */
  recoveryPoint: number
  logStartOffset: number
  producerIdExpirationMs: number
}

export interface LoadedLog {
  segments: Segments
  epochs: LeaderEpochs
  producers: ProducerState
  logStartOffset: number
  endOffset: number
  recoveryPoint: number
}

/** Brings up a log from its directory, or an empty one in a directory that is empty or not there (B57 to B67). */
export function loadLog(options: LoadOptions): LoadedLog {
  return new Loader(options).load()
}

class Loader {
  readonly #options: LoadOptions
  readonly #environment: LogEnvironment
  readonly #dir: string
  readonly #segments = new Segments()
  readonly #epochs: LeaderEpochs
  readonly #snapshots: SnapshotFiles
  readonly #producers: ProducerState
  #names = new Set<string>()

  constructor(options: LoadOptions) {
    const { environment, dir } = options
    const { disk, logger } = environment
    this.#options = options
    this.#environment = environment
    this.#dir = dir
    this.#epochs = new LeaderEpochs(disk, path.join(dir, LEADER_EPOCH_FILE))
    this.#snapshots = new SnapshotFiles(disk, dir)
    this.#producers = new ProducerState({
      snapshots: this.#snapshots,
      logger,
      expirationMs: options.producerIdExpirationMs,
    })
  }

  load(): LoadedLog {
    const { clean, logStartOffset: checkpointedStart, recoveryPoint } = this.#options
    this.#list()
    if (this.#names.size === 0) this.#environment.disk.makeDir(this.#dir)
    this.#finishReplacements()
    this.#removeOrphans()
    this.#epochs.load()
    this.#snapshots.load([...this.#names])
    const damaged = this.#openSegments()
    this.#snapshots.removeStrays(this.#segments.all.map((segment) => segment.baseOffset))
    const recovered = this.#recover(damaged)
    if (this.#segments.count > 0 && this.#endOffset() < checkpointedStart) this.#dropAll(checkpointedStart)
    if (this.#segments.count === 0) this.#createFirst(checkpointedStart)
    const endOffset = this.#endOffset()
    const logStartOffset = Math.max(checkpointedStart, this.#segments.first.baseOffset)
    this.#epochs.truncateEnd(endOffset)
    if (logStartOffset > 0) this.#epochs.truncateStart(logStartOffset)
    this.#loadProducers(logStartOffset, endOffset, recovered, damaged.size > 0)
    this.#checkEnd(endOffset)
    return {
      segments: this.#segments,
      epochs: this.#epochs,
      producers: this.#producers,
      logStartOffset,
      endOffset,
      recoveryPoint: clean ? endOffset : Math.min(recoveryPoint, endOffset),
    }
  }

  #list(): void {
    const { disk } = this.#environment
    const entries = disk.exists(this.#dir) ? disk.list(this.#dir) : []
    this.#names = new Set(entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name))
  }

  /** Compaction that was interrupted: is undone before its swap files were complete, else finished (B57, B58). */
  #finishReplacements(): void {
    const names = [...this.#names]
    for (const name of names) if (name.endsWith(DELETED_SUFFIX)) this.#remove(name)
    const cleaned = names.filter((name) => name.endsWith(CLEANED_SUFFIX))
    const firstCleaned = Math.min(...cleaned.map((name) => offsetOfFile(name) ?? 0))
    for (const name of cleaned) this.#remove(name)
    const swaps = names.filter((name) => name.endsWith(SWAP_SUFFIX))
    for (const name of swaps) if ((offsetOfFile(name) ?? 0) >= firstCleaned) this.#remove(name)
    const complete = swaps.filter((name) => this.#names.has(name))
    this.#removeReplaced(complete)
    for (const name of complete) {
      const target = name.slice(0, -SWAP_SUFFIX.length)
      this.#environment.disk.rename(path.join(this.#dir, name), path.join(this.#dir, target))
      this.#names.delete(name)
      this.#names.add(target)
    }
  }

  /** What the swapped segments stand for goes, from the smallest base to the end of the largest. */
  #removeReplaced(swaps: readonly string[]): void {
    let [first, end] = [Number.POSITIVE_INFINITY, 0]
    for (const name of swaps) {
      if (!name.endsWith(LOG_SUFFIX + SWAP_SUFFIX)) continue
      const base = offsetOfFile(name) ?? 0
      first = Math.min(first, base)
      end = Math.max(end, this.#endOffsetOf(name, base))
    }
    for (const name of this.#names) {
      const offset = offsetOfFile(name)
      if (offset === undefined || name.endsWith(SWAP_SUFFIX)) continue
      if (offset >= first && offset < end) this.#remove(name)
    }
  }

  #endOffsetOf(name: string, base: number): number {
    const { disk } = this.#environment
    const file = disk.open(path.join(this.#dir, name))
    let end = base
    try {
      runSync(
        file,
        findBatch(0, file.size(), (batch) => {
          end = batch.nextOffset
          return false
        }),
      )
    } finally {
      file.close()
    }
    return end
  }

  /** Index files without their log (B59). */
  #removeOrphans(): void {
    for (const name of [...this.#names]) {
      const offset = offsetOfFile(name)
      if (offset === undefined || name.endsWith(LOG_SUFFIX)) continue
      const isIndex = SEGMENT_SUFFIXES.some((suffix) => name.endsWith(suffix))
      if (isIndex && !this.#names.has(path.basename(segmentFile('', offset, LOG_SUFFIX)))) this.#remove(name)
    }
  }

  #remove(name: string): void {
    this.#environment.disk.remove(path.join(this.#dir, name))
    this.#names.delete(name)
  }

  /** Nothing below the recovery point can be missing unless somebody took it away. */
  #checkEnd(endOffset: number): void {
    const { recoveryPoint } = this.#options
    if (endOffset >= recoveryPoint) return
    this.#environment.logger.error('records are missing: the log ends below what had been flushed', {
      dir: this.#dir,
      endOffset,
      recoveryPoint,
    })
  }

  /** Opens what is there; gives the segments whose indexes cannot be trusted even after a clean stop (B59, B60). */
  #openSegments(): Set<Segment> {
    const bases = [...this.#names]
      .filter((name) => name.endsWith(LOG_SUFFIX))
      .map(offsetOfFile)
      .filter((offset) => offset !== undefined)
      .sort((a, b) => a - b)
    const damaged = new Set<Segment>()
    for (const base of bases) {
      const segment = this.#segment(base, false)
      segment.openExisting()
      this.#segments.add(segment)
      const hasIndex = this.#names.has(path.basename(segmentFile('', base, OFFSET_INDEX_SUFFIX)))
      if (!hasIndex || !segment.txnIndex.isSane(base)) damaged.add(segment)
    }
    const active = this.#segments.all.at(-1)
    if (this.#options.clean && active !== undefined && !active.indexesFit) damaged.add(active)
    return damaged
  }

  #segment(baseOffset: number, fresh: boolean): Segment {
    return segmentOf(this.#environment, this.#dir, baseOffset, this.#options.config, fresh)
  }

  /**
   * Recovers what has to be. After an unclean stop: every segment from the recovery point on, and at the first cut all
   * later ones go (B62, B63). Gives whether producer state now covers the log to its end.
   */
  #recover(damaged: Set<Segment>): boolean {
    const unflushed = this.#options.clean ? [] : this.#segments.from(this.#options.recoveryPoint)
    for (const segment of damaged) if (!unflushed.includes(segment)) this.#recoverAlone(segment)
    const first = unflushed[0]
    if (first === undefined) return false
    this.#loadProducersUpTo(first.baseOffset)
    for (const [index, segment] of unflushed.entries()) {
      this.#producers.advanceTo(segment.baseOffset)
      if (index > 0) this.#producers.takeSnapshot()
      const cut = this.#recoverSegment(segment, this.#producers)
      if (cut === 0) continue
      this.#drop(unflushed.slice(index + 1))
      break
    }
    this.#snapshots.removeWhere((offset) => offset > this.#producers.endOffset)
    this.#producers.takeSnapshot()
    return true
  }

  /** Rebuilds the indexes of a segment below the recovery point; its producers are known from snapshots. */
  #recoverAlone(segment: Segment): void {
    const { logger } = this.#environment
    logger.warn('the indexes of a segment are built anew', { file: segment.path })
    const producers = new ProducerState({ snapshots: this.#snapshots, logger, expirationMs: Number.POSITIVE_INFINITY })
    this.#replayInto(producers, this.#options.logStartOffset, segment.baseOffset)
    this.#recoverSegment(segment, producers)
  }

  #recoverSegment(segment: Segment, producers: ProducerState): number {
    const interval = this.#options.config['index.interval.bytes']
    let next = segment.baseOffset
    segment.beginRecovery()
    const end = segment.readSync(
      eachBatch(0, segment.sizeBytes, (batch, position) => {
        if (!isSound(batch) || batch.baseOffset < next || !segment.holdsOffset(batch.lastOffset)) return false
        next = batch.nextOffset
        segment.recoverBatch(batch, position, interval)
        if (batch.partitionLeaderEpoch > this.#epochs.latest) {
          this.#epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset)
        }
        if (batch.hasProducerId) {
          const completed = producers.update(batch)
          if (completed?.isAborted) segment.txnIndex.append(completed)
        }
        producers.advanceTo(next)
        return true
      }),
    )
    const cut = segment.endRecovery(end)
    if (cut > 0) {
      this.#environment.logger.warn('a segment was cut at its last whole batch', { file: segment.path, bytes: cut })
    }
    return cut
  }

  #drop(segments: readonly Segment[]): void {
    this.#segments.remove(segments)
    for (const segment of segments) {
      segment.removeFiles(false)
      this.#snapshots.remove(segment.baseOffset)
    }
  }

  /** The log's end lies below the start that was promised: nothing in it counts (B64). */
  #dropAll(logStartOffset: number): void {
    this.#environment.logger.warn('the log ends below its start offset and begins anew there', {
      dir: this.#dir,
      logStartOffset,
    })
    this.#drop(this.#segments.all)
    this.#snapshots.removeWhere(() => true)
    this.#epochs.clear()
    this.#producers.clear(logStartOffset)
  }

  #createFirst(baseOffset: number): void {
    const { config } = this.#options
    const segment = this.#segment(baseOffset, true)
    segment.create(config.preallocate ? segmentBytes(config) : 0)
    this.#segments.add(segment)
    this.#producers.clear(baseOffset)
  }

  #endOffset(): number {
    return this.#segments.active.readEndOffset()
  }

  #loadProducersUpTo(offset: number): void {
    this.#replayInto(this.#producers, this.#options.logStartOffset, offset)
  }

  #loadProducers(logStartOffset: number, endOffset: number, recovered: boolean, damaged: boolean): void {
    this.#snapshots.removeWhere(
      (offset) => offset > endOffset || (offset <= logStartOffset && offset > 0 && !recovered),
    )
    if (recovered && this.#producers.endOffset === endOffset) return
    if (this.#options.clean && !damaged && this.#snapshots.offsets.length === 0) {
      this.#assumeNoProducers(endOffset)
      return
    }
    this.#replayInto(this.#producers, logStartOffset, endOffset)
    this.#producers.takeSnapshot()
  }

  /** A clean stop without a snapshot: an old release wrote it, and had nothing to keep (B66). */
  #assumeNoProducers(endOffset: number): void {
    const bases = this.#segments.all.slice(-2).map((segment) => segment.baseOffset)
    for (const offset of [...bases, endOffset]) {
      this.#producers.advanceTo(offset)
      this.#producers.takeSnapshot()
    }
  }

  /** State at `end`: the newest snapshot, and what the log says behind it. */
  #replayInto(producers: ProducerState, logStartOffset: number, end: number): void {
    replayProducers(producers, this.#segments, logStartOffset, end, this.#environment.clock.wallMs())
  }
}

/** Brings producer state to offset `end` from the newest snapshot at or below it. */
export function replayProducers(
  producers: ProducerState,
  segments: Segments,
  logStartOffset: number,
  end: number,
  nowMs: number,
): void {
  const from = producers.loadSnapshot(Math.min(logStartOffset, end), end, nowMs)
  for (const segment of from < end ? segments.from(from) : []) {
    if (segment.baseOffset >= end) break
    const position = segment.offsetIndex.lookup(from).position
    segment.readSync(
      eachBatch(position, segment.writtenBytes, (batch) => {
        if (batch.baseOffset >= end) return false
        if (batch.baseOffset >= from && batch.hasProducerId) producers.update(batch)
        return true
      }),
    )
  }
  producers.advanceTo(end)
}

/** Size and magic are plausible already. The base offset is outside of the checksum, so it is looked at elsewhere. */
function isSound(batch: BatchView): boolean {
  return batch.verifyCrc() && batch.lastOffset >= batch.baseOffset
}
