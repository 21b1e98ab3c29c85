import type { BatchView } from '../../protocol/records/batch.ts'
import type { Disk } from '../base/disk.ts'
import { findBatch, type LocatedBatch, type Reading, runAsync, runSync } from './disk-reader.ts'
import {
  DELETED_SUFFIX,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  SEGMENT_SUFFIXES,
  segmentFile,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
} from './file-names.ts'
import { OffsetIndex } from './offset-index.ts'
import type { OpenFiles } from './open-files.ts'
import { TimeIndex, type TimestampOffset } from './time-index.ts'
import { TxnIndex } from './txn-index.ts'

/** Offsets in an index are relative and 31 bits wide. */
export const MAX_RELATIVE_OFFSET = 2 ** 31 - 1

export interface SegmentOptions {
  disk: Disk
  files: OpenFiles
  dir: string
  baseOffset: number
  maxIndexBytes: number
  createdMs: number
  /** No files yet, or files whose content does not count. */
  fresh: boolean
}

/** Where sequential readers stand: the offset they ask for next, and where it is. Keeps the last few. */
const MAX_READ_MARKS = 16

/**
 * A run of a log in one file, with its indexes. Knows sizes, positions and index rules (B9 to B16, N-G2 to N-G4);
 * what may be appended, when to write and when to roll is the log's affair.
 *
 * Invariants: writtenBytes <= sizeBytes; bytes below writtenBytes are in the file; everything is whole batches.
 */
export class Segment {
  readonly baseOffset: number
  path: string
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly txnIndex: TxnIndex
  /** Bytes appended. */
  sizeBytes = 0
  /** Bytes handed to the system. */
  writtenBytes = 0
  /** Bytes known to be on the medium. */
  flushedBytes = 0
  createdMs: number
  /** By how much segment.ms is shortened for this segment (B21). */
  rollJitterMs = 0
  readonly #disk: Disk
  readonly #files: OpenFiles
  #dir: string
  #max: TimestampOffset | undefined
  #firstTimestamp: number | undefined
  #bytesSinceIndexEntry = 0
  readonly #readMarks = new Map<number, number>()
  /** Counts truncations: what was read across one has to be read again. */
  truncations = 0
  /** The segment is no part of the log any more, and its files are going or gone. */
  isRemoved = false
  /** Not yet preallocated, since nothing was appended here in this life of the process (B8). */
  #indexesTrimmed = true
  /** The file is longer than what was appended. */
  #preallocated = false

  constructor(options: SegmentOptions) {
    const { disk, dir, baseOffset, maxIndexBytes, fresh } = options
    this.#disk = disk
    this.#files = options.files
    this.#dir = dir
    this.baseOffset = baseOffset
    this.createdMs = options.createdMs
    this.path = segmentFile(dir, baseOffset, LOG_SUFFIX)
    this.offsetIndex = new OffsetIndex(
      disk,
      segmentFile(dir, baseOffset, OFFSET_INDEX_SUFFIX),
      baseOffset,
      maxIndexBytes,
      fresh,
    )
    this.timeIndex = new TimeIndex(
      disk,
      segmentFile(dir, baseOffset, TIME_INDEX_SUFFIX),
      baseOffset,
      maxIndexBytes,
      fresh,
    )
    this.txnIndex = new TxnIndex(disk, segmentFile(dir, baseOffset, TXN_INDEX_SUFFIX), fresh)
    if (fresh) {
      this.#max = { timestamp: -1, offset: baseOffset }
    }
  }

  /** Makes the files of a new, empty segment; indexes get their full size at once (B7). */
  create(preallocateBytes = 0): void {
    this.#files.use(
      this.path,
      (file) => {
        if (preallocateBytes > 0) file.truncate(preallocateBytes)
      },
      true,
    )
    this.#preallocated = preallocateBytes > 0
    this.preallocateIndexes()
  }

  /** Takes the size of the file that is there. */
  openExisting(): void {
    this.sizeBytes = this.#disk.stat(this.path)?.size ?? 0
    this.writtenBytes = this.sizeBytes
    this.flushedBytes = this.sizeBytes
  }

  preallocateIndexes(): void {
    if (!this.#indexesTrimmed) return
    this.offsetIndex.preallocate()
    this.timeIndex.preallocate()
    this.#indexesTrimmed = false
  }

  /** Largest timestamp and the last offset of the first batch that has it; timestamp -1 where there is none. */
  get maxTimestamp(): TimestampOffset {
    this.#max ??= this.timeIndex.last()
    return this.#max
  }

  /** When the file was last written. */
  get modifiedMs(): number {
    return this.#disk.stat(this.path)?.modifiedMs ?? this.createdMs
  }

  /** Age of the data for retention: its largest timestamp, or when the file was last changed (B73). */
  get largestTimestampMs(): number {
    const { timestamp } = this.maxTimestamp
    return timestamp >= 0 ? timestamp : this.modifiedMs
  }

  /** Whether `lastOffset` can be told from the base in the indexes (B20). */
  holdsOffset(lastOffset: number): boolean {
    return lastOffset - this.baseOffset <= MAX_RELATIVE_OFFSET
  }

  /** Counts a batch in and gives the position where it belongs. Indexes follow the rule of N-G3. */
  append(batch: BatchView, indexIntervalBytes: number): number {
    const position = this.sizeBytes
    this.preallocateIndexes()
    if (position === 0) this.#firstTimestamp = batch.maxTimestamp
    this.#index(batch, position, indexIntervalBytes)
    this.sizeBytes += batch.sizeInBytes
    return position
  }

  /** The index rule for one batch at `position`; also that of recovery. */
  #index(batch: BatchView, position: number, indexIntervalBytes: number): void {
    if (batch.maxTimestamp > this.maxTimestamp.timestamp) {
      this.#max = { timestamp: batch.maxTimestamp, offset: batch.lastOffset }
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.append(batch.lastOffset, position)
      this.timeIndex.maybeAppend(this.maxTimestamp)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += batch.sizeInBytes
  }

  /** Recovery starts: nothing is known of the segment's content. */
  beginRecovery(): void {
    this.flushedBytes = 0
    this.#indexesTrimmed = false
    this.offsetIndex.clear()
    this.timeIndex.clear()
    this.txnIndex.clear()
    this.#max = { timestamp: -1, offset: this.baseOffset }
    this.#firstTimestamp = undefined
    this.#bytesSinceIndexEntry = 0
    this.#readMarks.clear()
  }

  recoverBatch(batch: BatchView, position: number, indexIntervalBytes: number): void {
    if (position === 0) this.#firstTimestamp = batch.maxTimestamp
    this.#index(batch, position, indexIntervalBytes)
  }

  /** Recovery has read up to `position`: what lies behind is cut off. Gives the bytes cut. */
  endRecovery(position: number): number {
    const cut = this.sizeBytes - position
    if (cut > 0) this.#files.use(this.path, (file) => file.truncate(position))
    this.sizeBytes = position
    this.writtenBytes = position
    this.close()
    return cut
  }

  write(position: number, buffers: readonly Uint8Array[], bytes: number): void {
    this.#files.use(this.path, (file) => file.write(position, buffers))
    this.writtenBytes = position + bytes
  }

  /**
   * No more appends: closing time entry, indexes cut to their entries (B15, B24). False where there was nothing to do,
   * since there were no appends.
   */
  close(): boolean {
    if (this.#preallocated) this.#files.use(this.path, (file) => file.truncate(this.sizeBytes))
    this.#preallocated = false
    if (this.#indexesTrimmed) return false
    this.timeIndex.maybeAppend(this.maxTimestamp, true)
    this.offsetIndex.trim()
    this.timeIndex.trim()
    this.txnIndex.persist()
    this.#indexesTrimmed = true
    return true
  }

  /**
   * Hands what was written to the medium. `withIndexes`: when the segment has ended; until then an unclean start builds
   * its indexes anew in any case.
   */
  async flush(withIndexes: boolean): Promise<void> {
    const bytes = this.writtenBytes
    const { truncations } = this
    if (bytes > this.flushedBytes) await this.#files.useAsync(this.path, (file) => file.syncAsync())
    if (truncations === this.truncations) this.flushedBytes = Math.max(this.flushedBytes, bytes)
    if (!withIndexes) return
    await this.offsetIndex.sync()
    await this.timeIndex.sync()
    await this.txnIndex.sync()
  }

  /** First batch's largest timestamp, from which the segment's age is counted (N-G4); -1 where it has none. */
  firstTimestamp(): number {
    if (this.#firstTimestamp === undefined && this.writtenBytes > 0) {
      this.#firstTimestamp = this.readSync(findBatch(0, this.writtenBytes, () => true))?.batch.maxTimestamp ?? -1
    }
    return this.#firstTimestamp ?? -1
  }

  readSync<T>(reading: Reading<T>): T {
    return this.#files.use(this.path, (file) => runSync(file, reading))
  }

  readAsync<T>(reading: Reading<T>): Promise<T> {
    return this.#files.useAsync(this.path, (file) => runAsync(file, reading))
  }

  /** The first batch that ends at or above `offset`: from the offset index, then along the headers. */
  *locate(offset: number): Reading<LocatedBatch | undefined> {
    const from = this.#readMarks.get(offset) ?? this.offsetIndex.lookup(offset).position
    return yield* findBatch(from, this.writtenBytes, (batch) => batch.lastOffset >= offset)
  }

  /** Where a reader will find `offset`, if it asks for it next. */
  markRead(offset: number, position: number): void {
    this.#readMarks.delete(offset)
    this.#readMarks.set(offset, position)
    if (this.#readMarks.size > MAX_READ_MARKS) {
      for (const oldest of this.#readMarks.keys()) {
        this.#readMarks.delete(oldest)
        break
      }
    }
  }

  readMark(offset: number): number | undefined {
    return this.#readMarks.get(offset)
  }

  /**
   * Whether the last entries of the indexes point at what is in the file, and whole batches follow to its end. More is
   * not looked at without recovery, but an end that is taken from a wrong entry would hide records and put new ones over
   * them, and behind bytes that are no batch nobody would find new ones.
   */
  get indexesFit(): boolean {
    const last = this.offsetIndex.last()
    if (this.offsetIndex.count > 0) {
      const located = this.readSync(findBatch(last.position, this.writtenBytes, () => true))
      if (located?.batch.lastOffset !== last.offset) return false
    }
    let end = last.position
    this.readSync(
      findBatch(last.position, this.writtenBytes, (batch, position) => {
        end = position + batch.sizeInBytes
        return false
      }),
    )
    if (end !== this.writtenBytes) return false
    if (this.timeIndex.count === 0) return true
    const { offset } = this.timeIndex.last()
    return offset >= this.baseOffset && offset < this.readEndOffset()
  }

  /** Offset behind the last batch, walking headers from the last index entry (B61). */
  readEndOffset(): number {
    let end = this.baseOffset
    this.readSync(
      findBatch(this.offsetIndex.last().position, this.writtenBytes, (batch) => {
        end = batch.nextOffset
        return false
      }),
    )
    return end
  }

  /**
   * Cuts off the batch that holds `offset` and all behind it; the segment takes appends again. Written bytes only. What
   * is cut stays away: a checkpointed high watermark would take it for committed if it came back with a loss of power.
   */
  truncateTo(offset: number, nowMs: number): void {
    const cut = this.readSync(this.locate(offset))
    this.truncations++
    this.offsetIndex.truncateTo(offset)
    this.timeIndex.truncateTo(offset)
    this.txnIndex.truncateTo(offset)
    this.#readMarks.clear()
    this.#bytesSinceIndexEntry = 0
    if (cut !== undefined) {
      this.#files.use(this.path, (file) => {
        file.truncate(cut.position)
        file.sync()
      })
      this.sizeBytes = cut.position
      this.writtenBytes = cut.position
      this.flushedBytes = Math.min(this.flushedBytes, cut.position)
    }
    if (this.sizeBytes === 0) {
      this.createdMs = nowMs
      this.#firstTimestamp = undefined
    }
    this.#max = this.#readMaxTimestamp()
    this.#indexesTrimmed = true
    this.preallocateIndexes()
  }

  /** The last time entry, and whatever comes behind it. */
  #readMaxTimestamp(): TimestampOffset {
    let max = this.timeIndex.last()
    const from = this.offsetIndex.lookup(max.offset).position
    this.readSync(
      findBatch(from, this.writtenBytes, (batch) => {
        if (batch.maxTimestamp > max.timestamp) max = { timestamp: batch.maxTimestamp, offset: batch.lastOffset }
        return false
      }),
    )
    return max
  }

  /** Renames the files so that nobody takes them for the log's; `removeFiles` follows later (B77). */
  markDeleted(): void {
    this.isRemoved = true
    this.closeFile()
    for (const suffix of SEGMENT_SUFFIXES) {
      const file = segmentFile(this.#dir, this.baseOffset, suffix)
      if (this.#disk.exists(file)) this.#disk.rename(file, file + DELETED_SUFFIX)
    }
  }

  /** The end of the segment; `marked`: the files have been renamed. */
  removeFiles(marked: boolean): void {
    this.isRemoved = true
    this.closeFile()
    for (const suffix of SEGMENT_SUFFIXES) {
      this.#disk.remove(segmentFile(this.#dir, this.baseOffset, suffix) + (marked ? DELETED_SUFFIX : ''))
    }
  }

  /** Files of an earlier segment at this offset, before this one makes its own (B23). */
  removeLeftovers(): void {
    for (const suffix of SEGMENT_SUFFIXES) {
      const file = segmentFile(this.#dir, this.baseOffset, suffix)
      if (this.#disk.exists(file)) this.#disk.remove(file)
    }
  }

  /** The directory has another name now. Files in use stay open; later ones are opened there. */
  movedTo(dir: string): void {
    this.#dir = dir
    this.path = segmentFile(dir, this.baseOffset, LOG_SUFFIX)
    this.offsetIndex.path = segmentFile(dir, this.baseOffset, OFFSET_INDEX_SUFFIX)
    this.timeIndex.path = segmentFile(dir, this.baseOffset, TIME_INDEX_SUFFIX)
    this.txnIndex.path = segmentFile(dir, this.baseOffset, TXN_INDEX_SUFFIX)
  }

  closeFile(): void {
    this.#files.drop(this.path)
  }
}
