import { Codec, compress } from '../compression/index.ts'
import { ErrorCode, ProtocolError } from '../errors.ts'
import {
  Attribute,
  BATCH_OVERHEAD,
  BatchField,
  type BatchView,
  LOG_OVERHEAD,
  NO_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  sealBatch,
  TimestampType,
} from './batch.ts'
import { writeInt64 } from './int64.ts'
import { type RecordHeader, type RecordScan, readRecords } from './record.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

export interface RecordInput {
  /** In ms; -1 none. */
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers?: readonly RecordHeader[]
  /** Default: the place in the list. Ascending. */
  offsetDelta?: number
}

interface BatchHeader {
  /** Default 0. */
  baseOffset?: number
  /** Default -1, as clients send it. */
  leaderEpoch?: number
  /** Default none. */
  codec?: Codec
  level?: number | undefined
  /** Default CreateTime. */
  timestampType?: TimestampType
  /** In ms. Default: the largest of the records'. The wall clock where timestampType is LogAppendTime. */
  maxTimestamp?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  isTransactional?: boolean
  isControl?: boolean
  /** In ms; put in place of the base timestamp (KIP-534). */
  deleteHorizonMs?: number | undefined
  /** Default: that of the last record. Compaction keeps it although the last record is gone. */
  lastOffsetDelta?: number
}

export interface BatchInput extends BatchHeader {
  records: readonly RecordInput[]
}

/**
 * A v2 batch of these records.
 * @throws ProtocolError UNKNOWN_SERVER_ERROR for a timestamp below -1, as Apache Kafka; what `compress` throws
 */
export function buildBatch(input: BatchInput): Buffer {
  const { records } = input
  const baseTimestamp = input.deleteHorizonMs ?? records[0]?.timestamp ?? NO_TIMESTAMP
  const codec = input.codec ?? Codec.NONE
  const plainHead = codec === Codec.NONE ? BATCH_OVERHEAD : 0
  const sizes = records.map((record, index) => sizeOfBody(record, index, baseTimestamp))
  const bytes = sizes.reduce((sum, size) => sum + sizeOfVarint(size) + size, 0)
  const body = Buffer.allocUnsafe(plainHead + bytes)
  let at = plainHead
  let maxTimestamp = NO_TIMESTAMP
  records.forEach((record, index) => {
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp
    at = writeRecord(body, at, record, index, sizes[index]!, baseTimestamp)
  })
  const lastOffsetDelta = records.at(-1)?.offsetDelta ?? records.length - 1
  const header = { lastOffsetDelta, maxTimestamp, ...input, baseTimestamp, recordCount: records.length }
  if (codec === Codec.NONE) return finishBatch(body, header)
  return finishBatch(joinHeader(compress(codec, body, { level: input.level })), header)
}

function joinHeader(records: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(BATCH_OVERHEAD + records.length)
  records.copy(batch, BATCH_OVERHEAD)
  return batch
}

interface FullHeader extends BatchHeader {
  baseTimestamp: number
  maxTimestamp: number
  lastOffsetDelta: number
  recordCount: number
}

/** Fills in the first 61 bytes; the rest is there. */
function finishBatch(batch: Buffer, header: FullHeader): Buffer {
  checkTimestamp(header.baseTimestamp)
  writeInt64(batch, header.baseOffset ?? 0, BatchField.BASE_OFFSET)
  batch.writeInt32BE(batch.length - LOG_OVERHEAD, BatchField.LENGTH)
  batch.writeInt32BE(header.leaderEpoch ?? NO_LEADER_EPOCH, BatchField.PARTITION_LEADER_EPOCH)
  batch[BatchField.MAGIC] = 2
  batch.writeInt16BE(attributesOf(header), BatchField.ATTRIBUTES)
  batch.writeInt32BE(header.lastOffsetDelta, BatchField.LAST_OFFSET_DELTA)
  writeInt64(batch, header.baseTimestamp, BatchField.BASE_TIMESTAMP)
  writeInt64(batch, header.maxTimestamp, BatchField.MAX_TIMESTAMP)
  writeInt64(batch, header.producerId ?? NO_PRODUCER_ID, BatchField.PRODUCER_ID)
  batch.writeInt16BE(header.producerEpoch ?? NO_PRODUCER_EPOCH, BatchField.PRODUCER_EPOCH)
  batch.writeInt32BE(header.baseSequence ?? NO_SEQUENCE, BatchField.BASE_SEQUENCE)
  batch.writeInt32BE(header.recordCount, BatchField.RECORD_COUNT)
  sealBatch(batch, 0, batch.length)
  return batch
}

function attributesOf(header: BatchHeader): number {
  return (
    (header.codec ?? Codec.NONE) |
    (header.timestampType === TimestampType.LOG_APPEND_TIME ? Attribute.LOG_APPEND_TIME : 0) |
    (header.isTransactional ? Attribute.TRANSACTIONAL : 0) |
    (header.isControl ? Attribute.CONTROL : 0) |
    (header.deleteHorizonMs === undefined ? 0 : Attribute.DELETE_HORIZON)
  )
}

function checkTimestamp(timestamp: number): void {
  if (timestamp < NO_TIMESTAMP) {
    throw new ProtocolError(ErrorCode.UNKNOWN_SERVER_ERROR, `a record dated ${timestamp}`)
  }
}

/** Bytes behind the length field. */
function sizeOfBody(record: RecordInput, index: number, baseTimestamp: number): number {
  checkTimestamp(record.timestamp)
  const headers = record.headers ?? []
  let size =
    1 +
    sizeOfVarlong(record.timestamp - baseTimestamp) +
    sizeOfVarint(record.offsetDelta ?? index) +
    sizeOfBytes(record.key) +
    sizeOfBytes(record.value) +
    sizeOfVarint(headers.length)
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key)
    size += sizeOfVarint(keyBytes) + keyBytes + sizeOfBytes(header.value)
  }
  return size
}

const sizeOfBytes = (bytes: Buffer | null) => (bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length)

function writeRecord(
  to: Buffer,
  start: number,
  record: RecordInput,
  index: number,
  size: number,
  baseTimestamp: number,
): number {
  let at = writeVarint(to, size, start)
  to[at++] = 0
  at = writeVarlong(to, record.timestamp - baseTimestamp, at)
  at = writeVarint(to, record.offsetDelta ?? index, at)
  at = writeBytes(to, record.key, at)
  at = writeBytes(to, record.value, at)
  const headers = record.headers ?? []
  at = writeVarint(to, headers.length, at)
  for (const header of headers) {
    at = writeVarint(to, Buffer.byteLength(header.key), at)
    at += to.write(header.key, at)
    at = writeBytes(to, header.value, at)
  }
  return at
}

function writeBytes(to: Buffer, bytes: Buffer | null, start: number): number {
  if (bytes === null) return writeVarint(to, -1, start)
  const at = writeVarint(to, bytes.length, start)
  bytes.copy(to, at)
  return at + bytes.length
}

export interface RebuildOptions {
  baseOffset: number
  leaderEpoch: number
  codec: Codec
  level?: number | undefined
  timestampType: TimestampType
  /** In ms: the largest of the records', or the wall clock where timestampType is LogAppendTime. */
  maxTimestamp: number
  /** What the strict `scanRecords` found. */
  scan: RecordScan
}

/**
 * The records of a checked v2 batch in another codec, at the given offsets without holes. Producer id, epoch, sequence,
 * the transactional and control flags and the records' headers stay.
 * @param body the result of `inflateRecords`
 */
export function rebuildBatch(batch: BatchView, body: Buffer, options: RebuildOptions): Buffer {
  const { scan, ...target } = options
  checkTimestamp(Math.min(scan.minTimestamp, 0))
  const header = {
    ...target,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
  }
  const keepsRecords = scan.isDense && batch.timestampType === TimestampType.CREATE_TIME && !batch.hasDeleteHorizon
  if (!keepsRecords || batch.baseTimestamp < NO_TIMESTAMP) {
    const records = [...readRecords(batch, {}, body)].map(({ offset: _, ...record }) => record)
    return buildBatch({ ...header, records })
  }
  // Nothing inside a record depends on the codec, so the records are taken as they are.
  const { baseTimestamp, recordCount } = batch
  const full = { ...header, baseTimestamp, recordCount, lastOffsetDelta: recordCount - 1 }
  return finishBatch(joinHeader(compress(options.codec, body, { level: options.level })), full)
}

/** What compaction leaves of a v2 batch whose records are all gone but whose offsets or producer state still count. */
export function emptyBatchLike(batch: BatchView): Buffer {
  return buildBatch({
    baseOffset: batch.baseOffset,
    lastOffsetDelta: batch.lastOffsetDelta,
    leaderEpoch: batch.partitionLeaderEpoch,
    timestampType: batch.timestampType,
    maxTimestamp: batch.maxTimestamp,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    records: [],
  })
}
