import { Codec } from '../compression/index.ts'
import { ErrorCode, ProtocolError } from '../errors.ts'
import { BATCH_OVERHEAD, BatchField, type BatchView, batches, LOG_OVERHEAD, TimestampType } from './batch.ts'
import { type BatchInput, buildBatch } from './build.ts'
import { invalidRecord } from './failures.ts'
import { buildMessageSet, type LegacyInput, type LegacyMagic, type LegacyRecord, readMessages } from './legacy.ts'
import { type ReadOptions, readRecords } from './record.ts'

export interface MessageSet {
  /** In the order sent; offsets are those of the sender. */
  records: LegacyRecord[]
  /** Of the last compressed entry, which `compression.type=producer` keeps; none if there is none. */
  codec: Codec
}

/**
 * All messages of a message set as an old producer sends it (Produce v0 to v2): entries of magic 0 and 1, wrapped or
 * not. Verifies every checksum; a cut off last entry is left out.
 * @throws ProtocolError CORRUPT_MESSAGE, INVALID_RECORD, what `decompress` throws
 */
export function readMessageSet(set: Buffer, options: ReadOptions = {}): MessageSet {
  const records: LegacyRecord[] = []
  let codec: Codec = Codec.NONE
  for (const entry of batches(set)) {
    if (entry.magic === 2) throw invalidRecord('a record batch in a message set')
    entry.ensureValid()
    if (entry.isCompressed) codec = entry.codec as Codec
    for (const record of readMessages(entry, options)) records.push(record)
  }
  return { records, codec }
}

/** One v2 batch of legacy records, at new offsets without holes; without a producer id. */
export function convertToBatch(records: readonly LegacyRecord[], header: Omit<BatchInput, 'records'>): Buffer {
  return buildBatch({
    ...header,
    records: records.map(({ timestamp, key, value }) => ({ timestamp, key, value })),
  })
}

export interface DownConvertOptions extends ReadOptions {
  /** Where the fetch began: earlier records of an uncompressed batch are left out. */
  firstOffset?: number
  /** Size announced for the records. What is missing is filled with the head of a batch too large to be read. */
  fillToBytes?: number
}

/**
 * Stored entries in the layout of an older client (Fetch v0, v1: magic 0; v2, v3: magic 1). Control batches are left
 * out and headers dropped; entries that are old enough stay as they are. A zstd batch, which these clients cannot read,
 * ends the result.
 * @param entries whole entries; a cut off last one of a buffer is left out
 * @throws ProtocolError UNSUPPORTED_COMPRESSION_TYPE when the first batch to be converted is zstd; what reading throws
 */
export function downConvert(entries: readonly Buffer[], magic: LegacyMagic, options: DownConvertOptions = {}): Buffer {
  const parts: Buffer[] = []
  let bytes = 0
  for (const entry of allBatches(entries)) {
    if (entry.isControl) continue
    if (entry.codec === Codec.ZSTD && entry.magic === 2) {
      if (parts.length > 0) break
      throw new ProtocolError(
        ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
        `zstd batches cannot be read by clients that ask for magic ${magic}`,
      )
    }
    const converted = entry.magic <= magic ? entry.bytes : downConvertEntry(entry, magic, options)
    if (converted.length === 0) continue
    parts.push(converted)
    bytes += converted.length
  }
  const missing = (options.fillToBytes ?? 0) - bytes
  if (missing > 0) parts.push(overflowHeader(missing))
  return Buffer.concat(parts)
}

function* allBatches(buffers: readonly Buffer[]): Generator<BatchView> {
  for (const buffer of buffers) yield* batches(buffer)
}

function downConvertEntry(entry: BatchView, magic: LegacyMagic, options: DownConvertOptions): Buffer {
  const { firstOffset = 0 } = options
  const read: Iterable<LegacyInput> = entry.magic === 2 ? readRecords(entry, options) : readMessages(entry, options)
  const records: LegacyInput[] = []
  for (const record of read) if (entry.isCompressed || record.offset >= firstOffset) records.push(record)
  return buildMessageSet({
    magic,
    codec: entry.codec as Codec,
    timestampType: entry.timestampType,
    ...(entry.timestampType === TimestampType.LOG_APPEND_TIME ? { logAppendTimeMs: entry.maxTimestamp } : {}),
    records,
  })
}

/** So many bytes that a client takes for a cut off entry: no offset, and a size beyond what it was sent. */
function overflowHeader(bytes: number): Buffer {
  const filler = Buffer.alloc(Math.max(bytes, LOG_OVERHEAD))
  filler.writeBigInt64BE(-1n, BatchField.BASE_OFFSET)
  filler.writeInt32BE(Math.max(bytes + 1, BATCH_OVERHEAD), BatchField.LENGTH)
  return filler.subarray(0, bytes)
}
