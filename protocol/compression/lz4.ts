import type { Magic } from './codec.ts'
import { reasonOf, tooLarge, undecodable } from './failures.ts'
import { loadPackage } from './packages.ts'
import { xxhash32 } from './xxhash32.ts'

/** The package's "block" is a raw LZ4 block behind 4 bytes (little-endian) that give room for the output. */
interface Lz4Package {
  compressSync(data: Buffer): Buffer
  uncompressSync(data: Buffer): Buffer
}

const FRAME_MAGIC = 0x184d2204
const SIZE_PREFIX_BYTES = 4
const BLOCK_BYTES = 64 * 1024
/** Version 1, independent blocks, nothing else; 64 KiB blocks. */
const FLAGS = 0x60
const BLOCK_DESCRIPTOR = 0x40
const STORED_BLOCK = 0x80000000
/** A byte of a match length stands for at most 255 bytes; the token before it adds a little. */
const MAX_EXPANSION = 255
const EXPANSION_SLACK = 64

const FLAG_DICTIONARY = 0x01
const FLAG_RESERVED = 0x02
const FLAG_CONTENT_SIZE = 0x08
const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_INDEPENDENT = 0x20

let lz4: Lz4Package | undefined

function lz4Package(): Lz4Package {
  lz4 ??= loadPackage<Lz4Package>('lz4', 'lz4-napi')
  return lz4
}

/**
 * One LZ4 frame as the Java client writes it. For magic 0 the header checksum also covers the frame's magic number:
 * the mistake of the first Kafka implementation, which readers of that format expect.
 */
export function compressLz4(data: Buffer, magic: Magic): Buffer {
  const { compressSync } = lz4Package()
  const header = Buffer.allocUnsafe(7)
  header.writeUInt32LE(FRAME_MAGIC)
  header[4] = FLAGS
  header[5] = BLOCK_DESCRIPTOR
  header[6] = headerChecksum(header, magic === 0 ? 0 : 4, 6)
  const parts: Buffer[] = [header]
  for (let start = 0; start < data.length; start += BLOCK_BYTES) {
    const plain = data.subarray(start, start + BLOCK_BYTES)
    const block = compressSync(plain)
    const length = block.length - SIZE_PREFIX_BYTES
    if (length < plain.length) {
      // The package's own prefix makes room for ours.
      block.writeUInt32LE(length)
      parts.push(block)
    } else {
      const prefix = Buffer.allocUnsafe(4)
      prefix.writeUInt32LE((STORED_BLOCK | plain.length) >>> 0)
      parts.push(prefix, plain)
    }
  }
  parts.push(Buffer.alloc(4))
  return Buffer.concat(parts)
}

function headerChecksum(buffer: Buffer, start: number, end: number): number {
  return (xxhash32(buffer, start, end) >>> 8) & 0xff
}

/**
 * Reads one frame; what follows its end mark is not looked at, nor is the checksum of the content. The result may be
 * a slice of `data`.
 */
export function decompressLz4(data: Buffer, maxBytes: number, magic: Magic): Buffer {
  const frame = readFrameHeader(data, magic)
  const blocks: Buffer[] = []
  let total = 0
  let at = frame.blocksAt
  for (;;) {
    if (data.length - at < 4) throw undecodable('lz4', 'no end mark')
    const word = data.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const stored = word >= STORED_BLOCK
    const length = stored ? word - STORED_BLOCK : word
    if (length > frame.maxBlockBytes)
      throw undecodable('lz4', `block of ${length} bytes, at most ${frame.maxBlockBytes}`)
    const next = at + length + (frame.blockChecksums ? 4 : 0)
    if (next > data.length) throw undecodable('lz4', 'a block ends past the end')
    if (frame.blockChecksums && data.readUInt32LE(at + length) !== xxhash32(data, at, at + length)) {
      throw undecodable('lz4', 'block checksum differs')
    }
    const left = maxBytes - total
    const block = stored ? data.subarray(at, at + length) : decompressBlock(data, at, length, frame.maxBlockBytes, left)
    if (block === null || block.length > left) throw tooLarge('lz4', maxBytes)
    total += block.length
    blocks.push(block)
    at = next
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks, total)
}

interface FrameHeader {
  blocksAt: number
  maxBlockBytes: number
  blockChecksums: boolean
}

function readFrameHeader(data: Buffer, magic: Magic): FrameHeader {
  if (data.length < 7) throw undecodable('lz4', 'no frame header')
  if (data.readUInt32LE(0) !== FRAME_MAGIC) throw undecodable('lz4', 'not a frame')
  const flags = data[4]!
  const descriptor = data[5]!
  if (flags >>> 6 !== 1) throw undecodable('lz4', `frame version ${flags >>> 6}`)
  if ((flags & FLAG_INDEPENDENT) === 0) throw undecodable('lz4', 'dependent blocks')
  if ((flags & (FLAG_RESERVED | FLAG_DICTIONARY)) !== 0 || (descriptor & 0x8f) !== 0) {
    throw undecodable('lz4', 'reserved bits are set')
  }
  const sizeId = descriptor >>> 4
  if (sizeId < 4) throw undecodable('lz4', `block size ${sizeId}`)
  const descriptorEnd = (flags & FLAG_CONTENT_SIZE) === 0 ? 6 : 14
  if (data.length <= descriptorEnd) throw undecodable('lz4', 'no frame header')
  // Magic 0 is not checked: both the right and the mistaken checksum are about.
  if (magic !== 0 && data[descriptorEnd] !== headerChecksum(data, 4, descriptorEnd)) {
    throw undecodable('lz4', 'header checksum differs')
  }
  return {
    blocksAt: descriptorEnd + 1,
    maxBlockBytes: 1 << (2 * sizeId + 8),
    blockChecksums: (flags & FLAG_BLOCK_CHECKSUM) !== 0,
  }
}

/** Null when the block would inflate to more than `left` bytes. */
function decompressBlock(data: Buffer, at: number, length: number, maxBytes: number, left: number): Buffer | null {
  const mayNeed = Math.min(maxBytes, length * MAX_EXPANSION + EXPANSION_SLACK)
  const prefixed = Buffer.allocUnsafe(SIZE_PREFIX_BYTES + length)
  prefixed.writeUInt32LE(Math.min(mayNeed, left))
  data.copy(prefixed, SIZE_PREFIX_BYTES, at, at + length)
  const { uncompressSync } = lz4Package()
  try {
    return uncompressSync(prefixed)
  } catch (error) {
    if (left < mayNeed && reasonOf(error).includes('too small')) return null
    throw undecodable('lz4', reasonOf(error), error)
  }
}
