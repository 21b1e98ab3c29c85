import { ErrorCode, ProtocolError } from '../errors.ts'

/**
 * What a batch may grow to when it is inflated, unless the caller sets another limit. Apache Kafka streams and has no
 * such limit; here the inflated records are in memory as a whole, so a small batch must not claim all of it.
 */
export const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

/** Compressed bytes that cannot be inflated. Apache Kafka reports this I/O error of its as UNKNOWN_SERVER_ERROR. */
export function undecodable(codec: string, reason: string, cause?: unknown): ProtocolError {
  return new ProtocolError(ErrorCode.UNKNOWN_SERVER_ERROR, `cannot inflate ${codec} data: ${reason}`, { cause })
}

/** The limit was passed. MESSAGE_TOO_LARGE, because a client answers it by splitting the batch. */
export function tooLarge(codec: string, maxBytes: number): ProtocolError {
  return new ProtocolError(ErrorCode.MESSAGE_TOO_LARGE, `${codec} data inflates to more than ${maxBytes} bytes`)
}

/** The package that does the work is not there, on a platform for which it has no prebuilt binary. */
export function unavailable(codec: string, packageName: string, cause: unknown): ProtocolError {
  const message = `${codec} needs the package ${packageName}, which cannot be loaded here`
  return new ProtocolError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message, { cause })
}

/** The codec does not exist, or not for this layout of records. */
export function unsupported(message: string): ProtocolError {
  return new ProtocolError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message)
}

/** The text of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
