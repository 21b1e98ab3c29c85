import * as zlib from 'node:zlib'
import { reasonOf, tooLarge, undecodable } from './failures.ts'
import { inspectZstd } from './zstd-frame.ts'
import { compressZstdWasm, decompressZstdWasm } from './zstd-wasm.ts'

/** What Node has from 22.15 on. */
interface ZlibZstd {
  zstdCompressSync?: (data: Buffer, options: { params: Record<number, number> }) => Buffer
  zstdDecompressSync?: (data: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Buffer
}

const { zstdCompressSync, zstdDecompressSync } = zlib as ZlibZstd
const PARAMETER_LEVEL = 100
const MIN_CHUNK_BYTES = 1024
const MAX_CHUNK_BYTES = 1024 * 1024

/** One zstd frame (RFC 8878). */
export function compressZstd(data: Buffer, level: number): Buffer {
  if (zstdCompressSync === undefined) return compressZstdWasm(data, level)
  return zstdCompressSync(data, { params: { [PARAMETER_LEVEL]: level } })
}

/** Reads one frame or several in a row. */
export function decompressZstd(data: Buffer, maxBytes: number): Buffer {
  const content = inspectZstd(data)
  if (content.frames === 0) throw undecodable('zstd', 'no frame')
  // Node reads the first frame only, and says nothing.
  if (zstdDecompressSync === undefined || content.frames > 1) return decompressZstdWasm(data, maxBytes)
  const chunkSize = Math.min(Math.max(content.maxBytes, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES)
  try {
    return zstdDecompressSync(data, { maxOutputLength: Math.max(maxBytes, 1), chunkSize })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('zstd', maxBytes)
    throw undecodable('zstd', reasonOf(error), error)
  }
}
