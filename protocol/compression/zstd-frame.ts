import { undecodable } from './failures.ts'

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const MAX_BLOCK_BYTES = 128 * 1024
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const RAW_BLOCK = 0
const RUN_BLOCK = 1
const COMPRESSED_BLOCK = 2

export interface ZstdContent {
  /** At most so many bytes come out. Never more than the blocks can hold, whatever a frame claims. */
  maxBytes: number
  /** Frames in a row, those to be skipped included. */
  frames: number
}

/**
 * What zstd data holds, from its headers alone (RFC 8878): the room that a decoder without streaming needs.
 * @throws ProtocolError when the structure is broken or cut off
 */
export function inspectZstd(data: Buffer): ZstdContent {
  let maxBytes = 0
  let frames = 0
  for (let at = 0; at < data.length; frames++) {
    if (data.length - at < 8) throw undecodable('zstd', 'cut off in a frame header')
    const magic = data.readUInt32LE(at)
    if ((magic & ~0xf) === SKIPPABLE_MAGIC) {
      at += 8 + data.readUInt32LE(at + 4)
      continue
    }
    if (magic !== FRAME_MAGIC) throw undecodable('zstd', 'not a frame')
    const header = frameHeader(data, at)
    const blocks = walkBlocks(data, header.blocksAt, header.maxBlockBytes)
    maxBytes += Math.min(header.contentBytes, blocks.bytes)
    at = blocks.end + (header.hasChecksum ? 4 : 0)
  }
  return { maxBytes, frames }
}

interface FrameHeader {
  blocksAt: number
  maxBlockBytes: number
  /** Infinity when the frame does not say. */
  contentBytes: number
  hasChecksum: boolean
}

function frameHeader(data: Buffer, start: number): FrameHeader {
  const descriptor = data[start + 4]!
  const singleSegment = (descriptor & 0x20) !== 0
  const windowAt = start + 5
  const contentAt = windowAt + (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3]
  const sizeFlag = (descriptor >>> 6) as 0 | 1 | 2 | 3
  const sizeBytes = sizeFlag === 0 && singleSegment ? 1 : CONTENT_SIZE_BYTES[sizeFlag]
  const blocksAt = contentAt + sizeBytes
  if (blocksAt > data.length) throw undecodable('zstd', 'cut off in a frame header')
  const contentBytes = sizeBytes === 0 ? Number.POSITIVE_INFINITY : readContentSize(data, contentAt, sizeBytes)
  const windowBytes = singleSegment ? contentBytes : windowSize(data[windowAt]!)
  return {
    blocksAt,
    maxBlockBytes: Math.min(windowBytes, MAX_BLOCK_BYTES),
    contentBytes,
    hasChecksum: (descriptor & 4) !== 0,
  }
}

function readContentSize(data: Buffer, at: number, bytes: 1 | 2 | 4 | 8): number {
  if (bytes === 1) return data[at]!
  if (bytes === 2) return data.readUInt16LE(at) + 256
  if (bytes === 4) return data.readUInt32LE(at)
  return data.readUInt32LE(at) + data.readUInt32LE(at + 4) * 2 ** 32
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3))
  return base + (base / 8) * (descriptor & 7)
}

function walkBlocks(data: Buffer, start: number, maxBlockBytes: number): { bytes: number; end: number } {
  let bytes = 0
  let at = start
  for (let last = false; !last; ) {
    if (data.length - at < 3) throw undecodable('zstd', 'cut off in a block header')
    const header = data.readUIntLE(at, 3)
    last = (header & 1) === 1
    const type = (header >>> 1) & 3
    const size = header >>> 3
    if (type > COMPRESSED_BLOCK) throw undecodable('zstd', 'reserved block type')
    bytes += type === RAW_BLOCK || type === RUN_BLOCK ? size : maxBlockBytes
    at += 3 + (type === RUN_BLOCK ? 1 : size)
    if (at > data.length) throw undecodable('zstd', 'a block ends past the end')
  }
  return { bytes, end: at }
}
