import { Codec } from '../../protocol/compression/codec.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { BatchView, wholeBatchSize } from '../../protocol/records/batch.ts'

/** The first Produce version that must carry exactly one batch of magic 2. */
const ONE_BATCH_SINCE = 3
/** The first Produce version that may carry zstd (KIP-110). */
const ZSTD_SINCE = 7

/** Size of the batch at `at`: 0 where it is not all there, undefined where size or magic cannot be those of a batch. */
function sizeAt(records: Buffer, at: number): number | undefined {
  try {
    return wholeBatchSize(records, at)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** A first batch whose size or magic is impossible makes Kafka refuse the whole request with CORRUPT_MESSAGE (C12). */
export function isUnreadable(records: Buffer): boolean {
  return sizeAt(records, 0) === undefined
}

/** What a version allows in one partition of a Produce request (C4): NONE, or why it is refused. */
export function checkRecords(records: Buffer, apiVersion: number): ErrorCode {
  if (apiVersion < ONE_BATCH_SINCE) return ErrorCode.NONE
  const size = sizeAt(records, 0)
  if (size === undefined) return ErrorCode.CORRUPT_MESSAGE
  if (size === 0) return ErrorCode.INVALID_RECORD
  const batch = new BatchView(records, 0, size)
  if (batch.magic < 2) return ErrorCode.INVALID_RECORD
  if (batch.codec === Codec.ZSTD && apiVersion < ZSTD_SINCE) return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
  const next = sizeAt(records, size)
  if (next === undefined) return ErrorCode.CORRUPT_MESSAGE
  // A partial batch behind the first one is cut off by the log, silently.
  return next === 0 ? ErrorCode.NONE : ErrorCode.INVALID_RECORD
}
