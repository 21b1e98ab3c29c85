import { Codec, codecOf } from '../../protocol/compression/index.ts'
import { ErrorCode, errorName, ProtocolError } from '../../protocol/errors.ts'
import {
  type BatchView,
  batches,
  NO_TIMESTAMP,
  TimestampType,
  BatchView as View,
} from '../../protocol/records/batch.ts'
import { rebuildBatch } from '../../protocol/records/build.ts'
import { convertToBatch, readMessageSet } from '../../protocol/records/convert.ts'
import type { LegacyRecord } from '../../protocol/records/legacy.ts'
import { inflateRecords, type RecordScan, readRecords, scanRecords } from '../../protocol/records/record.ts'
import { isCompacted, type TopicConfig } from './config.ts'
import type { AppendOrigin } from './producer-state.ts'

/** A record at fault: its place in the batch, and why (KIP-467). */
export interface RecordError {
  batchIndex: number
  message: string
}

/** The batch was refused for what is in its records. Nothing of it was appended. */
export class RecordValidationError extends ProtocolError {
  readonly recordErrors: readonly RecordError[]

  constructor(code: ErrorCode, message: string, recordErrors: readonly RecordError[]) {
    super(code, message)
    this.recordErrors = recordErrors
  }
}

export interface ValidationContext {
  config: TopicConfig
  origin: AppendOrigin
  /** Of Produce; decides which layouts are accepted. Undefined: whoever calls has seen to that. */
  version: number | undefined
  nowMs: number
  /** The offset of the first record. */
  baseOffset: number
  leaderEpoch: number
}

/** First version whose records are v2 batches, one to a partition (C4), and the first that may hold zstd (KIP-110). */
const BATCH_VERSION = 3
const ZSTD_VERSION = 7
/** Messages about single records that the summary repeats (C20). */
const MAX_LISTED_ERRORS = 3

/**
 * Checks what a leader is given to append and makes it what is stored: offsets and leader epoch are assigned in place,
 * timestamps set, other codecs and older layouts converted (facts C10 to C24, A52 to A57). The bytes of `records` change.
 *
 * @returns the batches to store, whole, in order; none where an old producer sent nothing whole
 * @throws ProtocolError, RecordValidationError
 */
export function validateForLeader(records: Buffer, context: ValidationContext): BatchView[] {
  if (context.origin !== 'client') return assignTrusted(records, context)
  const sent = scan(records, context)
  const first = sent[0]
  if (first === undefined) {
    if ((context.version ?? 0) < BATCH_VERSION) return []
    throw invalid('the partition has no record batch')
  }
  if (first.magic < 2) return [convertLegacy(records, context)]
  if (sent.length > 1) throw invalid('the partition has more than one record batch')
  return [validateBatch(first, context)]
}

/** What can be said without looking into the records (C10 to C12, C4). */
function scan(records: Buffer, { config, version }: ValidationContext): BatchView[] {
  const sent: BatchView[] = []
  for (const batch of batches(records)) {
    if (version !== undefined) checkLayout(batch, version)
    if (batch.magic === 2 && batch.baseOffset !== 0)
      throw invalid(`the batch begins at offset ${batch.baseOffset}, not at 0`)
    checkSize(batch.sizeInBytes, config)
    batch.ensureValid()
    sent.push(batch)
  }
  return sent
}

function checkLayout(batch: BatchView, version: number): void {
  if (batch.magic === 2 ? version < BATCH_VERSION : version >= BATCH_VERSION) {
    throw invalid(`records of magic ${batch.magic} in Produce v${version}`)
  }
  if (batch.codec === Codec.ZSTD && version < ZSTD_VERSION) {
    throw new ProtocolError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `zstd needs Produce v${ZSTD_VERSION}`)
  }
}

function checkSize(bytes: number, config: TopicConfig): void {
  const limit = config['max.message.bytes']
  if (bytes > limit) {
    throw new ProtocolError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `a batch of ${bytes} bytes is larger than max.message.bytes (${limit})`,
    )
  }
}

function validateBatch(batch: BatchView, context: ValidationContext): BatchView {
  checkHeader(batch)
  const { config } = context
  const target = targetCodec(batch.codec, config)
  const inPlace = target === batch.codec
  const body = inflateRecords(batch)
  const found = scanRecords(batch, body, { lenient: inPlace && batch.isCompressed })
  checkRecords(batch, body, found, context)
  if (!inPlace) return rebuild(batch, body, found, target, context)
  if (batch.isCompressed && !found.isDense) {
    throw new ProtocolError(ErrorCode.UNKNOWN_SERVER_ERROR, 'offsets inside the compressed batch do not count from 0')
  }
  const { type, maxTimestamp } = stampFor(found.maxTimestamp, context)
  batch.setTimestamps(type, maxTimestamp)
  place(batch, context.baseOffset, context.leaderEpoch)
  return batch
}

/** C15: what the header claims has to be possible, and what a client may claim. */
function checkHeader(batch: BatchView): void {
  const { recordCount, lastOffsetDelta } = batch
  if (recordCount <= 0) throw invalid(`the batch counts ${recordCount} records`)
  if (lastOffsetDelta + 1 !== recordCount) {
    throw invalid(`the batch counts ${recordCount} records and ${lastOffsetDelta + 1} offsets`)
  }
  if (batch.isControl) throw invalid('clients may not write control batches')
  if (batch.hasProducerId && batch.baseSequence < 0)
    throw invalid(`sequence ${batch.baseSequence} of producer ${batch.producerId}`)
  if (!Number.isSafeInteger(batch.producerId)) throw invalid('the producer id is out of range')
}

/** A53: what the topic wants, or what the producer chose. */
function targetCodec(sent: number, config: TopicConfig): number {
  const type = config['compression.type']
  return type === 'producer' ? sent : codecOf(type)
}

function levelOf(codec: number, config: TopicConfig): number | undefined {
  if (codec === Codec.GZIP) return config['compression.gzip.level']
  if (codec === Codec.LZ4) return config['compression.lz4.level']
  return codec === Codec.ZSTD ? config['compression.zstd.level'] : undefined
}

/** Timestamp type and largest timestamp as they are stored (C24, A56). */
function stampFor(maxTimestamp: number, { config, nowMs }: ValidationContext) {
  return config['message.timestamp.type'] === 'LogAppendTime'
    ? { type: TimestampType.LOG_APPEND_TIME, maxTimestamp: nowMs }
    : { type: TimestampType.CREATE_TIME, maxTimestamp }
}

/** C16 to C20. The scan tells whether anything can be wrong; only then are the records looked at one by one. */
function checkRecords(batch: BatchView, body: Buffer, found: RecordScan, context: ValidationContext): void {
  const { config, nowMs } = context
  const createTime = config['message.timestamp.type'] === 'CreateTime'
  const [earliest, latest] = timestampBounds(config, nowMs)
  const flagged = batch.timestampType === TimestampType.LOG_APPEND_TIME
  const suspect =
    (isCompacted(config) && found.firstNullKey >= 0) ||
    (flagged && (!createTime || batch.maxTimestamp === NO_TIMESTAMP)) ||
    (createTime && (flagged || found.minTimestamp < earliest || found.maxTimestamp > latest))
  if (!suspect) return
  const errors: RecordError[] = []
  let wrongTime = false
  let batchIndex = 0
  for (const { timestamp, key } of readRecords(batch, {}, body)) {
    if (key === null && isCompacted(config)) {
      errors.push({ batchIndex, message: 'a compacted topic takes no record without a key' })
    } else {
      const message = timestampError(timestamp, flagged, context)
      if (message !== undefined) {
        wrongTime = true
        errors.push({ batchIndex, message })
      }
    }
    batchIndex++
  }
  if (errors.length > 0) throw refusal(errors, wrongTime)
}

/** What a record's timestamp has to lie between, inclusive. */
function timestampBounds(config: TopicConfig, nowMs: number): [earliest: number, latest: number] {
  const latest = nowMs + config['message.timestamp.after.max.ms']
  return [nowMs - config['message.timestamp.before.max.ms'], Math.min(latest, Number.MAX_SAFE_INTEGER)]
}

function timestampError(timestamp: number, flagged: boolean, { config, nowMs }: ValidationContext): string | undefined {
  if (config['message.timestamp.type'] === 'CreateTime' && timestamp !== NO_TIMESTAMP) {
    const [earliest, latest] = timestampBounds(config, nowMs)
    if (timestamp >= earliest && timestamp <= latest) return undefined
    return `timestamp ${timestamp} is out of range: it has to be between ${earliest} and ${latest}`
  }
  return flagged ? 'a producer may not set the timestamp type LogAppendTime' : undefined
}

function refusal(errors: readonly RecordError[], wrongTime: boolean): RecordValidationError {
  const code = wrongTime ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD
  if (wrongTime) return new RecordValidationError(code, 'records were refused for their timestamps', errors)
  const listed = errors.slice(0, MAX_LISTED_ERRORS).map(({ batchIndex, message }) => `record ${batchIndex}: ${message}`)
  const count = `${errors.length} record ${errors.length === 1 ? 'error' : 'errors'}`
  return new RecordValidationError(code, `records were refused; of ${count}: ${listed.join('; ')}`, errors)
}

function rebuild(
  batch: BatchView,
  body: Buffer,
  found: RecordScan,
  codec: number,
  context: ValidationContext,
): BatchView {
  const { type, maxTimestamp } = stampFor(found.maxTimestamp, context)
  const bytes = rebuildBatch(batch, body, {
    baseOffset: context.baseOffset,
    leaderEpoch: context.leaderEpoch,
    codec: codec as Codec,
    level: levelOf(codec, context.config),
    timestampType: type,
    maxTimestamp,
    scan: found,
  })
  checkSize(bytes.length, context.config)
  return View.at(bytes)
}

/** Produce v0 to v2: all messages of the partition become one v2 batch (A36). */
function convertLegacy(records: Buffer, context: ValidationContext): BatchView {
  const { config } = context
  const set = readMessageSet(records)
  checkLegacyRecords(set.records, context)
  const codec = targetCodec(set.codec, config)
  let maxTimestamp = NO_TIMESTAMP
  for (const { timestamp } of set.records) maxTimestamp = Math.max(maxTimestamp, timestamp)
  const stamp = stampFor(maxTimestamp, context)
  const bytes = convertToBatch(set.records, {
    baseOffset: context.baseOffset,
    leaderEpoch: context.leaderEpoch,
    codec: codec as Codec,
    level: levelOf(codec, config),
    timestampType: stamp.type,
    maxTimestamp: stamp.maxTimestamp,
  })
  checkSize(bytes.length, config)
  return View.at(bytes)
}

function checkLegacyRecords(records: readonly LegacyRecord[], context: ValidationContext): void {
  const errors: RecordError[] = []
  let wrongTime = false
  records.forEach(({ key, timestamp, timestampType }, batchIndex) => {
    if (key === null && isCompacted(context.config)) {
      errors.push({ batchIndex, message: 'a compacted topic takes no record without a key' })
      return
    }
    const message = timestampError(timestamp, timestampType === TimestampType.LOG_APPEND_TIME, context)
    if (message === undefined) return
    wrongTime = true
    errors.push({ batchIndex, message })
  })
  if (errors.length > 0) throw refusal(errors, wrongTime)
}

/**
 * Batches that this node built itself, or that consensus has accepted: well-formed by construction. Size and time are
 * the topic's all the same; codec and records stay as they are.
 */
function assignTrusted(records: Buffer, context: ValidationContext): BatchView[] {
  const { config, origin, leaderEpoch } = context
  const found = [...batches(records)]
  let { baseOffset } = context
  for (const batch of found) {
    if (batch.magic !== 2) throw invalid(`a batch of magic ${batch.magic}`)
    if (origin === 'coordinator') {
      checkSize(batch.sizeInBytes, config)
      const { type, maxTimestamp } = stampFor(batch.maxTimestamp, context)
      batch.setTimestamps(type, maxTimestamp)
    }
    place(batch, baseOffset, leaderEpoch)
    baseOffset = batch.nextOffset
  }
  const bytes = found.at(-1)?.end ?? 0
  if (bytes !== records.length) throw invalid(`${records.length - bytes} bytes behind the last whole batch`)
  return found
}

function place(batch: BatchView, baseOffset: number, leaderEpoch: number): void {
  batch.setBaseOffset(baseOffset)
  batch.setPartitionLeaderEpoch(leaderEpoch)
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ErrorCode.INVALID_RECORD, message)
}

/**
 * Checks what a follower was sent: whole batches with right checksums, in order, from `nextOffset` on. Offsets and
 * epochs stay. A cut off last batch is left out, and so is what is of a later epoch than the fetch was made in (N-G12).
 */
export function validateForFollower(records: Buffer, nextOffset: number, leaderEpoch: number): BatchView[] {
  const accepted: BatchView[] = []
  let next = nextOffset
  for (const batch of batches(records)) {
    if (batch.partitionLeaderEpoch > leaderEpoch) break
    batch.ensureValid()
    if (batch.baseOffset < next || batch.lastOffset < batch.baseOffset) {
      throw new ProtocolError(
        ErrorCode.CORRUPT_MESSAGE,
        `a batch of offsets ${batch.baseOffset} to ${batch.lastOffset} where ${next} comes next (${errorName(ErrorCode.CORRUPT_MESSAGE)})`,
      )
    }
    accepted.push(batch)
    next = batch.nextOffset
  }
  return accepted
}
