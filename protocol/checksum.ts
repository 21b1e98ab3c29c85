import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import plainCrc32 from 'crc-32'
import plainCrc32c from 'crc-32/crc32c.js'

/** Below this many bytes the call into native code costs more than it saves. */
const NATIVE_FROM_BYTES = 400

/** Takes the checksum so far (0 at the start) and returns it signed or unsigned. */
type Checksum = (bytes: Uint8Array, sofar: number) => number

interface NativeChecksums {
  crc32c: Checksum
  crc32: Checksum
}

let native: NativeChecksums | null | undefined

/** The prebuilt package where this platform has one; looked for at the first large buffer, not at start-up. */
function nativeChecksums(): NativeChecksums | null {
  if (native === undefined) {
    try {
      native = createRequire(import.meta.url)('@node-rs/crc32') as NativeChecksums
    } catch {
      native = null
    }
  }
  return native
}

const zlibCrc32 = (zlib as { crc32?: Checksum }).crc32

/**
 * CRC-32C (Castagnoli) of `buffer[start, end)` as an unsigned 32-bit number: the checksum of v2 batches, snapshots
 * and producer state. `sofar` continues a checksum over several pieces.
 */
export function crc32c(buffer: Buffer, start = 0, end = buffer.length, sofar = 0): number {
  const bytes = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end)
  if (bytes.length >= NATIVE_FROM_BYTES) {
    const checksums = nativeChecksums()
    if (checksums !== null) return checksums.crc32c(bytes, sofar) >>> 0
  }
  return plainCrc32c.buf(bytes, sofar) >>> 0
}

/** CRC-32C over several buffers as if they were one. */
export function crc32cOf(buffers: readonly Buffer[], sofar = 0): number {
  let crc = sofar
  for (const buffer of buffers) crc = crc32c(buffer, 0, buffer.length, crc)
  return crc
}

/** CRC-32 (IEEE, as in gzip) of `buffer[start, end)`, unsigned: the checksum of legacy messages (magic 0 and 1). */
export function crc32(buffer: Buffer, start = 0, end = buffer.length, sofar = 0): number {
  const bytes = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end)
  if (bytes.length >= NATIVE_FROM_BYTES) {
    if (zlibCrc32 !== undefined) return zlibCrc32(bytes, sofar) >>> 0
    const checksums = nativeChecksums()
    if (checksums !== null) return checksums.crc32(bytes, sofar) >>> 0
  }
  return plainCrc32.buf(bytes, sofar) >>> 0
}
