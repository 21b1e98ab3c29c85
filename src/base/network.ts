/** TCP (later TLS) as the broker sees it. The same connection code runs over the real one and over the simulator's. */
export interface Network {
  /** Port 0 lets the system choose; `bound` says what it chose. Rejects with NetworkError EADDRINUSE, EADDRNOTAVAIL, … */
  listen(address: HostPort, onSocket: (socket: Socket) => void): Promise<Listening>
  /** Rejects with a NetworkError when the peer cannot be reached within `timeoutMs`. */
  connect(address: HostPort, options: { timeoutMs: number }): Promise<Socket>
}

export interface HostPort {
  host: string
  port: number
}

export interface Listening {
  readonly bound: HostPort
  /** Stops accepting; sockets already accepted stay. */
  close(): Promise<void>
}

/** One established byte stream. Handlers are set once, right after the socket is handed out. */
export interface Socket {
  readonly remote: HostPort
  readonly local: HostPort
  handle(handlers: SocketHandlers): void
  /** Queues all chunks as one gathered write. False: the peer reads slowly, wait for `onDrain` before the next one. */
  write(chunks: readonly Uint8Array[]): boolean
  /** Bytes queued and not yet taken by the system. */
  readonly queuedBytes: number
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface SocketHandlers {
  /** The chunk belongs to the receiver; it may be a slice of a larger slab. */
  onData(chunk: Buffer): void
  onDrain(): void
  /** Exactly once, whoever closed; `error` where the connection broke. */
  onClose(error?: Error): void
}

/** A failed network operation: `code` is the system's (ECONNREFUSED, EADDRINUSE, …). */
export class NetworkError extends Error {
  readonly code: string
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'NetworkError'
    this.code = code
  }
}
