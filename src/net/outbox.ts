import type { Socket } from '../base/network.ts'
import { giveBack } from '../base/slabs.ts'
import { SIZE_BYTES } from './frames.ts'

/** A frame up to this size is copied into one buffer: cheaper than a list for the system to gather. */
const SMALL_FRAME_BYTES = 2048
/** As much is copied into one buffer when it leaves. */
const SMALL_FLUSH_BYTES = 32768

/** Frames on their way out of a socket, gathered until they are flushed as one write. */
export class Outbox {
  readonly #socket: Socket
  #chunks: Uint8Array[] = []
  /** Bytes gathered and not handed to the socket. */
  pendingBytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Bytes that have not left: gathered ones, and those for which the peer has no room. */
  get bytes(): number {
    return this.pendingBytes + this.#socket.queuedBytes
  }

  /** Puts the size before the chunks of one frame and queues them. */
  add(chunks: readonly Uint8Array[]): void {
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    this.pendingBytes += SIZE_BYTES + bytes
    if (bytes <= SMALL_FRAME_BYTES) {
      const frame = Buffer.allocUnsafe(SIZE_BYTES + bytes)
      copyAll(chunks, frame, frame.writeInt32BE(bytes, 0))
      giveBack(chunks)
      this.#chunks.push(frame)
    } else {
      const size = Buffer.allocUnsafe(SIZE_BYTES)
      size.writeInt32BE(bytes, 0)
      this.#chunks.push(size, ...chunks)
    }
  }

  /** Hands what was gathered to the socket; false if there was nothing. */
  flush(): boolean {
    if (this.pendingBytes === 0) return false
    const chunks = this.#chunks
    const bytes = this.pendingBytes
    this.#chunks = []
    this.pendingBytes = 0
    if (chunks.length > 1 && bytes <= SMALL_FLUSH_BYTES) {
      const all = Buffer.allocUnsafe(bytes)
      copyAll(chunks, all, 0)
      giveBack(chunks)
      this.#socket.write([all])
    } else {
      this.#socket.write(chunks, () => giveBack(chunks))
    }
    return true
  }

  clear(): void {
    giveBack(this.#chunks)
    this.#chunks = []
    this.pendingBytes = 0
  }
}

function copyAll(chunks: readonly Uint8Array[], target: Buffer, at: number): void {
  let position = at
  for (const chunk of chunks) {
    target.set(chunk, position)
    position += chunk.length
  }
}
