import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { DiskError } from '../base/disk.ts'

/**
 * What a partition answers where its log threw: the operation during which the disk fails gets a DiskError, the ones
 * after it KAFKA_STORAGE_ERROR, and a client is to hear the same of both. Throws what is no answer.
 */
export function errorCodeOf(error: unknown): ErrorCode {
  if (error instanceof ProtocolError) return error.code
  if (error instanceof DiskError) return ErrorCode.KAFKA_STORAGE_ERROR
  throw error
}
