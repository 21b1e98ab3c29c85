import { connect, type Socket } from 'node:net'
import { type ApiKey, type ApiOf, apiByKey } from '../protocol/api/index.ts'
import { decodeResponse, encodeRequest } from '../protocol/frame.ts'

const SIZE_BYTES = 4

/**
 * One connection as bare as it can be: writes what it is given, hands out whole frames (without their size) in order.
 * Used against brokers and against the raw servers alike, so that its own cost is in every number.
 */
export class Connection {
  readonly #socket: Socket
  #onFrame: (frame: Buffer) => void = () => {}
  #chunks: Buffer[] = []
  #buffered = 0
  #correlationId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the other side closed the connection')))
  }

  #failure: (error: Error) => void = (error) => {
    throw error
  }
  #closing = false

  #fail(error: Error): void {
    if (!this.#closing) this.#failure(error)
  }

  static open(address: string): Promise<Connection> {
    const colon = address.lastIndexOf(':')
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.removeAllListeners('error')
        resolve(new Connection(socket))
      })
    })
  }

  /** Frames go to `onFrame` from now on, the end of the connection to `onFailure`. */
  listen(onFrame: (frame: Buffer) => void, onFailure: (error: Error) => void): void {
    this.#onFrame = onFrame
    this.#failure = onFailure
  }

  write(chunks: Buffer | readonly Buffer[]): void {
    if (Buffer.isBuffer(chunks)) {
      this.#socket.write(chunks)
      return
    }
    this.#socket.cork()
    for (const chunk of chunks) this.#socket.write(chunk)
    this.#socket.uncork()
  }

  /** One request and its answer; nothing else may be in flight. */
  call<Key extends ApiKey>(
    key: Key,
    version: number,
    body: ApiOf<Key>['request']['Input'],
  ): Promise<ApiOf<Key>['response']['T']> {
    const api = apiByKey(key)
    return new Promise((resolve, reject) => {
      this.listen((frame) => resolve(decodeResponse(api, version, frame).body as never), reject)
      this.write(encodeRequest(api, version, ++this.#correlationId, 'bench', body))
    })
  }

  close(): void {
    this.#closing = true
    this.#socket.destroy()
  }

  // A frame of one chunk, the usual case for small ones, is a slice; others are joined once.
  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    while (this.#buffered >= SIZE_BYTES) {
      const end = SIZE_BYTES + this.#peekSize()
      if (this.#buffered < end) return
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#buffered)
      const rest = all.subarray(end)
      this.#chunks = rest.length > 0 ? [rest] : []
      this.#buffered = rest.length
      this.#onFrame(all.subarray(SIZE_BYTES, end))
    }
  }

  #peekSize(): number {
    if (this.#chunks[0]!.length < SIZE_BYTES) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!.readInt32BE(0)
  }
}
