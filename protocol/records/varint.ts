import { invalidRecord } from './failures.ts'

/**
 * Walks over bytes with the integers of records: variable length, seven bits a byte, the lowest first, signs zigzagged.
 * Anything wrong is an INVALID_RECORD.
 */
export class Cursor {
  readonly buffer: Buffer
  readonly end: number
  at: number

  constructor(buffer: Buffer, at: number, end: number) {
    this.buffer = buffer
    this.at = at
    this.end = end
  }

  byte(): number {
    if (this.at >= this.end) throw invalidRecord('a record ends early')
    return this.buffer[this.at++]!
  }

  /** 32 bits in at most 5 bytes. */
  varint(): number {
    const first = this.byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let raw = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte()
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    throw invalidRecord('a varint of more than 5 bytes')
  }

  /** 64 bits in at most 10 bytes; exact within 2^53, the nearest double beyond. */
  varlong(): number {
    let raw = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    const odd = (raw & 1) === 1
    let scale = 2 ** 28
    for (let index = 4; index < 10; index++) {
      const byte = this.byte()
      // The tenth byte has room for one bit.
      raw += (index === 9 ? byte & 1 : byte & 0x7f) * scale
      if (byte < 0x80) return odd ? -(raw + 1) / 2 : raw / 2
      scale *= 128
    }
    throw invalidRecord('a varlong of more than 10 bytes')
  }

  skip(bytes: number): void {
    if (bytes > this.end - this.at) throw invalidRecord('a record ends early')
    this.at += bytes
  }

  /** The next bytes, sharing memory. */
  slice(bytes: number): Buffer {
    const start = this.at
    this.skip(bytes)
    return this.buffer.subarray(start, this.at)
  }

  /** Length and bytes; a negative length is null. */
  nullableBytes(): Buffer | null {
    const length = this.varint()
    return length < 0 ? null : this.slice(length)
  }

  /** Passes over length and bytes. False when the length says null. */
  skipNullableBytes(): boolean {
    const length = this.varint()
    if (length < 0) return false
    this.skip(length)
    return true
  }
}

export function sizeOfVarint(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x200000 ? 3 : raw < 0x10000000 ? 4 : 5
}

export function sizeOfVarlong(value: number): number {
  let size = 1
  for (let raw = zigzag(value); raw >= 0x80; raw /= 0x80) size++
  return size
}

/** Returns where the next byte goes. */
export function writeVarint(buffer: Buffer, value: number, at: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0
  let next = at
  while (raw >= 0x80) {
    buffer[next++] = (raw & 0x7f) | 0x80
    raw >>>= 7
  }
  buffer[next++] = raw
  return next
}

/** Returns where the next byte goes. */
export function writeVarlong(buffer: Buffer, value: number, at: number): number {
  if (value === (value | 0)) return writeVarint(buffer, value, at)
  let raw = zigzag(value)
  let next = at
  while (raw >= 0x80) {
    buffer[next++] = (raw % 0x80) | 0x80
    raw = Math.floor(raw / 0x80)
  }
  buffer[next++] = raw
  return next
}

const zigzag = (value: number) => (value < 0 ? -value * 2 - 1 : value * 2)
