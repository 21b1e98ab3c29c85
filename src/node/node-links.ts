import { type Network, NetworkError, type Socket } from '../base/network.ts'
import type { Timers } from '../base/time.ts'

/** The connections between the nodes of a cluster in one process; clients' connections are none of them. */
export class NodeLinks {
  readonly #network: Network
  readonly #timers: Timers
  readonly #nodeOfPort = new Map<number, number>()
  readonly #isolated = new Set<number>()
  readonly #sockets = new Set<{ readonly ends: readonly [from: number, to: number]; readonly socket: Socket }>()

  constructor(network: Network, timers: Timers) {
    this.#network = network
    this.#timers = timers
  }

  /** Whoever connects to this port of this machine connects to that node. */
  register(port: number, nodeId: number): void {
    this.#nodeOfPort.set(port, nodeId)
  }

  /** The network as one node sees it. */
  of(nodeId: number): Network {
    return {
      listen: (address, onSocket, options) => this.#network.listen(address, onSocket, options),
      connect: async (address, options) => {
        const to = this.#nodeOfPort.get(address.port)
        if (to === undefined || to === nodeId) return this.#network.connect(address, options)
        if (this.#isCut(nodeId, to)) await this.#silence(options.timeoutMs)
        const socket = await this.#network.connect(address, options)
        return this.#tracked(nodeId, to, socket)
      },
    }
  }

  /** Cuts a node off from all other nodes: what is under way is lost, nobody answers. Clients still reach it. */
  isolate(nodeId: number): void {
    this.#isolated.add(nodeId)
    for (const { ends, socket } of [...this.#sockets]) if (ends.includes(nodeId)) socket.destroy()
  }

  heal(nodeId: number): void {
    this.#isolated.delete(nodeId)
  }

  #isCut(from: number, to: number): boolean {
    return this.#isolated.has(from) || this.#isolated.has(to)
  }

  /** What connecting to somebody behind a cut cable is like. */
  #silence(timeoutMs: number): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#timers.after(timeoutMs, () => {
        reject(new NetworkError('ETIMEDOUT', `the node was cut off from the other for ${timeoutMs} ms`))
      })
    })
  }

  #tracked(from: number, to: number, socket: Socket): Socket {
    const entry = { ends: [from, to] as const, socket }
    this.#sockets.add(entry)
    if (this.#isCut(from, to)) socket.destroy()
    return {
      remote: socket.remote,
      local: socket.local,
      get queuedBytes() {
        return socket.queuedBytes
      },
      handle: (handlers) =>
        socket.handle({
          ...handlers,
          onData: (chunk) => handlers.onData(chunk),
          onDrain: () => handlers.onDrain(),
          onClose: (error) => {
            this.#sockets.delete(entry)
            handlers.onClose(error)
          },
        }),
      write: (chunks, onTaken) => socket.write(chunks, onTaken),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    }
  }
}
