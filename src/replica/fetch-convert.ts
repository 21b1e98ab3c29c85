import { ProtocolError } from '../../protocol/errors.ts'
import { downConvert } from '../../protocol/records/convert.ts'
import type { FetchPartition, FetchPartitionResult, FetchRequest } from './types.ts'

/** The first Fetch version that reads magic 1 (KIP-32); the one that reads magic 2 is 4. */
const MAGIC_1_SINCE = 2

/**
 * The records in the message format of a client older than v4 (KIP-98). A client that is given nothing but a part of
 * one batch sees that part's size filled with what it takes for a message that is too large for it.
 */
export function downConvertResult(
  result: FetchPartitionResult,
  asked: FetchPartition,
  request: FetchRequest,
): FetchPartitionResult {
  const magic = request.apiVersion < MAGIC_1_SINCE ? 0 : 1
  try {
    const converted = downConvert(result.records, magic, { firstOffset: asked.fetchOffset })
    if (converted.length > 0) return { ...result, records: [converted] }
    const fillToBytes = result.records.reduce((sum, buffer) => sum + buffer.length, 0)
    return { ...result, records: [downConvert([], magic, { fillToBytes })] }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return {
      ...result,
      errorCode: error.code,
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
      records: [],
    }
  }
}
