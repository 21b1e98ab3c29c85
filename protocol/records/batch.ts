import { crc32, crc32c } from '../checksum.ts'
import type { Magic } from '../compression/codec.ts'
import { corrupt } from './failures.ts'
import { readInt64, writeInt64 } from './int64.ts'

/** Offset and size, which stand before every entry of a log, whatever its magic. */
export const LOG_OVERHEAD = 12
/** Up to and including the magic byte, which stands at the same place in all layouts. */
export const HEADER_UP_TO_MAGIC = 17
/** The header of a v2 batch; its records begin here. */
export const BATCH_OVERHEAD = 61
/** Of a message, behind offset and size, without key and value. */
export const MESSAGE_OVERHEAD = [14, 22] as const
export const MAX_SEQUENCE = 0x7fffffff

/** Where the fields of a v2 batch stand (KIP-98). Integers are big-endian. */
export const BatchField = {
  BASE_OFFSET: 0,
  LENGTH: 8,
  PARTITION_LEADER_EPOCH: 12,
  MAGIC: 16,
  CRC: 17,
  ATTRIBUTES: 21,
  LAST_OFFSET_DELTA: 23,
  BASE_TIMESTAMP: 27,
  MAX_TIMESTAMP: 35,
  PRODUCER_ID: 43,
  PRODUCER_EPOCH: 51,
  BASE_SEQUENCE: 53,
  RECORD_COUNT: 57,
  RECORDS: BATCH_OVERHEAD,
} as const

/** Where the fields of a message stand, offset and size included. The timestamp exists in magic 1 only. */
export const MessageField = { OFFSET: 0, SIZE: 8, CRC: 12, MAGIC: 16, ATTRIBUTES: 17, TIMESTAMP: 18 } as const

export const Attribute = {
  CODEC: 0x07,
  LOG_APPEND_TIME: 0x08,
  TRANSACTIONAL: 0x10,
  CONTROL: 0x20,
  DELETE_HORIZON: 0x40,
  KNOWN: 0x7f,
} as const

export const TimestampType = { CREATE_TIME: 0, LOG_APPEND_TIME: 1 } as const
export type TimestampType = (typeof TimestampType)[keyof typeof TimestampType]

export const NO_TIMESTAMP = -1
export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
export const NO_LEADER_EPOCH = -1

/** `sequence` and so many more; after the largest int32 comes 0. */
export function addToSequence(sequence: number, increment: number): number {
  return sequence > MAX_SEQUENCE - increment ? increment - (MAX_SEQUENCE - sequence) - 1 : sequence + increment
}

/**
 * One entry of a log, in place: a v2 batch, or a legacy message (possibly a compressed wrapper). Reading is lazy, and
 * nothing but the header is touched; so `buffer` may end after the header as long as only the header is asked for.
 * What magic 0 and 1 do not have reads as "none" (-1, false).
 */
export class BatchView {
  readonly buffer: Buffer
  /** Where the entry begins in the buffer. */
  readonly start: number
  /** Bytes of the entry, offset and size fields included. */
  readonly sizeInBytes: number

  constructor(buffer: Buffer, start: number, sizeInBytes: number) {
    this.buffer = buffer
    this.start = start
    this.sizeInBytes = sizeInBytes
  }

  /** @throws ProtocolError CORRUPT_MESSAGE unless a whole entry begins there */
  static at(buffer: Buffer, start = 0): BatchView {
    const size = wholeBatchSize(buffer, start)
    if (size === 0) throw corrupt('the batch is cut off')
    return new BatchView(buffer, start, size)
  }

  get end(): number {
    return this.start + this.sizeInBytes
  }

  /** The bytes of the entry, sharing memory. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end)
  }

  get magic(): Magic {
    return this.buffer[this.start + BatchField.MAGIC] as Magic
  }

  /** The first offset; of a legacy wrapper the last one, since only its contents know the first. */
  get baseOffset(): number {
    return readInt64(this.buffer, this.start)
  }

  get lastOffset(): number {
    return this.magic === 2 ? this.baseOffset + this.lastOffsetDelta : this.baseOffset
  }

  get nextOffset(): number {
    return this.lastOffset + 1
  }

  get partitionLeaderEpoch(): number {
    return this.magic === 2 ? this.buffer.readInt32BE(this.start + BatchField.PARTITION_LEADER_EPOCH) : NO_LEADER_EPOCH
  }

  get crc(): number {
    return this.buffer.readUInt32BE(this.start + (this.magic === 2 ? BatchField.CRC : MessageField.CRC))
  }

  get attributes(): number {
    if (this.magic === 2) return this.buffer.readInt16BE(this.start + BatchField.ATTRIBUTES)
    return this.buffer[this.start + MessageField.ATTRIBUTES]!
  }

  /** Three bits from the wire: 5 to 7 are no codec. */
  get codec(): number {
    return this.attributes & Attribute.CODEC
  }

  get isCompressed(): boolean {
    return this.codec !== 0
  }

  get timestampType(): TimestampType {
    const flagged = this.magic > 0 && (this.attributes & Attribute.LOG_APPEND_TIME) !== 0
    return flagged ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME
  }

  get isTransactional(): boolean {
    return this.magic === 2 && (this.attributes & Attribute.TRANSACTIONAL) !== 0
  }

  get isControl(): boolean {
    return this.magic === 2 && (this.attributes & Attribute.CONTROL) !== 0
  }

  get hasDeleteHorizon(): boolean {
    return this.magic === 2 && (this.attributes & Attribute.DELETE_HORIZON) !== 0
  }

  /** When compaction may drop the batch's tombstones or marker, in ms (KIP-534); -1 without one. */
  get deleteHorizonMs(): number {
    return this.hasDeleteHorizon ? this.baseTimestamp : NO_TIMESTAMP
  }

  get lastOffsetDelta(): number {
    return this.magic === 2 ? this.buffer.readInt32BE(this.start + BatchField.LAST_OFFSET_DELTA) : 0
  }

  /** What the records' timestamp deltas count from, in ms: the first record's timestamp, or the delete horizon. */
  get baseTimestamp(): number {
    return this.magic === 2 ? readInt64(this.buffer, this.start + BatchField.BASE_TIMESTAMP) : this.maxTimestamp
  }

  /** In ms; -1 when no record has a timestamp. */
  get maxTimestamp(): number {
    if (this.magic === 2) return readInt64(this.buffer, this.start + BatchField.MAX_TIMESTAMP)
    return this.magic === 1 ? readInt64(this.buffer, this.start + MessageField.TIMESTAMP) : NO_TIMESTAMP
  }

  get producerId(): number {
    return this.magic === 2 ? readInt64(this.buffer, this.start + BatchField.PRODUCER_ID) : NO_PRODUCER_ID
  }

  get hasProducerId(): boolean {
    return this.producerId > NO_PRODUCER_ID
  }

  get producerEpoch(): number {
    return this.magic === 2 ? this.buffer.readInt16BE(this.start + BatchField.PRODUCER_EPOCH) : NO_PRODUCER_EPOCH
  }

  get baseSequence(): number {
    return this.magic === 2 ? this.buffer.readInt32BE(this.start + BatchField.BASE_SEQUENCE) : NO_SEQUENCE
  }

  get lastSequence(): number {
    const first = this.baseSequence
    return first === NO_SEQUENCE ? NO_SEQUENCE : addToSequence(first, this.lastOffsetDelta)
  }

  /** As the header says; nothing has been counted. -1 for a compressed legacy wrapper. */
  get recordCount(): number {
    if (this.magic === 2) return this.buffer.readInt32BE(this.start + BatchField.RECORD_COUNT)
    return this.isCompressed ? -1 : 1
  }

  /** The records of a v2 batch as they are stored, compressed or not. Shares memory. */
  get recordBytes(): Buffer {
    return this.buffer.subarray(this.start + BatchField.RECORDS, this.end)
  }

  /** Not covered by the checksum, so it can be changed in place. */
  setBaseOffset(offset: number): void {
    writeInt64(this.buffer, offset, this.start)
  }

  /** Moves a v2 batch so that it ends at this offset. */
  setLastOffset(offset: number): void {
    this.setBaseOffset(offset - this.lastOffsetDelta)
  }

  /** Not covered by the checksum, so it can be changed in place. v2 only. */
  setPartitionLeaderEpoch(epoch: number): void {
    this.buffer.writeInt32BE(epoch, this.start + BatchField.PARTITION_LEADER_EPOCH)
  }

  /**
   * Sets how and when the records of a v2 batch are dated, and the checksum with it. Leaves every byte alone when both
   * are so already.
   */
  setTimestamps(type: TimestampType, maxTimestamp: number): void {
    if (this.timestampType === type && this.maxTimestamp === maxTimestamp) return
    const others = this.attributes & Attribute.KNOWN & ~Attribute.LOG_APPEND_TIME
    const attributes = others | (type === TimestampType.LOG_APPEND_TIME ? Attribute.LOG_APPEND_TIME : 0)
    this.buffer.writeInt16BE(attributes, this.start + BatchField.ATTRIBUTES)
    writeInt64(this.buffer, maxTimestamp, this.start + BatchField.MAX_TIMESTAMP)
    sealBatch(this.buffer, this.start, this.end)
  }

  /** Whether the checksum is that of the bytes. Reads all of them. */
  verifyCrc(): boolean {
    if (this.magic === 2) return crc32c(this.buffer, this.start + BatchField.ATTRIBUTES, this.end) === this.crc
    return crc32(this.buffer, this.start + MessageField.MAGIC, this.end) === this.crc
  }

  /** @throws ProtocolError CORRUPT_MESSAGE when the checksum is not that of the bytes */
  ensureValid(): void {
    if (!this.verifyCrc()) throw corrupt(`checksum of the batch at offset ${this.baseOffset} differs`)
  }
}

/** Writes the checksum of the v2 batch in `buffer[start, end)`. */
export function sealBatch(buffer: Buffer, start: number, end: number): void {
  buffer.writeUInt32BE(crc32c(buffer, start + BatchField.ATTRIBUTES, end), start + BatchField.CRC)
}

/**
 * Total size that the entry at `at` claims; 17 bytes must be there.
 * @throws ProtocolError CORRUPT_MESSAGE when an entry of that size or magic cannot be
 */
export function claimedBatchSize(buffer: Buffer, at: number): number {
  const size = buffer.readInt32BE(at + BatchField.LENGTH)
  const magic = buffer[at + BatchField.MAGIC]!
  if (magic > 2) throw corrupt(`no such magic: ${magic}`)
  const least = magic === 2 ? BATCH_OVERHEAD - LOG_OVERHEAD : MESSAGE_OVERHEAD[magic as 0 | 1]
  if (size < least) throw corrupt(`an entry of magic ${magic} with ${size} bytes`)
  return LOG_OVERHEAD + size
}

/**
 * Size of the entry at `at`, or 0 when it is cut off before `end`, as the last one in a Fetch response may be.
 * @throws ProtocolError CORRUPT_MESSAGE when an entry of that size or magic cannot be
 */
export function wholeBatchSize(buffer: Buffer, at: number, end = buffer.length): number {
  const rest = end - at
  if (rest < LOG_OVERHEAD) return 0
  if (buffer.readInt32BE(at + BatchField.LENGTH) < MESSAGE_OVERHEAD[0]) {
    throw corrupt(`an entry with ${buffer.readInt32BE(at + BatchField.LENGTH)} bytes`)
  }
  if (rest < HEADER_UP_TO_MAGIC) return 0
  const size = claimedBatchSize(buffer, at)
  return size > rest ? 0 : size
}

/**
 * The whole entries in `buffer[start, end)`; a cut off last one is left out silently.
 * @throws ProtocolError CORRUPT_MESSAGE on reaching an entry whose size or magic cannot be
 */
export function* batches(buffer: Buffer, start = 0, end = buffer.length): Generator<BatchView, void, undefined> {
  let at = start
  for (;;) {
    const size = wholeBatchSize(buffer, at, end)
    if (size === 0) return
    yield new BatchView(buffer, at, size)
    at += size
  }
}
