import { hold, release, type SlabPool } from '../base/slabs.ts'

/** Bytes of the size that stands before every request and response. */
export const SIZE_BYTES = 4

/** A frame's own buffer is allocated when this part of it has arrived: memory stays below this many times what was sent. */
const TRUST = 4
/** Bytes taken from a peer at once, so that others get their turn. */
const MAX_READ_BYTES = 1024 * 1024

/** The peer does not speak the protocol: nothing after this can be understood. */
export class FrameError extends Error {
  override name = 'FrameError'
}

/**
 * Cuts a byte stream into frames: int32 size, then as many bytes (protocol guide, "Protocol Primitive Types and
 * Common Request and Response Structure").
 *
 * A frame that does not lie within one chunk gets one buffer of its size, and the rest of it is read straight into that
 * (`space`). Until a quarter of it has arrived its chunks are only kept, so that a size costs nothing by being said,
 * unless there is a slab that nobody needs. Frames within one chunk are slices of one copy of it.
 */
export class FrameReader {
  #maxBytes: number
  #limitKey = 'socket.request.max.bytes'
  readonly #slabs: SlabPool | undefined
  /** Our own copies, each held. */
  readonly #chunks: Buffer[] = []
  /** Where the first chunk's unread bytes begin. */
  #start = 0
  /** Unread bytes in `#chunks`. */
  #waitingBytes = 0
  /** Size of the frame under way, or -1 while that is not known. */
  #size = -1
  #frame: Buffer | undefined
  #filled = 0
  /** The frame under way has its buffer ahead of its bytes. */
  #isAhead = false

  /** `slabs`: where large frames are put; the buffer of a frame is then held once for whoever takes the frame. */
  constructor(maxBytes: number, slabs?: SlabPool) {
    this.#maxBytes = maxBytes
    this.#slabs = slabs
  }

  /** Of frames whose size is not known yet. `key`: which setting says so. */
  limit(bytes: number, key: string): void {
    this.#maxBytes = bytes
    this.#limitKey = key
  }

  /** Bytes received and not handed out in a frame. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#filled
  }

  /** Where the next bytes belong, if that is known. */
  space(): Buffer | undefined {
    const frame = this.#frame
    if (frame === undefined || this.#filled === frame.length) return undefined
    return frame.subarray(this.#filled, this.#filled + MAX_READ_BYTES)
  }

  /** The next bytes of the stream; copied, unless they are in `space` already. */
  push(chunk: Buffer): void {
    const rest = this.#frame === undefined ? chunk : chunk.subarray(this.#fill(this.#frame, chunk))
    if (rest.length === 0 || this.#begin(rest)) return
    const copy = this.#allocate(rest.length)
    rest.copy(copy)
    this.#chunks.push(copy)
    this.#waitingBytes += copy.length
    if (this.#size >= 0 && this.#frame === undefined) this.#allocateIfTrusted()
  }

  /** How many bytes of the chunk belong to the frame under way. */
  #fill(frame: Buffer, chunk: Buffer): number {
    const isThere = chunk.buffer === frame.buffer && chunk.byteOffset === frame.byteOffset + this.#filled
    const bytes = isThere ? chunk.length : chunk.copy(frame, this.#filled)
    this.#filled += bytes
    return bytes
  }

  /** A chunk that begins with a frame and does not end it goes where that frame goes, if the frame has a place. */
  #begin(chunk: Buffer): boolean {
    if (this.#size >= 0 || this.#waitingBytes > 0 || chunk.length < SIZE_BYTES) return false
    const size = chunk.readInt32BE(0)
    const arrived = chunk.length - SIZE_BYTES
    if (size > this.#maxBytes || size <= arrived) return false
    const frame = this.#place(size, arrived)
    if (frame === undefined) return false
    this.#size = size
    this.#frame = frame
    this.#filled = chunk.copy(frame, 0, SIZE_BYTES)
    return true
  }

  /** Size of the next frame, as soon as it is known. Throws FrameError where the size is negative or above the limit. */
  nextSize(): number | undefined {
    if (this.#size >= 0) return this.#size
    if (this.#waitingBytes < SIZE_BYTES) return undefined
    const first = this.#chunks[0]!
    const isWhole = first.length - this.#start >= SIZE_BYTES
    const size = isWhole ? first.readInt32BE(this.#start) : this.#peek(Buffer.allocUnsafe(SIZE_BYTES)).readInt32BE(0)
    if (size < 0 || size > this.#maxBytes) throw new FrameError(describeSize(size, this.#maxBytes, this.#limitKey))
    this.#drop(SIZE_BYTES)
    this.#size = size
    this.#allocateIfTrusted()
    return size
  }

  /**
   * The next frame without its size, if all of it is here. It belongs to the caller, who holds its slab. Throws as
   * `nextSize` does.
   */
  take(): Buffer | undefined {
    const size = this.nextSize()
    if (size === undefined || this.bufferedBytes < size) return undefined
    let frame = this.#frame
    if (frame !== undefined) {
      if (this.#filled < size) return undefined
      this.#forgetFrame()
    } else {
      const first = this.#chunks[0]
      if (first !== undefined && first.length - this.#start >= size) {
        frame = first.subarray(this.#start, this.#start + size)
        hold(frame)
      } else {
        frame = this.#peek(this.#allocate(size))
      }
      this.#drop(size)
    }
    this.#size = -1
    return frame
  }

  /** Forgets everything. The slab of a frame under way is not released: the system may still read into it. */
  clear(): void {
    this.#forgetFrame()
    this.#forgetChunks()
    this.#size = -1
  }

  #forgetFrame(): void {
    if (this.#isAhead) this.#slabs!.arrived(this.#size)
    this.#isAhead = false
    this.#frame = undefined
    this.#filled = 0
  }

  #forgetChunks(): void {
    for (const chunk of this.#chunks) release(chunk)
    this.#chunks.length = 0
    this.#waitingBytes = 0
    this.#start = 0
  }

  #allocate(bytes: number): Buffer {
    return this.#slabs?.take(bytes) ?? Buffer.allocUnsafe(bytes)
  }

  /** A buffer for a frame of which so much has arrived; undefined where that is not enough to be trusted. */
  #place(size: number, arrived: number): Buffer | undefined {
    if (arrived >= size / TRUST) return this.#allocate(size)
    const slab = this.#slabs?.takeAhead(size)
    this.#isAhead = slab !== undefined
    return slab
  }

  #allocateIfTrusted(): void {
    const size = this.#size
    // A frame that is here already is not assembled: `take` slices it, or copies it once.
    if (this.#waitingBytes >= size) return
    const frame = this.#place(size, this.#waitingBytes)
    if (frame === undefined) return
    this.#filled = this.#copyTo(frame)
    this.#frame = frame
    this.#forgetChunks()
  }

  /** Fills `target` with the first waiting bytes. */
  #peek(target: Buffer): Buffer {
    this.#copyTo(target)
    return target
  }

  #copyTo(target: Buffer): number {
    let at = 0
    let start = this.#start
    for (const chunk of this.#chunks) {
      at += chunk.copy(target, at, start)
      start = 0
      if (at === target.length) break
    }
    return at
  }

  #drop(bytes: number): void {
    this.#waitingBytes -= bytes
    let end = this.#start + bytes
    let gone = 0
    while (gone < this.#chunks.length && end >= this.#chunks[gone]!.length) {
      release(this.#chunks[gone]!)
      end -= this.#chunks[gone++]!.length
    }
    if (gone === 1) this.#chunks.shift()
    else if (gone > 0) this.#chunks.splice(0, gone)
    this.#start = end
  }
}

/** Clients of other protocols knock on this port too; their first bytes, read as a size, give them away. */
function describeSize(size: number, maxBytes: number, key: string): string {
  const bytes = Buffer.alloc(SIZE_BYTES)
  bytes.writeInt32BE(size)
  const limit = `a request of ${size} bytes was announced; the limit is ${maxBytes} (${key})`
  if (/^(GET|POST|PUT|HEAD|OPTI) ?$/.test(bytes.toString('latin1'))) return `${limit}: this looks like HTTP`
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return `${limit}: this looks like TLS, which this listener does not speak`
  return size < 0 ? `a request of negative size ${size} was announced` : limit
}
