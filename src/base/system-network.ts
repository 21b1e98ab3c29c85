import net from 'node:net'
import {
  type HostPort,
  type Listening,
  type Network,
  NetworkError,
  type Socket,
  type SocketHandlers,
} from './network.ts'
import { portHolder } from './system-port-holder.ts'

/** TCP as the operating system has it. */
export const systemNetwork: Network = {
  listen(address, onSocket, { backlog = 511, onError } = {}) {
    return new Promise((resolve, reject) => {
      const server = net.createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true })
      server.on('connection', (socket) => onSocket(adopt(socket)))
      server.once('error', (error: NodeJS.ErrnoException) => {
        const holder = error.code === 'EADDRINUSE' ? portHolder(address.port) : undefined
        reject(networkError(error, holder))
      })
      const options = { port: address.port, backlog, exclusive: true }
      server.listen(address.host === '' ? options : { ...options, host: address.host }, () => {
        server.removeAllListeners('error')
        // After listening, an error concerns one connection that could not be accepted (EMFILE): the next one may be.
        server.on('error', (error) => onError?.(networkError(error)))
        resolve(new SystemListening(server))
      })
    })
  },

  connect(address, { timeoutMs }) {
    return new Promise((resolve, reject) => {
      const inlet = new Inlet()
      const { host, port } = address
      const socket = net.connect({
        host,
        port,
        noDelay: true,
        keepAlive: true,
        ...(READS_IN_PLACE ? { onread: inlet } : {}),
      })
      const timer = setTimeout(() => {
        socket.destroy(new NetworkError('ETIMEDOUT', `no connection to ${host}:${port} within ${timeoutMs} ms`))
      }, timeoutMs)
      const failed = (error: Error) => {
        clearTimeout(timer)
        reject(networkError(error))
      }
      socket.once('error', failed)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.removeListener('error', failed)
        socket.pause()
        resolve(new SystemSocket(socket, READS_IN_PLACE ? inlet : undefined))
      })
    })
  },
}

/** On Windows reads are begun before there is anything to read, so each socket would need memory of its own. */
const READS_IN_PLACE = process.platform !== 'win32'
const SCRATCH_BYTES = 64 * 1024
let scratch: Buffer | undefined

/**
 * Takes what a socket reads, as `onread` of net.Socket: without it every read makes a buffer of 64 KiB. The receiver says
 * where bytes go, and what has no place goes to one buffer for all sockets, for as long as the call takes.
 */
class Inlet {
  handlers: SocketHandlers | undefined
  paused = false

  readonly buffer = (): Buffer => {
    scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    return this.handlers?.space?.() ?? scratch
  }

  readonly callback = (bytes: number, into: Uint8Array): boolean => {
    this.handlers!.onData((into as Buffer).subarray(0, bytes))
    // A `resume` that was under way when the socket was paused starts it again: no further than to here.
    return !this.paused
  }
}

/**
 * net.Server has no `onread`, so its socket is taken apart and a new one made of the same handle, as child_process does
 * with the sockets that it hands over. Where the handle cannot be had, the socket stays as it is.
 */
function adopt(accepted: net.Socket): SystemSocket {
  const holder = accepted as { _handle?: { useUserBuffer?: unknown } | null }
  const handle = holder._handle
  if (!READS_IN_PLACE || typeof handle?.useUserBuffer !== 'function') return new SystemSocket(accepted)
  const inlet = new Inlet()
  const options = { handle, pauseOnCreate: true, readable: true, writable: true, onread: inlet }
  const socket = new net.Socket(options as unknown as net.SocketConstructorOpts)
  // Without a handle nothing is closed with it, and the server counts it out.
  holder._handle = null
  accepted.destroy()
  return new SystemSocket(socket, inlet)
}

class SystemListening implements Listening {
  readonly bound: HostPort
  readonly #server: net.Server

  constructor(server: net.Server) {
    const { address, port } = server.address() as net.AddressInfo
    this.bound = { host: address, port }
    this.#server = server
  }

  close(): Promise<void> {
    // net.Server's own callback also waits for every connection to end; the port is free as soon as close() returns.
    this.#server.close()
    return Promise.resolve()
  }
}

class SystemSocket implements Socket {
  readonly remote: HostPort
  readonly local: HostPort
  readonly #socket: net.Socket
  readonly #inlet: Inlet | undefined
  #error: Error | undefined

  /** `inlet`: the `onread` of the socket. */
  constructor(socket: net.Socket, inlet?: Inlet) {
    this.#socket = socket
    this.#inlet = inlet
    this.remote = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 }
    this.local = { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 }
    // Without a listener an error would be thrown; it is reported by 'close', which follows.
    socket.on('error', (error) => {
      this.#error = networkError(error)
    })
  }

  handle(handlers: SocketHandlers): void {
    const socket = this.#socket
    if (socket.destroyed) {
      setImmediate(() => handlers.onClose(this.#error))
      return
    }
    if (this.#inlet === undefined) socket.on('data', (chunk: Buffer) => handlers.onData(chunk))
    else this.#inlet.handlers = handlers
    socket.on('drain', () => handlers.onDrain())
    // The peer will send no more: what is queued still goes out, as far as it reads.
    socket.on('end', () => socket.destroySoon())
    socket.on('close', () => handlers.onClose(this.#error))
    socket.resume()
  }

  write(chunks: readonly Uint8Array[], onTaken?: () => void): boolean {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return true
    const done = onTaken === undefined ? undefined : (error?: Error | null) => void (error || onTaken())
    if (chunks.length === 1) {
      socket.write(chunks[0]!, done)
    } else {
      const last = chunks.length - 1
      socket.cork()
      chunks.forEach((chunk, place) => void socket.write(chunk, place === last ? done : undefined))
      socket.uncork()
    }
    return socket.writableLength < socket.writableHighWaterMark
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  pause(): void {
    if (this.#inlet !== undefined) this.#inlet.paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (this.#inlet !== undefined) this.#inlet.paused = false
    this.#socket.resume()
  }

  end(): void {
    this.#socket.destroySoon()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** IPv4 peers of a dual-stack listener appear as ::ffff:1.2.3.4; people and access rules write 1.2.3.4. */
function plainHost(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && net.isIPv4(address.slice(7)) ? address.slice(7) : address
}

function networkError(error: Error, holder?: string): NetworkError {
  if (error instanceof NetworkError) return error
  return new NetworkError((error as NodeJS.ErrnoException).code ?? 'EUNKNOWN', error.message, error, holder)
}
