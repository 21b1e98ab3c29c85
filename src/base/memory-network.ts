import { assert } from './assert.ts'
import {
  type HostPort,
  type Listening,
  type Network,
  NetworkError,
  type Socket,
  type SocketHandlers,
} from './network.ts'
import type { Timers } from './time.ts'

/** Bytes that may be on the way to a peer which has not read them, as a TCP window bounds them. */
const WINDOW_BYTES = 65536
/** `write` answers false above this, as Node's sockets do. */
const QUEUED_BYTES_MARK = 16384
const STALE = 0xdb
const FIRST_FREE_PORT = 49152
const LAST_PORT = 65535

export interface MemoryNetworkOptions {
  timers: Timers
  /** How long bytes travel between two hosts. Order within a connection is kept whatever it says. */
  latencyMs?: (from: string, to: string) => number
  /** How many of the `available` bytes are delivered as the next chunk, at least 1. Default: all of them. */
  chunkBytes?: (available: number) => number
}

/**
 * Hosts joined by byte streams inside this process. All that happens is driven by `timers`, so that with a manual clock
 * a run is a function of its seed; links can be made slow, cut and broken while connections live.
 */
export class MemoryNetwork {
  readonly #timers: Timers
  readonly #latencyMs: (from: string, to: string) => number
  readonly #chunkBytes: (available: number) => number
  readonly #listeners = new Map<string, MemoryListening>()
  /** By sender, the receivers that its bytes do not reach. */
  readonly #cut = new Map<string, Set<string>>()
  /** Hosts without power. */
  readonly #down = new Set<string>()
  /** Attempts to connect that fell due during a cut. */
  #stalled: (() => void)[] = []
  readonly #connections = new Set<MemoryConnection>()
  #nextPort = FIRST_FREE_PORT

  constructor({ timers, latencyMs = () => 0, chunkBytes = (available) => available }: MemoryNetworkOptions) {
    this.#timers = timers
    this.#latencyMs = latencyMs
    this.#chunkBytes = chunkBytes
  }

  /** The network as the host of that name sees it. It may listen on its own name, on `localhost`, or on all ('' or 0.0.0.0). */
  host(name: string): Network {
    return {
      listen: (address, onSocket) => this.#listen(name, address, onSocket),
      connect: (address, { timeoutMs }) => this.#connect(name, address, timeoutMs),
    }
  }

  /** Holds back all bytes between two hosts, as a pulled cable does: nobody is told, connecting runs into its timeout. */
  cut(a: string, b: string): void {
    this.cutOneWay(a, b)
    this.cutOneWay(b, a)
  }

  /** Holds back what one host sends to another; the other way goes on. */
  cutOneWay(from: string, to: string): void {
    const receivers = this.#cut.get(from)
    if (receivers === undefined) this.#cut.set(from, new Set([to]))
    else receivers.add(to)
  }

  /** Ends a cut; what was held back arrives. */
  heal(a: string, b: string): void {
    this.#cut.get(a)?.delete(b)
    this.#cut.get(b)?.delete(a)
    this.#flow()
  }

  healAll(): void {
    this.#cut.clear()
    this.#flow()
  }

  /**
   * A host loses power: its sockets are gone and nobody is told. What peers send is lost; when the host is back it
   * answers what belongs to an old connection with a reset.
   */
  loseHost(host: string): void {
    this.#down.add(host)
    for (const key of this.#listeners.keys()) if (isOf(host, key)) this.#listeners.delete(key)
    for (const { sockets, pipes } of [...this.#connections]) {
      for (const [side, socket] of sockets.entries()) {
        const out = pipes[side]!
        if (out.link.from !== host) continue
        out.lose()
        socket.lose()
      }
    }
  }

  restoreHost(host: string): void {
    this.#down.delete(host)
    this.#flow()
  }

  #flow(): void {
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.heal()
    for (const attempt of this.#stalled.splice(0)) this.#timers.soon(attempt)
  }

  /** Breaks every connection between two hosts with ECONNRESET; what is on the way is lost. */
  reset(a: string, b: string): void {
    for (const { sockets, pipes } of [...this.#connections]) {
      const { from, to } = pipes[0].link
      if (!((from === a && to === b) || (from === b && to === a))) continue
      for (const socket of sockets)
        socket.close(new NetworkError('ECONNRESET', `connection of ${a} and ${b} was reset`))
    }
  }

  #isCut(from: string, to: string): boolean {
    return this.#down.has(to) || this.#down.has(from) || this.#cut.get(from)?.has(to) === true
  }

  /** A host has one set of ports, whatever address of its own is named; 127.0.0.1 and ::1 may share one, as in a system. */
  async #listen(host: string, address: HostPort, onSocket: (socket: Socket) => void): Promise<Listening> {
    const port = address.port === 0 ? this.#freePort(host) : address.port
    const key = address.host === '::1' ? `[${host}]:${port}` : `${host}:${port}`
    if (this.#listeners.has(key)) throw new NetworkError('EADDRINUSE', `${key} is in use`)
    const listening = new MemoryListening({ host: address.host || '::', port }, onSocket, () => {
      this.#listeners.delete(key)
    })
    this.#listeners.set(key, listening)
    return listening
  }

  #freePort(host: string): number {
    for (let tries = FIRST_FREE_PORT; tries <= LAST_PORT; tries++) {
      const port = this.#nextPort
      this.#nextPort = port === LAST_PORT ? FIRST_FREE_PORT : port + 1
      if (!this.#listeners.has(`${host}:${port}`)) return port
    }
    throw new NetworkError('EADDRINUSE', `${host} has no free port`)
  }

  #connect(from: string, address: HostPort, timeoutMs: number): Promise<Socket> {
    const to = isLoopback(address.host) ? from : address.host
    return new Promise((resolve, reject) => {
      let expired = false
      const deadline = this.#timers.after(timeoutMs, () => {
        expired = true
        reject(new NetworkError('ETIMEDOUT', `no connection to ${to}:${address.port} within ${timeoutMs} ms`))
      })
      const arrive = () => {
        if (expired) return
        // A handshake needs both ways, and is tried again as long as there is time.
        if (this.#isCut(from, to) || this.#isCut(to, from)) {
          this.#stalled.push(arrive)
          return
        }
        deadline.cancel()
        const listening = this.#listeners.get(
          address.host === '::1' ? `[${to}]:${address.port}` : `${to}:${address.port}`,
        )
        if (listening === undefined) {
          reject(new NetworkError('ECONNREFUSED', `nobody listens on ${to}:${address.port}`))
          return
        }
        const near = { host: isLoopback(address.host) ? address.host : from, port: this.#freePort(from) }
        const [client, server] = this.#join(from, to, near, { host: address.host, port: address.port })
        resolve(client)
        listening.onSocket(server)
      }
      this.#timers.after(this.#latencyMs(from, to), arrive)
    })
  }

  #join(from: string, to: string, near: HostPort, far: HostPort): [Socket, Socket] {
    const gone = () => {
      if (++closed === 2) this.#connections.delete(connection)
    }
    let closed = 0
    const client = new MemorySocket(near, far, this.#timers, gone)
    const server = new MemorySocket(far, near, this.#timers, gone)
    const up = new Pipe(this.#link(from, to), client, server)
    const down = new Pipe(this.#link(to, from), server, client)
    client.join(down, up)
    server.join(up, down)
    const connection: MemoryConnection = { sockets: [client, server], pipes: [up, down] }
    this.#connections.add(connection)
    return [client, server]
  }

  #link(from: string, to: string): Link {
    return {
      from,
      to,
      timers: this.#timers,
      latencyMs: () => this.#latencyMs(from, to),
      chunkBytes: this.#chunkBytes,
      isCut: () => this.#isCut(from, to),
    }
  }
}

interface MemoryConnection {
  readonly sockets: readonly MemorySocket[]
  readonly pipes: readonly [Pipe, Pipe]
}

/** Whether a listener's key is of that host. */
function isOf(host: string, key: string): boolean {
  return key.startsWith(`${host}:`) || key.startsWith(`[${host}]:`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1'
}

class MemoryListening implements Listening {
  readonly bound: HostPort
  readonly onSocket: (socket: Socket) => void
  readonly #closed: () => void

  constructor(bound: HostPort, onSocket: (socket: Socket) => void, closed: () => void) {
    this.bound = bound
    this.onSocket = onSocket
    this.#closed = closed
  }

  async close(): Promise<void> {
    this.#closed()
  }
}

/** What a pipe needs of the network. */
interface Link {
  readonly from: string
  readonly to: string
  readonly timers: Timers
  latencyMs(): number
  chunkBytes(available: number): number
  isCut(): boolean
}

/** Chunks that were written together, less what has been sent of them. */
class QueuedWrite {
  readonly onTaken: (() => void) | undefined
  bytes = 0
  #chunks: readonly Uint8Array[]

  constructor(chunks: readonly Uint8Array[], onTaken: (() => void) | undefined) {
    this.#chunks = chunks
    this.onTaken = onTaken
    for (const chunk of chunks) this.bytes += chunk.length
  }

  /** The next bytes, as many as there are up to `limit`. */
  copy(limit: number): Buffer {
    const part = Buffer.concat(this.#chunks, Math.min(limit, this.bytes))
    this.bytes -= part.length
    let gone = part.length
    let first = 0
    while (first < this.#chunks.length && gone >= this.#chunks[first]!.length) gone -= this.#chunks[first++]!.length
    const [next, ...rest] = this.#chunks.slice(first)
    this.#chunks = next === undefined ? [] : [next.subarray(gone), ...rest]
    return part
  }
}

/**
 * One direction of a connection. Bytes are queued at the sender, under way (`#line`), or arrived and not read; the
 * last two together stay within the window.
 */
class Pipe {
  readonly link: Link
  queuedBytes = 0
  readonly #source: MemorySocket
  readonly #sink: MemorySocket
  readonly #queued: QueuedWrite[] = []
  /** Under way, in order; null is the end of the stream. */
  readonly #line: (Buffer | null)[] = []
  readonly #arrived: Buffer[] = []
  #unreadBytes = 0
  /** Arrivals that fell due during a cut. */
  #stalled = 0
  #ending = false
  #endSent = false
  #endArrived = false
  #lost = false

  constructor(link: Link, source: MemorySocket, sink: MemorySocket) {
    this.link = link
    this.#source = source
    this.#sink = sink
  }

  /** As in a system, bytes are read from the writer's memory when there is room for them, and not before. */
  write(chunks: readonly Uint8Array[], onTaken?: () => void): void {
    const write = new QueuedWrite(chunks, onTaken)
    if (write.bytes === 0) return
    this.#queued.push(write)
    this.queuedBytes += write.bytes
    this.#send()
  }

  /** No more bytes after those queued. */
  end(): void {
    this.#ending = true
    this.#send()
  }

  /** Forgets what is queued. What left already arrives, then the end. */
  abandon(): void {
    this.#queued.length = 0
    this.queuedBytes = 0
    this.end()
  }

  /** The sender's machine is gone: what it was about to send is lost; what left it already arrives, maybe after its return. */
  lose(): void {
    this.#queued.length = 0
    this.queuedBytes = 0
    this.#lost = true
  }

  heal(): void {
    const due = this.#stalled
    this.#stalled = 0
    for (let i = 0; i < due; i++) this.#schedule()
  }

  #send(): void {
    if (this.#lost) return
    const hadQueued = this.queuedBytes > 0
    while (this.#queued.length > 0 && this.#unreadBytes < WINDOW_BYTES) {
      const first = this.#queued[0]!
      const part = first.copy(WINDOW_BYTES - this.#unreadBytes)
      if (first.bytes === 0) {
        this.#queued.shift()
        if (first.onTaken !== undefined) this.link.timers.soon(first.onTaken)
      }
      this.queuedBytes -= part.length
      this.#unreadBytes += part.length
      this.#line.push(part)
      this.#schedule()
    }
    if (hadQueued && this.queuedBytes === 0) this.#source.drained()
    if (this.#ending && !this.#endSent && this.queuedBytes === 0) {
      this.#endSent = true
      this.#source.close()
      this.#line.push(null)
      this.#schedule()
    }
  }

  /** Every arrival takes the front of the line, whichever delay is over first: delays that vary reorder nothing. */
  #schedule(): void {
    const latencyMs = this.link.latencyMs()
    if (latencyMs > 0) this.link.timers.after(latencyMs, this.#arrive)
    else this.link.timers.soon(this.#arrive)
  }

  readonly #arrive = (): void => {
    if (this.link.isCut()) {
      this.#stalled++
      return
    }
    if (this.#sink.isLost) {
      this.#source.close(new NetworkError('ECONNRESET', `${this.link.to} knows no such connection`))
      return
    }
    const item = this.#line.shift()
    if (item === null) this.#endArrived = true
    else if (item !== undefined) this.#arrived.push(item)
    this.deliver()
  }

  /** Hands what has arrived to the reader until it pauses. */
  readonly deliver = (): void => {
    while (this.#arrived.length > 0 && this.#sink.takesData) {
      const first = this.#arrived[0]!
      const wanted = Math.min(first.length, this.link.chunkBytes(first.length), this.#sink.roomBytes)
      const size = Math.max(1, wanted)
      if (size === first.length) this.#arrived.shift()
      else this.#arrived[0] = first.subarray(size)
      this.#unreadBytes -= size
      this.#sink.data(first.subarray(0, size))
    }
    this.#send()
    if (this.#endArrived && this.#arrived.length === 0 && this.#sink.takesData) this.#sink.end()
  }
}

class MemorySocket implements Socket {
  readonly local: HostPort
  readonly remote: HostPort
  readonly #timers: Timers
  readonly #gone: () => void
  #handlers: SocketHandlers | undefined
  #in: Pipe | undefined
  #out: Pipe | undefined
  /** Where the reader wants the next bytes, as it said after the last ones. */
  #space: Buffer | undefined
  #paused = false
  #wantsDrain = false
  #ending = false
  #closed = false
  #error: Error | undefined
  /** Its machine lost power, and knows nothing of it any more. */
  isLost = false

  constructor(local: HostPort, remote: HostPort, timers: Timers, gone: () => void) {
    this.local = local
    this.remote = remote
    this.#timers = timers
    this.#gone = gone
  }

  join(incoming: Pipe, outgoing: Pipe): void {
    this.#in = incoming
    this.#out = outgoing
  }

  /** A closed socket takes bytes too, and forgets them, so that the peer's end of the stream gets through. */
  get takesData(): boolean {
    return this.#closed || (this.#handlers !== undefined && !this.#paused)
  }

  get queuedBytes(): number {
    return this.#out?.queuedBytes ?? 0
  }

  handle(handlers: SocketHandlers): void {
    assert(this.#handlers === undefined, 'handlers of a socket are set once')
    this.#handlers = handlers
    if (this.#closed) this.#timers.soon(() => handlers.onClose(this.#error))
    else this.resume()
  }

  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean {
    if (this.#ending || this.#closed) return true
    this.#out?.write(chunks, onTaken)
    const keepsUp = this.queuedBytes < QUEUED_BYTES_MARK
    if (!keepsUp) this.#wantsDrain = true
    return keepsUp
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#in !== undefined) this.#timers.soon(this.#in.deliver)
  }

  end(): void {
    if (this.#ending || this.#closed) return
    this.#ending = true
    this.#out?.end()
  }

  destroy(): void {
    if (this.#closed) return
    this.close()
    this.#out?.abandon()
  }

  /** Bytes that may come at once. */
  get roomBytes(): number {
    return this.#space?.length ?? Number.POSITIVE_INFINITY
  }

  data(chunk: Buffer): void {
    if (this.#closed || this.#handlers === undefined) return
    const space = this.#space
    if (space === undefined) {
      this.#handlers.onData(chunk)
      // It was the receiver's for the time of the call: whoever kept it shall notice.
      chunk.fill(STALE)
    } else {
      chunk.copy(space)
      this.#handlers.onData(space.subarray(0, chunk.length))
    }
    this.#space = this.#handlers.space?.()
  }

  drained(): void {
    if (!this.#wantsDrain) return
    this.#wantsDrain = false
    this.#timers.soon(() => {
      if (!this.#closed) this.#handlers?.onDrain()
    })
  }

  lose(): void {
    this.isLost = true
    this.close()
  }

  close(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    this.#gone()
    const handlers = this.#handlers
    if (handlers !== undefined) this.#timers.soon(() => handlers.onClose(error))
    if (this.#in !== undefined) this.#timers.soon(this.#in.deliver)
  }
}
