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
      server.on('connection', (socket) => onSocket(new SystemSocket(socket)))
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
      const socket = net.connect({ host: address.host, port: address.port, noDelay: true, keepAlive: true })
      const timer = setTimeout(() => {
        const { host, port } = address
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
        resolve(new SystemSocket(socket))
      })
    })
  },
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
  #error: Error | undefined

  constructor(socket: net.Socket) {
    this.#socket = socket
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
    socket.on('data', (chunk: Buffer) => handlers.onData(chunk))
    socket.on('drain', () => handlers.onDrain())
    // The peer will send no more: what is queued still goes out, as far as it reads.
    socket.on('end', () => socket.destroySoon())
    socket.on('close', () => handlers.onClose(this.#error))
    socket.resume()
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return true
    if (chunks.length === 1) {
      socket.write(chunks[0]!)
    } else {
      socket.cork()
      for (const chunk of chunks) socket.write(chunk)
      socket.uncork()
    }
    return socket.writableLength < socket.writableHighWaterMark
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
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
