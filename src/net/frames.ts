/** Bytes of the size that stands before every request and response. */
export const SIZE_BYTES = 4

/** A frame's own buffer is allocated when this part of it has arrived: memory stays below this many times what was sent. */
const TRUST = 4

/** The peer does not speak the protocol: nothing after this can be understood. */
export class FrameError extends Error {
  override name = 'FrameError'
}

/**
 * Cuts a byte stream into frames: int32 size, then as many bytes (protocol guide, "Protocol Primitive Types and
 * Common Request and Response Structure").
 *
 * A frame that lies within one chunk is a slice of it. Any other is assembled in one buffer of its size, each byte
 * copied once; until a quarter of it has arrived its chunks are only kept, so that a size costs nothing by being said.
 */
export class FrameReader {
  readonly #maxBytes: number
  readonly #chunks: Buffer[] = []
  /** Where the first chunk's unread bytes begin. */
  #start = 0
  /** Unread bytes in `#chunks`. */
  #waitingBytes = 0
  /** Size of the frame under way, or -1 while that is not known. */
  #size = -1
  #frame: Buffer | undefined
  #filled = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes received and not handed out in a frame. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#filled
  }

  push(chunk: Buffer): void {
    let rest = chunk
    if (this.#frame !== undefined) {
      const copied = chunk.copy(this.#frame, this.#filled)
      this.#filled += copied
      if (copied === chunk.length) return
      rest = chunk.subarray(copied)
    }
    this.#chunks.push(rest)
    this.#waitingBytes += rest.length
    if (this.#size >= 0 && this.#frame === undefined) this.#allocateIfTrusted()
  }

  /** Size of the next frame, as soon as it is known. Throws FrameError where the size is negative or above the limit. */
  nextSize(): number | undefined {
    if (this.#size >= 0) return this.#size
    if (this.#waitingBytes < SIZE_BYTES) return undefined
    const first = this.#chunks[0]!
    const size =
      first.length - this.#start >= SIZE_BYTES ? first.readInt32BE(this.#start) : this.#peek(SIZE_BYTES).readInt32BE(0)
    if (size < 0 || size > this.#maxBytes) throw new FrameError(describeSize(size, this.#maxBytes))
    this.#drop(SIZE_BYTES)
    this.#size = size
    this.#allocateIfTrusted()
    return size
  }

  /** The next frame without its size, if all of it is here. It belongs to the caller. Throws as `nextSize` does. */
  take(): Buffer | undefined {
    const size = this.nextSize()
    if (size === undefined || this.bufferedBytes < size) return undefined
    let frame = this.#frame
    if (frame !== undefined) {
      if (this.#filled < size) return undefined
      this.#frame = undefined
      this.#filled = 0
    } else {
      const first = this.#chunks[0]
      if (first !== undefined && first.length - this.#start >= size) {
        frame = first.subarray(this.#start, this.#start + size)
      } else {
        frame = this.#peek(size)
      }
      this.#drop(size)
    }
    this.#size = -1
    return frame
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks.length = 0
    this.#waitingBytes = 0
    this.#start = 0
    this.#size = -1
    this.#frame = undefined
    this.#filled = 0
  }

  #allocateIfTrusted(): void {
    const size = this.#size
    // A frame that is here already is not assembled: `take` slices it, or copies it once.
    if (this.#waitingBytes >= size || this.#waitingBytes < size / TRUST) return
    const frame = Buffer.allocUnsafeSlow(size)
    this.#filled = this.#copyTo(frame)
    this.#frame = frame
    this.#chunks.length = 0
    this.#start = 0
    this.#waitingBytes = 0
  }

  /** A copy of the first `bytes` waiting bytes. */
  #peek(bytes: number): Buffer {
    const copy = Buffer.allocUnsafeSlow(bytes)
    this.#copyTo(copy)
    return copy
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
    while (gone < this.#chunks.length && end >= this.#chunks[gone]!.length) end -= this.#chunks[gone++]!.length
    if (gone === 1) this.#chunks.shift()
    else if (gone > 0) this.#chunks.splice(0, gone)
    this.#start = end
  }
}

/** Clients of other protocols knock on this port too; their first bytes, read as a size, give them away. */
function describeSize(size: number, maxBytes: number): string {
  const bytes = Buffer.alloc(SIZE_BYTES)
  bytes.writeInt32BE(size)
  const limit = `a request of ${size} bytes was announced; the limit is ${maxBytes} (socket.request.max.bytes)`
  if (/^(GET|POST|PUT|HEAD|OPTI) ?$/.test(bytes.toString('latin1'))) return `${limit}: this looks like HTTP`
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return `${limit}: this looks like TLS, which this listener does not speak`
  return size < 0 ? `a request of negative size ${size} was announced` : limit
}
