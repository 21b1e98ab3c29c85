/** TCP (later TLS) as the broker sees it. The same connection code runs over the real one and over the simulator's. */
export interface Network {
  /** Port 0 lets the system choose; `bound` says what it chose. Rejects with NetworkError EADDRINUSE, EADDRNOTAVAIL, … */
  listen(address: HostPort, onSocket: (socket: Socket) => void, options?: ListenOptions): Promise<Listening>
  /** Rejects with a NetworkError when the peer cannot be reached within `timeoutMs`. */
  connect(address: HostPort, options: { timeoutMs: number }): Promise<Socket>
}

export interface ListenOptions {
  /** How many connections the system may hold that nobody has accepted yet. */
  backlog?: number
  /** A connection could not be accepted (EMFILE, …); the listener goes on. */
  onError?: (error: NetworkError) => void
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

/** One established byte stream. Handlers are set once; nothing is read from the peer before that. */
export interface Socket {
  readonly remote: HostPort
  readonly local: HostPort
  handle(handlers: SocketHandlers): void
  /**
   * Queues all chunks as one gathered write; they must not change until `onTaken`, which is called when the system has
   * taken all of them, and never if it does not. False: the peer reads slowly, wait for `onDrain` before the next one.
   * After `end` or the close of the socket it does nothing.
   */
  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean
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
  /** The chunk is the receiver's during the call only, unless it begins where `space` said. */
  onData(chunk: Buffer): void
  /**
   * Where the next bytes are best put, asked before each read by networks that can do so; they may come elsewhere. What
   * is given may be written to until the next call, or the close of the socket.
   */
  space?(): Buffer | undefined
  onDrain(): void
  /** Exactly once, whoever closed; `error` where the connection broke. */
  onClose(error?: Error): void
}

/** A failed network operation: `code` is the system's (ECONNREFUSED, EADDRINUSE, …). */
export class NetworkError extends Error {
  readonly code: string
  /** With EADDRINUSE: the program that listens there, where it can be told. */
  readonly holder: string | undefined
  constructor(code: string, message: string, cause?: unknown, holder?: string) {
    super(message, { cause })
    this.name = 'NetworkError'
    this.code = code
    this.holder = holder
  }
}
