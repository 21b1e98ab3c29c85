import { BATCH_OVERHEAD, type BatchView, NO_LEADER_EPOCH } from '../../protocol/records/batch.ts'
import { readMessages } from '../../protocol/records/legacy.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { eachBatch, headerAt, type Reading } from './disk-reader.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

export interface ReadOptions {
  offset: number
  /** Limit in bytes; the last batch may be cut by it, as Apache Kafka does (D3). */
  maxBytes: number
  /** Exclusive: high watermark, last stable offset or log end. Batches that reach it are left out. */
  upTo: number
  /** The first batch comes whole even if it is larger than `maxBytes` (KIP-74). */
  minOneBatch: boolean
  /** Wants `abortedTransactions` (read_committed). */
  isolated?: boolean
}

export interface AbortedTransaction {
  producerId: number
  firstOffset: number
}

/** Stored bytes of one segment. */
export interface FetchSlice {
  records: Buffer[]
  bytes: number
  /** The limit cut even the first batch: what is there is of no use to clients that know batches (D3). */
  firstBatchIncomplete: boolean
  /** Base offset of the segment that was read, and where in it: to be compared with the log's end (D8). */
  segmentBaseOffset: number
  position: number
  abortedTransactions?: AbortedTransaction[]
}

/** What a read found, in terms of the segment. */
export interface SegmentSlice {
  records: Buffer[]
  bytes: number
  segment: Segment
  position: number
  firstBatchBytes: number
}

/**
 * Reads from the batch that holds `offset`, or the next one, of a segment. Undefined where the segment has none.
 * Where the reader is known (it continues where it stopped) one read does it.
 */
export function* readBatches(segment: Segment, options: ReadOptions): Reading<SegmentSlice | undefined> {
  const { offset, maxBytes, upTo, minOneBatch } = options
  const end = segment.writtenBytes
  let position = segment.readMark(offset)
  let firstBatchBytes = 0
  if (position === undefined || position >= end) {
    const located = yield* segment.locate(offset)
    if (located === undefined) return undefined
    position = located.position
    firstBatchBytes = located.batch.sizeInBytes
  }
  const slice: SegmentSlice = { records: [], bytes: 0, segment, position, firstBatchBytes }
  const wanted = minOneBatch ? Math.max(maxBytes, firstBatchBytes, 1) : maxBytes
  if (wanted <= 0) return slice
  let bytes = yield { position, length: Math.min(Math.max(wanted, MIN_READ_BYTES), end - position) }
  slice.firstBatchBytes = headerAt(bytes, 0)?.sizeInBytes ?? 0
  const limit = minOneBatch ? Math.max(maxBytes, slice.firstBatchBytes) : maxBytes
  if (slice.firstBatchBytes > bytes.length && limit > bytes.length) {
    bytes = yield { position, length: Math.min(limit, end - position) }
  }
  const cut = cutAt(bytes, segment, position, Math.min(limit, bytes.length), upTo)
  if (cut > 0) slice.records.push(bytes.subarray(0, cut))
  slice.bytes = cut
  return slice
}

/** Even a reader that wants less gets the header of the first batch looked at. */
const MIN_READ_BYTES = 128

/** Bytes that may be given out: below the limit, and nothing of a batch that reaches `upTo`. */
function cutAt(bytes: Buffer, segment: Segment, position: number, limit: number, upTo: number): number {
  let at = 0
  let next = -1
  while (at < limit) {
    const batch = headerAt(bytes, at)
    // Damage is for the client to see: what follows is given out as it is.
    if (batch === undefined && bytes.length - at >= BATCH_OVERHEAD) break
    if (batch === undefined || batch.lastOffset >= upTo) {
      limit = at
      break
    }
    if (at + batch.sizeInBytes > limit) break
    at += batch.sizeInBytes
    next = batch.nextOffset
  }
  if (next >= 0) segment.markRead(next, position + at)
  return limit
}

/** A record found by its time. */
export interface FoundRecord {
  offset: number
  /** Milliseconds. */
  timestamp: number
  /** -1 where the batch is of an older layout. */
  leaderEpoch: number
}

/** The first record at or above `from` whose timestamp is at or above `timestamp`, in one segment (D33). */
export function* findByTimestamp(segment: Segment, timestamp: number, from: number): Reading<FoundRecord | undefined> {
  const start = Math.max(segment.timeIndex.lookup(timestamp).offset, from)
  const { position } = segment.offsetIndex.lookup(start)
  let found: FoundRecord | undefined
  yield* eachBatch(position, segment.writtenBytes, (batch) => {
    if (batch.maxTimestamp >= timestamp && batch.lastOffset >= from) {
      found = firstRecord(batch, (record) => record.timestamp >= timestamp && record.offset >= from)
    }
    return found === undefined
  })
  return found
}

/** The first record that has the segment's largest timestamp (D31). */
export function* findMaxTimestamp(segment: Segment): Reading<FoundRecord | undefined> {
  const max = segment.maxTimestamp
  const { position } = segment.offsetIndex.lookup(max.offset)
  let found: FoundRecord | undefined
  yield* eachBatch(position, segment.writtenBytes, (batch) => {
    if (batch.lastOffset < max.offset) return true
    found = firstRecord(batch, (record) => record.timestamp === batch.maxTimestamp)
    return false
  })
  return found
}

function firstRecord(
  batch: BatchView,
  matches: (record: { offset: number; timestamp: number }) => boolean,
): FoundRecord | undefined {
  const leaderEpoch = batch.magic === 2 ? batch.partitionLeaderEpoch : NO_LEADER_EPOCH
  for (const record of batch.magic === 2 ? readRecords(batch) : readMessages(batch)) {
    if (matches(record)) return { offset: record.offset, timestamp: record.timestamp, leaderEpoch }
  }
  return undefined
}

/**
 * Transactions that a read_committed client has to skip in what it was given (D13): from the segment that was read and
 * later ones, until an entry says that nothing behind it can matter. It may list too many.
 */
export function abortedTransactions(
  segments: Segments,
  slice: { segment: Segment; position: number; bytes: number },
  fetchOffset: number,
  logEndOffset: number,
): AbortedTransaction[] {
  const { segment, position, bytes } = slice
  const next = segments.next(segment)
  const indexed = segment.offsetIndex.firstAtPosition(position + bytes)
  const upperBound = indexed?.offset ?? next?.baseOffset ?? logEndOffset
  const found: AbortedTransaction[] = []
  for (let at: Segment | undefined = segment; at !== undefined; at = segments.next(at)) {
    for (const { producerId, firstOffset, lastOffset, lastStableOffset } of at.txnIndex.entries()) {
      if (lastOffset >= fetchOffset && firstOffset < upperBound) found.push({ producerId, firstOffset })
      if (lastStableOffset >= upperBound) return found
    }
  }
  return found
}
