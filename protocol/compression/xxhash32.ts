const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

const rotateLeft = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits))
const round = (lane: number, input: number) =>
  Math.imul(rotateLeft((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1)

/** xxHash, 32-bit variant, of `buffer[start, end)`, as an unsigned number: the checksum inside LZ4 frames. */
export function xxhash32(buffer: Buffer, start = 0, end = buffer.length, seed = 0): number {
  const length = end - start
  let at = start
  let hash: number
  if (length >= 16) {
    let lane1 = (seed + PRIME_1 + PRIME_2) | 0
    let lane2 = (seed + PRIME_2) | 0
    let lane3 = seed | 0
    let lane4 = (seed - PRIME_1) | 0
    for (; at <= end - 16; at += 16) {
      lane1 = round(lane1, buffer.readInt32LE(at))
      lane2 = round(lane2, buffer.readInt32LE(at + 4))
      lane3 = round(lane3, buffer.readInt32LE(at + 8))
      lane4 = round(lane4, buffer.readInt32LE(at + 12))
    }
    hash = (rotateLeft(lane1, 1) + rotateLeft(lane2, 7) + rotateLeft(lane3, 12) + rotateLeft(lane4, 18)) | 0
  } else {
    hash = (seed + PRIME_5) | 0
  }
  hash = (hash + length) | 0
  for (; at <= end - 4; at += 4) {
    hash = Math.imul(rotateLeft((hash + Math.imul(buffer.readInt32LE(at), PRIME_3)) | 0, 17), PRIME_4)
  }
  for (; at < end; at++) {
    hash = Math.imul(rotateLeft((hash + Math.imul(buffer[at]!, PRIME_5)) | 0, 11), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}
