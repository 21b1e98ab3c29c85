import { DecodeError } from '../errors.ts'
import { uuidFromBytes, ZERO_UUID } from './uuid.ts'

/** How many elements of no size at all an array may claim; nothing on the wire vouches for them. */
export const MAX_EMPTY_ELEMENTS = 1024

/** What Apache Kafka takes of any string, compact ones too (fact I7). */
const MAX_STRING_BYTES = 0x7fff

const TWO_POW_32 = 4294967296
/** Long.MAX_VALUE, which Java programs say for "no bound", reads as this number: greater than every offset and time. */
export const INT53_UNBOUNDED = 2 ** 63

/**
 * Reads Kafka's primitive types (protocol guide, "Protocol Primitive Types") from a part of a buffer, front to back.
 * Every read is checked against the bytes that remain and throws DecodeError; byte values are slices, not copies.
 */
export class Reader {
  readonly buffer: Buffer
  /** Next byte to be read. */
  position: number
  /** One past the last byte that may be read. */
  readonly end: number
  #view: DataView | undefined

  constructor(buffer: Buffer, position = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = position
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  int8(): number {
    return (this.buffer[this.#take(1)]! << 24) >> 24
  }

  uint8(): number {
    return this.buffer[this.#take(1)]!
  }

  int16(): number {
    const at = this.#take(2)
    return ((this.buffer[at]! << 24) | (this.buffer[at + 1]! << 16)) >> 16
  }

  uint16(): number {
    const at = this.#take(2)
    return (this.buffer[at]! << 8) | this.buffer[at + 1]!
  }

  int32(): number {
    const at = this.#take(4)
    const bytes = this.buffer
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  int64(): bigint {
    const at = this.#take(8)
    this.#view ??= new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.length)
    return this.#view.getBigInt64(at)
  }

  /**
   * An int64 whose domain is below 2^53 in magnitude (offset, timestamp, duration), as a number. The two ends of the
   * int64 range are taken as well, as -(2^63) and 2^63; everything else beyond 2^53 is a DecodeError.
   */
  int53(): number {
    const high = this.int32()
    const low = this.uint32()
    if (high >= -0x200000 && high < 0x200000) return high * TWO_POW_32 + low
    if (high === 0x7fffffff && low === 0xffffffff) return INT53_UNBOUNDED
    if (high === -0x80000000 && low === 0) return -INT53_UNBOUNDED
    throw new DecodeError(`int64 out of range: ${(BigInt(high) << 32n) | BigInt(low)}`)
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#take(8))
  }

  boolean(): boolean {
    return this.buffer[this.#take(1)]! !== 0
  }

  uuid(): string {
    const at = this.#take(16)
    if (this.buffer[at] === 0 && this.#isZero(at, 16)) return ZERO_UUID
    return uuidFromBytes(this.buffer, at)
  }

  /** Unsigned 32-bit varint, at most five bytes. */
  uvarint(): number {
    let byte = this.uint8()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    for (let shift = 7; shift <= 28; shift += 7) {
      byte = this.uint8()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new DecodeError('varint longer than five bytes')
  }

  /** Zigzag 32-bit varint. */
  varint(): number {
    const value = this.uvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zigzag 64-bit varint, at most ten bytes. */
  varlong(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.uint8()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        value = BigInt.asUintN(64, value)
        return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
      }
    }
    throw new DecodeError('varlong longer than ten bytes')
  }

  string(): string {
    return this.#text(this.#notNull(this.int16()))
  }

  nullableString(): string | null {
    const length = this.#nullable(this.int16())
    return length < 0 ? null : this.#text(length)
  }

  compactString(): string {
    return this.#compactText(this.#notNull(this.uvarint() - 1))
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1
    return length < 0 ? null : this.#compactText(length)
  }

  bytes(): Buffer {
    return this.slice(this.#notNull(this.int32()))
  }

  nullableBytes(): Buffer | null {
    const length = this.#nullable(this.int32())
    return length < 0 ? null : this.slice(length)
  }

  compactBytes(): Buffer {
    return this.slice(this.#notNull(this.uvarint() - 1))
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1
    return length < 0 ? null : this.slice(length)
  }

  /** Length of an array whose elements take at least `elementSize` bytes each. */
  arrayLength(elementSize: number): number {
    return this.#elements(this.#notNull(this.int32()), elementSize)
  }

  /** As arrayLength; -1 for a null array. */
  nullableArrayLength(elementSize: number): number {
    return this.#elements(this.#nullable(this.int32()), elementSize)
  }

  compactArrayLength(elementSize: number): number {
    return this.#elements(this.#notNull(this.uvarint() - 1), elementSize)
  }

  compactNullableArrayLength(elementSize: number): number {
    return this.#elements(this.uvarint() - 1, elementSize)
  }

  /** The byte before a struct that may be null: negative for null, else 1. Returns whether the struct follows. */
  present(): boolean {
    return this.int8() >= 0
  }

  /** The next `length` bytes, by reference. */
  slice(length: number): Buffer {
    const at = this.#take(length)
    return this.buffer.subarray(at, at + length)
  }

  /** Size of a tagged field: returns where the field ends, to be checked with `endTag`. */
  beginTag(): number {
    const size = this.uvarint()
    if (size > this.end - this.position) this.#underflow(size)
    return this.position + size
  }

  endTag(end: number): void {
    if (this.position !== end) {
      throw new DecodeError(`tagged field ends ${this.position - end} bytes away from where its size says`)
    }
  }

  /** Skips a section of tagged fields none of which is known (KIP-482). */
  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint()
      this.position = this.beginTag()
    }
  }

  #take(size: number): number {
    const at = this.position
    if (size > this.end - at) this.#underflow(size)
    this.position = at + size
    return at
  }

  #underflow(size: number): never {
    throw new DecodeError(`${size} bytes wanted, ${this.end - this.position} remain`)
  }

  #notNull(length: number): number {
    if (length < 0) throw new DecodeError(`length ${length} of a field that may not be null`)
    return length
  }

  #nullable(length: number): number {
    if (length < -1) throw new DecodeError(`length ${length}`)
    return length
  }

  #elements(count: number, elementSize: number): number {
    const most = elementSize === 0 ? MAX_EMPTY_ELEMENTS : this.end - this.position
    if (count * (elementSize || 1) > most) {
      throw new DecodeError(`array of ${count} elements in ${this.end - this.position} bytes`)
    }
    return count
  }

  #text(length: number): string {
    const at = this.#take(length)
    return length === 0 ? '' : this.buffer.toString('utf8', at, at + length)
  }

  /** A compact length could say more, but what is read here ends up in records whose lengths are int16. */
  #compactText(length: number): string {
    if (length > MAX_STRING_BYTES) throw new DecodeError(`string of ${length} bytes`)
    return this.#text(length)
  }

  #isZero(at: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.buffer[at + i] !== 0) return false
    return true
  }
}
