import { ErrorCode, ProtocolError } from '../errors.ts'

/** The size, magic or checksum of a batch cannot be: its bytes are not those that were written. */
export function corrupt(message: string): ProtocolError {
  return new ProtocolError(ErrorCode.CORRUPT_MESSAGE, message)
}

/** A batch is whole but what is in it breaks the rules. */
export function invalidRecord(message: string): ProtocolError {
  return new ProtocolError(ErrorCode.INVALID_RECORD, message)
}
