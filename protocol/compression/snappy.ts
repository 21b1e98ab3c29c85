import { reasonOf, tooLarge, undecodable } from './failures.ts'
import { loadPackage } from './packages.ts'

interface SnappyPackage {
  compressSync(data: Buffer, options: { copyOutputData: boolean }): Buffer
  uncompressSync(data: Buffer, options: { copyOutputData: boolean }): Buffer
}

/** A copy of a block is several times cheaper than memory that V8 must be told to free. */
const COPY = { copyOutputData: true }

/** Framing of the Java library `snappy-java` ("xerial"): this header, then length-prefixed raw blocks. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const XERIAL_VERSION = 1
const XERIAL_BLOCK_BYTES = 32 * 1024
/** The densest raw snappy element is 3 bytes that copy 64. A length beyond this factor cannot be true. */
const MAX_EXPANSION = 32

let snappy: SnappyPackage | undefined

function snappyPackage(): SnappyPackage {
  snappy ??= loadPackage<SnappyPackage>('snappy', 'snappy')
  return snappy
}

export function compressSnappy(data: Buffer): Buffer {
  const { compressSync } = snappyPackage()
  const header = Buffer.alloc(XERIAL_HEADER_BYTES)
  XERIAL_MAGIC.copy(header)
  header.writeInt32BE(XERIAL_VERSION, 8)
  header.writeInt32BE(XERIAL_VERSION, 12)
  const parts: Buffer[] = [header]
  for (let start = 0; start < data.length; start += XERIAL_BLOCK_BYTES) {
    const block = compressSync(data.subarray(start, start + XERIAL_BLOCK_BYTES), COPY)
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

/** Reads both xerial framing and a bare raw block, which some clients send. */
export function decompressSnappy(data: Buffer, maxBytes: number): Buffer {
  return isXerial(data) ? decompressXerial(data, maxBytes) : decompressBlock(data, maxBytes)
}

function isXerial(data: Buffer): boolean {
  return data.length >= XERIAL_HEADER_BYTES && data.compare(XERIAL_MAGIC, 0, 8, 0, 8) === 0
}

function decompressXerial(data: Buffer, maxBytes: number): Buffer {
  const compatibleVersion = data.readInt32BE(12)
  if (compatibleVersion < XERIAL_VERSION) throw undecodable('snappy', `framing version ${compatibleVersion}`)
  const blocks: Buffer[] = []
  let total = 0
  let at = XERIAL_HEADER_BYTES
  while (at < data.length) {
    if (isXerial(data.subarray(at))) {
      // A second stream appended to the first: its header is skipped.
      at += XERIAL_HEADER_BYTES
      continue
    }
    if (data.length - at < 4) throw undecodable('snappy', 'cut off in a block length')
    const length = data.readInt32BE(at)
    at += 4
    if (length < 0 || length > data.length - at) throw undecodable('snappy', `block of ${length} bytes past the end`)
    const block = decompressBlock(data.subarray(at, at + length), maxBytes - total)
    total += block.length
    blocks.push(block)
    at += length
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks, total)
}

function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  const length = claimedLength(block)
  if (length > maxBytes) throw tooLarge('snappy', maxBytes)
  if (length > block.length * MAX_EXPANSION) throw undecodable('snappy', `impossible length ${length}`)
  const { uncompressSync } = snappyPackage()
  try {
    return uncompressSync(block, COPY)
  } catch (error) {
    throw undecodable('snappy', reasonOf(error), error)
  }
}

/** A raw block begins with its inflated length: an unsigned varint of at most 32 bits. */
function claimedLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw undecodable('snappy', 'no length')
}
