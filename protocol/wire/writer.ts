import { EncodeError } from '../errors.ts'
import { INT53_UNBOUNDED } from './reader.ts'
import { isUuid, ZERO_UUID } from './uuid.ts'

/** Byte values from this size on are handed over by reference; smaller ones are cheaper to copy than to gather. */
export const BY_REFERENCE_BYTES = 1024
const FIRST_CHUNK_BYTES = 256
const MAX_CHUNK_BYTES = 65536
const MAX_INT16_LENGTH = 32767
/** Below this length a loop over ASCII beats the call into native code. */
const SHORT_TEXT = 24
const TWO_POW_32 = 4294967296

/**
 * Writes Kafka's primitive types into a list of chunks, fit for a gathered write. A value outside its type's domain is
 * a mistake of the program and throws EncodeError.
 */
export class Writer {
  readonly #chunks: Buffer[] = []
  #chunkBytes = 0
  #buffer: Buffer
  #view: DataView | undefined
  /** Start of the part of #buffer that is not yet among the chunks. */
  #start = 0
  #position = 0

  constructor(firstChunkBytes = FIRST_CHUNK_BYTES) {
    this.#buffer = Buffer.allocUnsafe(firstChunkBytes)
  }

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#chunkBytes + this.#position - this.#start
  }

  /** All that was written, in order. The writer is not to be used after that. */
  finish(): Buffer[] {
    this.#cut()
    return this.#chunks
  }

  /** All that was written, copied together if it is in several chunks. */
  finishContiguous(): Buffer {
    const chunks = this.finish()
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  }

  int8(value: number): void {
    if (value !== (value << 24) >> 24) outOfRange('int8', value)
    this.#put8(value)
  }

  uint8(value: number): void {
    this.#put8(value)
  }

  int16(value: number): void {
    if (value !== (value << 16) >> 16) outOfRange('int16', value)
    this.#put16(value)
  }

  uint16(value: number): void {
    if (value !== (value & 0xffff)) outOfRange('uint16', value)
    this.#put16(value)
  }

  int32(value: number): void {
    if (value !== (value | 0)) outOfRange('int32', value)
    this.#put32(value)
  }

  uint32(value: number): void {
    if (value !== value >>> 0) outOfRange('uint32', value)
    this.#put32(value)
  }

  int64(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) outOfRange('int64', value)
    const at = this.#take(8)
    const buffer = this.#buffer
    this.#view ??= new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    this.#view.setBigInt64(at, value)
  }

  /** A number as int64; the counterpart of Reader.int53. */
  int53(value: number): void {
    if (Number.isSafeInteger(value)) {
      const high = Math.floor(value / TWO_POW_32)
      this.#put32(high)
      this.#put32(value - high * TWO_POW_32)
    } else if (value === INT53_UNBOUNDED) this.int64(0x7fffffffffffffffn)
    else if (value === -INT53_UNBOUNDED) this.int64(-0x8000000000000000n)
    else outOfRange('int53', value)
  }

  float64(value: number): void {
    if (typeof value !== 'number') outOfRange('float64', value)
    const at = this.#take(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  boolean(value: boolean): void {
    if (typeof value !== 'boolean') outOfRange('boolean', value)
    this.#put8(value ? 1 : 0)
  }

  uuid(value: string): void {
    const at = this.#take(16)
    if (value === ZERO_UUID) this.#buffer.fill(0, at, at + 16)
    else if (typeof value !== 'string' || !isUuid(value)) outOfRange('uuid', value)
    else this.#buffer.write(value, at, 16, 'base64url')
  }

  uvarint(value: number): void {
    let rest = value >>> 0
    if (rest !== value) outOfRange('uvarint', value)
    while (rest > 0x7f) {
      this.#put8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.#put8(rest)
  }

  varint(value: number): void {
    if (value !== (value | 0)) outOfRange('varint', value)
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  varlong(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest > 0x7fn) {
      this.uint8(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.uint8(Number(rest))
  }

  string(value: string): void {
    const size = stringSize(value)
    this.#put16(size)
    this.#text(value, size)
  }

  nullableString(value: string | null): void {
    if (value === null) this.#put16(-1)
    else this.string(value)
  }

  /** What a compact length could say is no more than any reader takes: as in Apache Kafka, 32767 bytes (fact I7). */
  compactString(value: string): void {
    const size = stringSize(value)
    this.uvarint(size + 1)
    this.#text(value, size)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0)
    else this.compactString(value)
  }

  bytes(value: Uint8Array | readonly Uint8Array[]): void {
    this.int32(bytesSize(value))
    this.#body(value)
  }

  nullableBytes(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.#put32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Uint8Array | readonly Uint8Array[]): void {
    this.uvarint(bytesSize(value) + 1)
    this.#body(value)
  }

  compactNullableBytes(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.uvarint(0)
    else this.compactBytes(value)
  }

  /** Length before the elements of an array; -1 for null. */
  arrayLength(length: number): void {
    this.#put32(length)
  }

  compactArrayLength(length: number): void {
    this.uvarint(length + 1)
  }

  /** Bytes as they are, without a length: by reference if large, else copied. */
  raw(value: Uint8Array): void {
    if (value.length < BY_REFERENCE_BYTES) {
      const at = this.#take(value.length)
      this.#buffer.set(value, at)
      return
    }
    this.#cut()
    this.#push(Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.length))
  }

  /** A tagged field: its tag, its size, and what was written into `content` (KIP-482). */
  tagged(tag: number, content: Writer): void {
    this.uvarint(tag)
    this.uvarint(content.byteLength)
    for (const chunk of content.finish()) this.raw(chunk)
  }

  // Room is taken first, in a statement of its own: it may replace #buffer.

  #put8(value: number): void {
    const at = this.#take(1)
    this.#buffer[at] = value
  }

  #put16(value: number): void {
    const at = this.#take(2)
    this.#buffer[at] = value >>> 8
    this.#buffer[at + 1] = value
  }

  #put32(value: number): void {
    const at = this.#take(4)
    const bytes = this.#buffer
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
  }

  #text(value: string, size: number): void {
    const at = this.#take(size)
    if (size > SHORT_TEXT || size !== value.length) {
      this.#buffer.write(value, at, size, 'utf8')
      return
    }
    for (let i = 0; i < size; i++) this.#buffer[at + i] = value.charCodeAt(i)
  }

  #body(value: Uint8Array | readonly Uint8Array[]): void {
    if (value instanceof Uint8Array) this.raw(value)
    else for (const part of value) this.raw(part)
  }

  /** Makes room for `size` contiguous bytes and returns where they start. */
  #take(size: number): number {
    const at = this.#position
    if (at + size > this.#buffer.length) return this.#takeInNewChunk(size)
    this.#position = at + size
    return at
  }

  #takeInNewChunk(size: number): number {
    this.#cut()
    this.#buffer = Buffer.allocUnsafe(Math.max(size, Math.min(this.#buffer.length * 2, MAX_CHUNK_BYTES)))
    this.#view = undefined
    this.#start = 0
    this.#position = size
    return 0
  }

  #cut(): void {
    if (this.#position > this.#start) this.#push(this.#buffer.subarray(this.#start, this.#position))
    this.#start = this.#position
  }

  #push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }
}

function stringSize(value: string): number {
  const size = textSize(value)
  if (size > MAX_INT16_LENGTH) outOfRange('string length', size)
  return size
}

/** Bytes that the text takes in UTF-8. */
function textSize(value: string): number {
  if (typeof value !== 'string') outOfRange('string', value)
  if (value.length > SHORT_TEXT) return Buffer.byteLength(value)
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return Buffer.byteLength(value)
  return value.length
}

function bytesSize(value: Uint8Array | readonly Uint8Array[]): number {
  if (value instanceof Uint8Array) return value.length
  if (!Array.isArray(value)) outOfRange('bytes', value)
  let size = 0
  for (const part of value) size += part.length
  return size
}

function outOfRange(type: string, value: unknown): never {
  throw new EncodeError(`${String(value)} is no ${type}`)
}
