import { decompress } from '../compression/index.ts'
import { type BatchView, NO_TIMESTAMP, TimestampType } from './batch.ts'
import { invalidRecord } from './failures.ts'
import { Cursor } from './varint.ts'

export interface RecordHeader {
  key: string
  value: Buffer | null
}

/** A record out of a v2 batch. Key, value and header values share memory with the (inflated) batch. */
export interface DecodedRecord {
  offset: number
  /** In ms; -1 none. */
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: readonly RecordHeader[]
}

export interface ReadOptions {
  /** Limit for the inflated records of one batch, see `decompress`. */
  maxBytes?: number | undefined
}

const NO_HEADERS: readonly RecordHeader[] = Object.freeze([])

/** The records of a v2 batch in one piece, inflated when compressed; otherwise a slice of the batch. */
export function inflateRecords(batch: BatchView, { maxBytes }: ReadOptions = {}): Buffer {
  return batch.isCompressed ? decompress(batch.codec, batch.recordBytes, { maxBytes }) : batch.recordBytes
}

/**
 * The records of a v2 batch, one by one. With LogAppendTime each has the batch's timestamp.
 * @param body the result of `inflateRecords`, when it is at hand
 * @throws ProtocolError INVALID_RECORD when a record or the number of records is not as declared; what `decompress`
 *   throws
 */
export function* readRecords(
  batch: BatchView,
  options: ReadOptions = {},
  body = inflateRecords(batch, options),
): Generator<DecodedRecord, void, undefined> {
  const { baseOffset, baseTimestamp, maxTimestamp, recordCount } = batch
  const stamped = batch.timestampType === TimestampType.LOG_APPEND_TIME
  const cursor = new Cursor(body, 0, body.length)
  for (let index = 0; index < recordCount; index++) {
    const record = readRecord(cursor, baseOffset, baseTimestamp)
    if (stamped) record.timestamp = maxTimestamp
    yield record
  }
  ensureNothingLeft(cursor)
}

function readRecord(cursor: Cursor, baseOffset: number, baseTimestamp: number): DecodedRecord {
  const length = cursor.varint()
  const start = cursor.at
  if (length > cursor.end - start) throw invalidRecord('a record is longer than the batch')
  cursor.byte()
  const timestamp = baseTimestamp + cursor.varlong()
  const offset = baseOffset + cursor.varint()
  const key = cursor.nullableBytes()
  const value = cursor.nullableBytes()
  const count = headerCount(cursor)
  const headers = count === 0 ? NO_HEADERS : readHeaders(cursor, count)
  if (cursor.at - start !== length) throw sizeDiffers(length, cursor.at - start)
  return { offset, timestamp, key, value, headers }
}

function readHeaders(cursor: Cursor, count: number): RecordHeader[] {
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) {
    const key = cursor.slice(headerKeyLength(cursor)).toString()
    headers.push({ key, value: cursor.nullableBytes() })
  }
  return headers
}

/** What validation of a produced batch wants to know; found without making anything of the records. */
export interface RecordScan {
  /** The largest timestamp in ms as the records say; -1 when none has one. */
  maxTimestamp: number
  /** The smallest timestamp other than -1; Infinity when none has one. */
  minTimestamp: number
  /** A record has the timestamp -1. */
  hasNoTimestamp: boolean
  /** Which record is the first without a key; -1 when all have one. */
  firstNullKey: number
  /** Offset deltas are 0, 1, 2, ... */
  isDense: boolean
}

export interface ScanOptions {
  /** `lenient` is how Apache Kafka looks at compressed batches that it stores as they came: contents and the declared
   * size of a record and the plausibility of its header count stay unchecked. */
  lenient?: boolean
}

/**
 * Checks the structure of a v2 batch's records and gathers their timestamps, keys and offsets.
 * @param body the result of `inflateRecords`
 * @throws ProtocolError INVALID_RECORD
 */
export function scanRecords(batch: BatchView, body: Buffer, { lenient = false }: ScanOptions = {}): RecordScan {
  const { baseTimestamp, recordCount } = batch
  const cursor = new Cursor(body, 0, body.length)
  let maxTimestamp = NO_TIMESTAMP
  let minTimestamp = Number.POSITIVE_INFINITY
  let hasNoTimestamp = false
  let firstNullKey = -1
  let isDense = true
  for (let index = 0; index < recordCount; index++) {
    const length = cursor.varint()
    const start = cursor.at
    if (!lenient && length > cursor.end - start) throw invalidRecord('a record is longer than the batch')
    cursor.byte()
    const timestamp = baseTimestamp + cursor.varlong()
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (timestamp === NO_TIMESTAMP) hasNoTimestamp = true
    else if (timestamp < minTimestamp) minTimestamp = timestamp
    if (cursor.varint() !== index) isDense = false
    if (!cursor.skipNullableBytes() && firstNullKey < 0) firstNullKey = index
    cursor.skipNullableBytes()
    const headers = lenient ? lenientHeaderCount(cursor) : headerCount(cursor)
    for (let header = 0; header < headers; header++) {
      cursor.skip(headerKeyLength(cursor))
      cursor.skipNullableBytes()
    }
    if (!lenient && cursor.at - start !== length) throw sizeDiffers(length, cursor.at - start)
  }
  ensureNothingLeft(cursor)
  return { maxTimestamp, minTimestamp, hasNoTimestamp, firstNullKey, isDense }
}

function lenientHeaderCount(cursor: Cursor): number {
  const count = cursor.varint()
  if (count < 0) throw invalidRecord(`${count} headers`)
  return count
}

function headerCount(cursor: Cursor): number {
  const count = lenientHeaderCount(cursor)
  if (count > cursor.end - cursor.at) throw invalidRecord(`${count} headers in ${cursor.end - cursor.at} bytes`)
  return count
}

function headerKeyLength(cursor: Cursor): number {
  const length = cursor.varint()
  if (length < 0) throw invalidRecord('a header without a key')
  return length
}

const sizeDiffers = (declared: number, found: number) =>
  invalidRecord(`a record of ${found} bytes declares a size of ${declared}`)

function ensureNothingLeft(cursor: Cursor): void {
  if (cursor.at < cursor.end) throw invalidRecord(`${cursor.end - cursor.at} bytes are left after the last record`)
}
