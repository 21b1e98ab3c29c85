import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { DiskError } from '../base/disk.ts'
import { eachBatch, type Reading } from './disk-reader.ts'
import {
  abortedTransactions,
  type FetchSlice,
  type FoundRecord,
  findByTimestamp,
  findMaxTimestamp,
  type ReadOptions,
  readBatches,
  type SegmentSlice,
} from './log-read.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import type { Tail } from './tail.ts'

/** What a reader has to know of the log, as it is at that moment. */
export interface ReadableLog {
  readonly segments: Segments
  readonly tail: Tail
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly writtenEndOffset: number
  /** A read failed: takes the log offline, unless it is closed; gives the error to throw. */
  failRead(error: unknown): unknown
}

/** Bytes that `batches` reads ahead of its consumer. */
const BATCHES_AT_A_TIME_BYTES = 1024 * 1024

/** The reading half of a log: from memory at the tail, below it from the disk without holding up the event loop. */
export class LogReader {
  readonly #log: ReadableLog

  constructor(log: ReadableLog) {
    this.#log = log
  }

  read(options: ReadOptions): FetchSlice | Promise<FetchSlice> {
    const { logStartOffset, logEndOffset, writtenEndOffset, tail } = this.#log
    const { offset } = options
    if (offset < logStartOffset || offset > logEndOffset) {
      const range = `${logStartOffset} to ${logEndOffset}`
      throw new ProtocolError(ErrorCode.OFFSET_OUT_OF_RANGE, `offset ${offset} is outside of ${range}`)
    }
    const upTo = Math.min(options.upTo, writtenEndOffset)
    if (offset >= upTo) return this.#nothing(options)
    const slice = tail.read(offset, options.maxBytes, upTo, options.minOneBatch)
    if (slice !== undefined) return this.#fetched(slice, options)
    return this.#readFromDisk({ ...options, upTo })
  }

  async #readFromDisk(options: ReadOptions): Promise<FetchSlice> {
    const { segments } = this.#log
    let segment = segments.holding(options.offset)
    while (segment !== undefined) {
      const { truncations } = segment
      const slice = await this.#readSegment(segment, readBatches(segment, options))
      // The log was cut or shortened meanwhile: what was read may be gone.
      if (segment.truncations !== truncations || segment.isRemoved) return this.read(options)
      if (slice !== undefined) return this.#fetched(slice, options)
      segment = segments.next(segment)
    }
    return this.#nothing(options)
  }

  /** Undefined too where the segment has gone meanwhile. */
  async #readSegment<T>(segment: Segment, reading: Reading<T>): Promise<T | undefined> {
    try {
      return await segment.readAsync(reading)
    } catch (error) {
      if (segment.isRemoved && error instanceof DiskError) return undefined
      throw this.#log.failRead(error)
    }
  }

  #fetched(slice: SegmentSlice, options: ReadOptions): FetchSlice {
    const { records, bytes, segment, position, firstBatchBytes } = slice
    const result: FetchSlice = {
      records,
      bytes,
      firstBatchIncomplete: bytes < firstBatchBytes,
      segmentBaseOffset: segment.baseOffset,
      position,
    }
    if (options.isolated) {
      const { segments, logEndOffset } = this.#log
      result.abortedTransactions = abortedTransactions(segments, slice, options.offset, logEndOffset)
    }
    return result
  }

  #nothing(options: ReadOptions): FetchSlice {
    const { active } = this.#log.segments
    return {
      records: [],
      bytes: 0,
      firstBatchIncomplete: false,
      segmentBaseOffset: active.baseOffset,
      position: active.writtenBytes,
      ...(options.isolated ? { abortedTransactions: [] } : {}),
    }
  }

  *batches(from: number): Generator<Buffer, void, undefined> {
    for (const segment of this.#log.segments.from(from)) {
      let { position } = segment.offsetIndex.lookup(from)
      while (position < segment.writtenBytes) {
        const found: Buffer[] = []
        const start = position
        position = this.#collect(segment, start, from, found)
        if (position === start) {
          throw new ProtocolError(ErrorCode.CORRUPT_MESSAGE, `${segment.path} holds no batch at position ${start}`)
        }
        yield* found
      }
    }
  }

  /** Some batches that end at or above `from`; gives where they stop in the file. */
  #collect(segment: Segment, start: number, from: number, found: Buffer[]): number {
    let bytes = 0
    const reading = eachBatch(start, segment.writtenBytes, (batch) => {
      if (bytes >= BATCHES_AT_A_TIME_BYTES) return false
      if (batch.lastOffset >= from) found.push(batch.bytes)
      bytes += batch.sizeInBytes
      return true
    })
    try {
      return segment.readSync(reading)
    } catch (error) {
      throw this.#log.failRead(error)
    }
  }

  offsetForTimestamp(timestamp: number): Promise<FoundRecord | undefined> {
    const from = this.#log.logStartOffset
    const segment = this.#log.segments.from(from).find((candidate) => candidate.largestTimestampMs >= timestamp)
    if (segment === undefined) return Promise.resolve(undefined)
    return this.#readSegment(segment, findByTimestamp(segment, timestamp, from))
  }

  maxTimestamp(): Promise<FoundRecord | undefined> {
    let newest: Segment | undefined
    for (const segment of this.#log.segments.all) {
      if (segment.maxTimestamp.timestamp > (newest?.maxTimestamp.timestamp ?? -1)) newest = segment
    }
    if (newest === undefined) return Promise.resolve(undefined)
    return this.#readSegment(newest, findMaxTimestamp(newest))
  }
}
