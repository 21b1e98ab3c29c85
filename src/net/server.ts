import type { DefaultPrincipalData } from '../../protocol/principal.ts'
import type { Logger } from '../base/logger.ts'
import { type HostPort, type Listening, NetworkError, type Socket } from '../base/network.ts'
import type { System } from '../base/ports.ts'
import type { SlabPool } from '../base/slabs.ts'
import type { Timer } from '../base/time.ts'
import { RequestBudget } from './budget.ts'
import { type NetConfig, parseOverrides } from './config.ts'
import { Connection } from './connection.ts'
import type { Dispatch, Gate } from './dispatch.ts'
import { formatHostPort, isWildcard, type ListenerSpec, type SecurityProtocol } from './listener.ts'
import { UnsentBytes } from './unsent.ts'

/** How often both loopback addresses are tried on a port that the system chose for the first of them. */
const MAX_PORT_TRIES = 20
/** Warnings about peers that are written in one period; a hostile one must not fill the disk through the log. */
const MAX_WARNINGS = 20
const WARNING_PERIOD_MS = 10_000
/** Characters of what a peer sent that a warning repeats; its name, or that of a mechanism, may have 32767. */
const MAX_PEER_TEXT = 300
/** Idle connections are looked for this often within connections.max.idle.ms, at most. */
const IDLE_CHECKS = 64

export interface NetServerOptions {
  system: Pick<System, 'network' | 'clock' | 'timers'>
  logger: Logger
  config: NetConfig
  listeners: readonly ListenerSpec[]
  /** What listeners on all interfaces advertise unless told: this machine's name. */
  hostName: string
  /** Who clients are that nobody asks for a name. */
  principal: Readonly<DefaultPrincipalData>
  dispatch: Dispatch
  /** For a connection of that listener; undefined where clients need not say who they are. */
  gate?(listener: string): Gate | undefined
  pipelined(apiKey: number): boolean
  /** As of a Connection. */
  borrows?(apiKey: number): boolean
  slabs?: SlabPool
}

/** A listener that is bound. */
export interface OpenListener {
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** One, or two where both loopback addresses are bound. */
  readonly bound: readonly HostPort[]
  /** What clients of this listener are told. */
  readonly advertised: HostPort
}

/**
 * The listening side: opens listeners, keeps the connections and their limits.
 *
 * `open` binds, so that ports are known; connections that come before `serve` wait unread. Nothing throws after that:
 * what is wrong with a peer costs the peer its connection.
 */
export class NetServer {
  readonly #options: NetServerOptions
  readonly #budget: RequestBudget
  readonly #unsent = new UnsentBytes()
  readonly #connections = new Set<Connection>()
  readonly #perAddress = new Map<string, number>()
  #config: NetConfig
  #overrides: ReadonlyMap<string, number>
  #listenings: Listening[] = []
  #listeners: OpenListener[] = []
  /** Accepted and not yet served: before `serve`, or because max.connections is reached. */
  readonly #waiting: { socket: Socket; listener: string }[] = []
  #serving = false
  #closing: (() => void) | undefined
  #serial = 0
  #idleTimer: Timer | undefined
  #warnings = 0
  #warningsSinceMs = Number.NEGATIVE_INFINITY

  constructor(options: NetServerOptions) {
    this.#options = options
    this.#config = options.config
    this.#overrides = parseOverrides(options.config['max.connections.per.ip.overrides']) ?? new Map()
    this.#budget = new RequestBudget(options.config['queued.max.request.bytes'])
  }

  get listeners(): readonly OpenListener[] {
    return this.#listeners
  }

  /** Reply bytes that peers have not taken yet. */
  get unsentBytes(): number {
    return this.#unsent.total
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections
  }

  /** What clients of the listener of that name are told. */
  advertised(name: string): HostPort | undefined {
    return this.#listeners.find((listener) => listener.name === name)?.advertised
  }

  /** Takes over limits that were changed while running; connections that exist are not closed. */
  reconfigure(config: NetConfig): void {
    this.#config = config
    this.#overrides = parseOverrides(config['max.connections.per.ip.overrides']) ?? new Map()
    this.#serveWaiting()
  }

  /** Binds all listeners, or none: rejects with a NetworkError worded for a person. */
  async open(): Promise<void> {
    try {
      for (const spec of this.#options.listeners) this.#listeners.push(await this.#openListener(spec))
    } catch (error) {
      await Promise.all(this.#listenings.map((listening) => listening.close()))
      this.#listenings = []
      this.#listeners = []
      throw error
    }
  }

  /** Starts to answer. */
  serve(): void {
    this.#serving = true
    this.#serveWaiting()
  }

  /**
   * Stops listening, sends the replies that are ready, drops requests in flight (fact I20), and closes all connections;
   * those whose peers do not read are cut off after `graceMs`. Resolves when the last one is gone.
   */
  async close({ graceMs = 500 }: { graceMs?: number } = {}): Promise<void> {
    this.#serving = false
    this.#idleTimer?.cancel()
    await Promise.all(this.#listenings.map((listening) => listening.close()))
    this.#listenings = []
    for (const { socket } of this.#waiting.splice(0)) socket.destroy()
    if (this.#connections.size === 0) return
    const gone = new Promise<void>((resolve) => {
      this.#closing = resolve
    })
    for (const connection of [...this.#connections]) connection.close()
    const cutOff = this.#options.system.timers.after(graceMs, () => this.destroyConnections())
    await gone
    cutOff.cancel()
  }

  /** Breaks all connections at once, as a crash does. */
  destroyConnections(): void {
    for (const connection of [...this.#connections]) connection.destroy()
  }

  async #openListener(spec: ListenerSpec): Promise<OpenListener> {
    const { name, securityProtocol } = spec
    const isGated = securityProtocol === 'SASL_PLAINTEXT' && this.#options.gate !== undefined
    if (securityProtocol !== 'PLAINTEXT' && !isGated) {
      throw new NetworkError(
        'EPROTONOSUPPORT',
        `listener ${name} asks for ${securityProtocol}, which is not served yet`,
      )
    }
    const bound = spec.host === 'localhost' ? await this.#bindLoopback(spec) : [await this.#bind(spec, spec)]
    const port = bound[0]!.port
    const host = isWildcard(spec.host) ? this.#options.hostName : spec.host
    const told = spec.advertised
    const advertised = { host: told?.host || host, port: told?.port || port }
    return { name, securityProtocol, bound, advertised }
  }

  /** Both loopback addresses on one port: `localhost` means ::1 to some clients and 127.0.0.1 to others. */
  async #bindLoopback(spec: ListenerSpec): Promise<HostPort[]> {
    for (let tries = 1; ; tries++) {
      const first = await this.#bind(spec, { host: '127.0.0.1', port: spec.port })
      try {
        return [first, await this.#bind(spec, { host: '::1', port: first.port })]
      } catch (error) {
        const code = error instanceof NetworkError ? error.code : ''
        // A machine without IPv6 has no ::1 to be missed.
        if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL') return [first]
        if (code !== 'EADDRINUSE' || spec.port !== 0 || tries === MAX_PORT_TRIES) throw error
        await this.#listenings.pop()!.close()
      }
    }
  }

  async #bind(spec: ListenerSpec, address: HostPort): Promise<HostPort> {
    const { network } = this.#options.system
    try {
      const listening = await network.listen(
        { host: address.host, port: address.port },
        (socket) => this.#accept(socket, spec.name),
        {
          backlog: this.#config['socket.listen.backlog.size'],
          onError: (error) => this.#warn(`a connection could not be accepted: ${error.message}`),
        },
      )
      this.#listenings.push(listening)
      return listening.bound
    } catch (error) {
      throw error instanceof NetworkError ? worded(error, spec, address) : error
    }
  }

  #accept(socket: Socket, listener: string): void {
    const { host } = socket.remote
    const limit = this.#overrides.get(host) ?? this.#config['max.connections.per.ip']
    const count = this.#perAddress.get(host) ?? 0
    if (count >= limit) {
      this.#warn(
        `connection of ${formatHostPort(socket.remote)} refused: ${host} has ${count} (max.connections.per.ip)`,
      )
      socket.destroy()
    } else if (this.#serving && this.#connections.size < this.#config['max.connections']) {
      this.#adopt(socket, listener)
    } else if (this.#waiting.length < this.#config['socket.listen.backlog.size']) {
      this.#waiting.push({ socket, listener })
    } else {
      this.#warn(`connection of ${formatHostPort(socket.remote)} refused: ${this.#connections.size} are open`)
      socket.destroy()
    }
  }

  #serveWaiting(): void {
    while (this.#serving && this.#waiting.length > 0 && this.#connections.size < this.#config['max.connections']) {
      const { socket, listener } = this.#waiting.shift()!
      this.#adopt(socket, listener)
    }
  }

  #adopt(socket: Socket, listener: string): void {
    const { system, slabs, principal, dispatch, gate, pipelined, borrows = () => false } = this.#options
    const connection = new Connection({
      serial: this.#serial++,
      listener,
      socket,
      principal,
      clock: system.clock,
      timers: system.timers,
      maxRequestBytes: this.#config['socket.request.max.bytes'],
      budget: this.#budget,
      unsent: this.#unsent,
      slabs,
      dispatch,
      gate: gate?.(listener),
      pipelined,
      borrows,
      onProblem: (connection, reason, error) => this.#problem(connection, reason, error),
      onClosed: (connection) => this.#forget(connection),
    })
    const { host } = connection.remote
    this.#perAddress.set(host, (this.#perAddress.get(host) ?? 0) + 1)
    this.#connections.add(connection)
    connection.start()
    if (this.#idleTimer === undefined) this.#checkIdleIn(this.#config['connections.max.idle.ms'])
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection)
    const { host } = connection.remote
    const left = (this.#perAddress.get(host) ?? 1) - 1
    if (left === 0) this.#perAddress.delete(host)
    else this.#perAddress.set(host, left)
    if (this.#connections.size === 0) this.#closing?.()
    this.#serveWaiting()
  }

  #checkIdleIn(delayMs: number): void {
    if (this.#config['connections.max.idle.ms'] < 0) return
    this.#idleTimer = this.#options.system.timers.after(delayMs, () => this.#closeIdle())
  }

  /** One timer for all connections: a look at each costs less than a timer that every request moves. */
  #closeIdle(): void {
    this.#idleTimer = undefined
    const maxIdleMs = this.#config['connections.max.idle.ms']
    const nowMs = this.#options.system.clock.monotonicMs()
    let oldestMs = nowMs
    for (const connection of [...this.#connections]) {
      if (nowMs - connection.lastActiveMs >= maxIdleMs) connection.destroy()
      else oldestMs = Math.min(oldestMs, connection.lastActiveMs)
    }
    if (this.#connections.size > 0) this.#checkIdleIn(Math.max(oldestMs + maxIdleMs - nowMs, maxIdleMs / IDLE_CHECKS))
  }

  #problem(connection: Connection, reason: string, error: unknown): void {
    const { clientId, remote, listener } = connection
    const client = clientId === null ? undefined : cut(clientId)
    const fields = { client, remote: formatHostPort(remote), listener }
    if (error !== undefined) this.#options.logger.error(`connection closed: ${reason}`, { ...fields, error })
    else this.#warn(`connection closed: ${cut(reason)}`, fields)
  }

  #warn(message: string, fields = {}): void {
    const nowMs = this.#options.system.clock.monotonicMs()
    if (nowMs - this.#warningsSinceMs > WARNING_PERIOD_MS) {
      this.#warningsSinceMs = nowMs
      this.#warnings = 0
    }
    if (++this.#warnings < MAX_WARNINGS) this.#options.logger.warn(message, fields)
    else if (this.#warnings === MAX_WARNINGS) {
      this.#options.logger.warn(`${message}; more such warnings are left out for ${WARNING_PERIOD_MS / 1000} s`, fields)
    }
  }
}

const cut = (text: string): string => (text.length <= MAX_PEER_TEXT ? text : `${text.slice(0, MAX_PEER_TEXT)}...`)

function worded(error: NetworkError, { name }: ListenerSpec, address: HostPort): NetworkError {
  const where = formatHostPort(address)
  const texts: Record<string, string> = {
    EADDRINUSE: `port ${address.port} is taken on ${address.host || 'this machine'} by ${error.holder ?? 'another program'}. Stop it, or choose another port (port 0 lets the system choose)`,
    EACCES: `this user may not listen on ${where}: ports below 1024 need more rights on many systems`,
    EADDRNOTAVAIL: `listener ${name}: ${address.host} is not an address of this machine`,
    ENOTFOUND: `listener ${name}: the host name ${address.host} cannot be resolved`,
  }
  return new NetworkError(
    error.code,
    texts[error.code] ?? `listener ${name} cannot listen on ${where}: ${error.message}`,
    error,
  )
}
