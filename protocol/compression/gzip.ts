import { gunzipSync, gzipSync } from 'node:zlib'
import { reasonOf, tooLarge, undecodable } from './failures.ts'

const EXTRA_FLAGS_AT = 8
const OPERATING_SYSTEM_AT = 9
const OPERATING_SYSTEM_UNKNOWN = 0xff
const MIN_CHUNK_BYTES = 1024
const MAX_CHUNK_BYTES = 1024 * 1024

/** One member (RFC 1952) with the header that Java writes: no flags, no time, no extra flags, system unknown. */
export function compressGzip(data: Buffer, level = -1): Buffer {
  const compressed = gzipSync(data, { level })
  compressed[EXTRA_FLAGS_AT] = 0
  compressed[OPERATING_SYSTEM_AT] = OPERATING_SYSTEM_UNKNOWN
  return compressed
}

export function decompressGzip(data: Buffer, maxBytes: number): Buffer {
  const chunkSize = Math.min(Math.max(data.length * 4, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES)
  try {
    return gunzipSync(data, { maxOutputLength: Math.max(maxBytes, 1), chunkSize })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('gzip', maxBytes)
    throw undecodable('gzip', reasonOf(error), error)
  }
}
