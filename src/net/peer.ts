import { ApiVersionsRequest, type ApiVersionsResponse } from '../../protocol/api/18-api-versions.ts'
import { type Api, type ApiKey, type ApiOf, apiByKey } from '../../protocol/api/index.ts'
import { DecodeError, ErrorCode, errorName } from '../../protocol/errors.ts'
import { RequestHeader, ResponseHeader, requestHeaderVersion, responseHeaderVersion } from '../../protocol/header.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { type HostPort, NetworkError, type Socket } from '../base/network.ts'
import type { System } from '../base/ports.ts'
import type { Timer } from '../base/time.ts'
import { FrameError, FrameReader } from './frames.ts'
import { formatHostPort } from './listener.ts'
import { type Login, logIn } from './login.ts'
import { Outbox } from './outbox.ts'

/** Requests sent and not answered; further ones wait in this process. */
const MAX_IN_FLIGHT = 256
/** Bytes that the peer has not taken, beyond which further requests wait. */
const MAX_BYTES_UNSENT = 4 * 1024 * 1024
/** Requests that wait in this process; one more is refused. */
const MAX_WAITING = 10_000
const MAX_RESPONSE_BYTES = 512 * 1024 * 1024
/** How much of the time that a login holds is over when the next one begins (KIP-368). */
const LOGIN_AGAIN = 0.85

export interface PeerOptions {
  system: Pick<System, 'network' | 'timers'>
  address: HostPort
  clientId: string
  /** Name and version for ApiVersions (KIP-511). */
  software?: { name: string; version: string }
  /** Where clients are asked who they are. */
  login?: Login | undefined
  connectTimeoutMs?: number
  /** How long an answer may take, counted from `send`. */
  requestTimeoutMs?: number
}

/**
 * What went wrong with a peer. `code` is the system's, or ECLOSED (it closed the connection), ETIMEDOUT (no answer in
 * time), EVERSION (no version in common), EPROTOCOL (its answer makes no sense), EOVERLOAD (too much waits already),
 * EAUTH (it does not let this client in, or did not show that it knows it).
 */
export class PeerError extends NetworkError {
  override name = 'PeerError'
}

export interface SendOptions {
  /** Default: the newest that both sides have. */
  version?: number
  /** Default: the peer's requestTimeoutMs. */
  timeoutMs?: number
}

/** A request for which an answer is awaited. */
interface Pending {
  readonly correlationId: number
  readonly settle: (outcome: { frame: Buffer } | { error: PeerError }) => void
}

/**
 * The client side of one connection: sends requests, any number at a time, and gives each its answer. Not to be used
 * any more once `closed`; whoever wants to go on connects anew.
 */
export class Peer {
  readonly address: HostPort
  /** What the peer serves, by API key, both ends included. */
  readonly versions: ReadonlyMap<number, readonly [oldest: number, newest: number]> = new Map()
  readonly #options: PeerOptions
  readonly #socket: Socket
  readonly #outbox: Outbox
  readonly #frames = new FrameReader(MAX_RESPONSE_BYTES)
  readonly #pending: Pending[] = []
  readonly #waiting: { send: () => void; reject: (error: unknown) => void }[] = []
  readonly #closeHooks: (() => void)[] = []
  #nextCorrelationId = 0
  #flushScheduled = false
  #closed: PeerError | undefined
  /** Nothing else may be said meanwhile. */
  #loggingIn = false
  #loginTimer: Timer | undefined

  /** Connects and learns the peer's versions. Rejects with a PeerError that says what to do. */
  static async connect(options: PeerOptions): Promise<Peer> {
    const { system, address, connectTimeoutMs = 10_000 } = options
    let socket: Socket
    try {
      socket = await system.network.connect(address, { timeoutMs: connectTimeoutMs })
    } catch (error) {
      throw error instanceof NetworkError ? unreachable(address, error) : error
    }
    const peer = new Peer(options, socket)
    try {
      await peer.#negotiate()
      if (options.login !== undefined) await peer.#logIn(options.login)
    } catch (error) {
      peer.close()
      throw error
    }
    return peer
  }

  private constructor(options: PeerOptions, socket: Socket) {
    this.#options = options
    this.address = options.address
    this.#socket = socket
    this.#outbox = new Outbox(socket)
    socket.handle({
      onData: (chunk) => this.#receive(chunk),
      space: () => this.#frames.space(),
      onDrain: () => this.#sendWaiting(),
      onClose: (error) => {
        const where = formatHostPort(this.address)
        this.#fail(
          error === undefined
            ? new PeerError('ECLOSED', `${where} closed the connection`)
            : new PeerError('ECLOSED', `the connection to ${where} broke: ${error.message}`, error),
        )
      },
    })
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  /** Requests sent and not answered. */
  get inFlight(): number {
    return this.#pending.length
  }

  /** The newest version of an API that both sides have; throws PeerError EVERSION that names both ranges. */
  versionFor(key: ApiKey): number {
    const api: Api = apiByKey(key)
    const { oldest, newest } = api.request
    const theirs = this.versions.get(key)
    const version = Math.min(newest, theirs?.[1] ?? -1)
    if (theirs !== undefined && version >= Math.max(oldest, theirs[0])) return version
    const served = theirs === undefined ? 'does not serve it' : `serves versions ${theirs[0]} to ${theirs[1]}`
    const reason = `${api.name}: ${formatHostPort(this.address)} ${served}; this program speaks ${oldest} to ${newest}`
    throw new PeerError('EVERSION', reason)
  }

  /** Sends a request and gives the decoded response. Rejects with a PeerError. */
  async send<Key extends ApiKey>(
    key: Key,
    body: ApiOf<Key>['request']['Input'],
    options: SendOptions = {},
  ): Promise<ApiOf<Key>['response']['T']> {
    const version = options.version ?? this.versionFor(key)
    const frame = await this.#exchange(apiByKey(key), version, body, options.timeoutMs)
    return this.#decode(apiByKey(key), version, frame)
  }

  /** Sends a request that is never answered (Produce with acks=0). Resolves when it has been handed to the system. */
  async sendOneWay<Key extends ApiKey>(
    key: Key,
    body: ApiOf<Key>['request']['Input'],
    options: Pick<SendOptions, 'version'> = {},
  ): Promise<void> {
    const version = options.version ?? this.versionFor(key)
    await new Promise<void>((resolve, reject) => {
      this.#whenRoom(() => {
        this.#write(apiByKey(key), version, this.#nextCorrelationId++, body)
        resolve()
      }, reject)
    })
  }

  onClose(hook: () => void): void {
    if (this.#closed !== undefined) hook()
    else this.#closeHooks.push(hook)
  }

  /** Closes at once; what is not answered is rejected. */
  close(): void {
    this.#socket.destroy()
    this.#fail(new PeerError('ECLOSED', `the connection to ${formatHostPort(this.address)} was closed here`))
  }

  /** KIP-35: a peer that lacks our version answers in that of v0, from which its own newest is learned. */
  async #negotiate(): Promise<void> {
    const { name: clientSoftwareName, version: clientSoftwareVersion } = this.#options.software ?? {
      name: 'odradek',
      version: '0',
    }
    const api = apiByKey(ApiVersionsRequest.key) as Api
    const ask = async (version: number): Promise<ApiVersionsResponse> => {
      const body = version >= 3 ? { clientSoftwareName, clientSoftwareVersion } : {}
      const frame = await this.#exchange(api, version, body, undefined)
      const unsupported = frame.length >= 6 && frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION
      return this.#decode(api, unsupported ? 0 : version, frame) as ApiVersionsResponse
    }
    let response = await ask(ApiVersionsRequest.newest)
    if (response.errorCode === ErrorCode.UNSUPPORTED_VERSION) {
      const theirs = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersionsRequest.key)?.maxVersion ?? 0
      response = await ask(Math.min(theirs, ApiVersionsRequest.newest))
    }
    if (response.errorCode !== ErrorCode.NONE) {
      const text = `${formatHostPort(this.address)} answered ApiVersions with ${errorName(response.errorCode)}`
      throw new PeerError('EPROTOCOL', text)
    }
    const versions = this.versions as Map<number, readonly [number, number]>
    for (const { apiKey, minVersion, maxVersion } of response.apiKeys) versions.set(apiKey, [minVersion, maxVersion])
  }

  /** And again, in time, where it does not hold for ever. What is sent meanwhile waits. */
  async #logIn(login: Login): Promise<void> {
    this.#loggingIn = true
    const ask = async (key: ApiKey, body: unknown): Promise<never> => {
      const version = this.versionFor(key)
      const frame = await this.#exchange(apiByKey(key), version, body, undefined, { ahead: true })
      return this.#decode(apiByKey(key), version, frame)
    }
    let lifetimeMs: number
    try {
      lifetimeMs = await logIn(ask, login)
    } catch (error) {
      if (error instanceof PeerError) throw error
      const where = formatHostPort(this.address)
      const reason = `${where} does not let this client in: ${(error as Error).message}`
      login.onRefused?.(reason)
      throw new PeerError('EAUTH', reason, error as Error)
    }
    this.#loggingIn = false
    if (lifetimeMs > 0)
      this.#loginTimer = this.#options.system.timers.after(lifetimeMs * LOGIN_AGAIN, () => void this.#logInAgain(login))
    this.#sendWaiting()
  }

  async #logInAgain(login: Login): Promise<void> {
    try {
      await this.#logIn(login)
    } catch (error) {
      this.#socket.destroy()
      this.#fail(error instanceof PeerError ? error : new PeerError('EAUTH', (error as Error).message, error as Error))
    }
  }

  async #exchange(
    api: Api,
    version: number,
    body: unknown,
    timeoutMs: number | undefined,
    { ahead = false } = {},
  ): Promise<Buffer> {
    const { requestTimeoutMs = 30_000, system } = this.#options
    const limitMs = timeoutMs ?? requestTimeoutMs
    let timer: Timer | undefined
    let expired = false
    const outcome = new Promise<Buffer>((resolve, reject) => {
      timer = system.timers.after(limitMs, () => {
        expired = true
        const where = formatHostPort(this.address)
        reject(new PeerError('ETIMEDOUT', `${where} did not answer ${api.name} within ${limitMs} ms`))
      })
      const send = () => {
        if (expired) return
        const correlationId = this.#nextCorrelationId++
        this.#write(api, version, correlationId, body)
        // After a timeout the entry stays: the answer may still come, and later ones must find their own.
        this.#pending.push({
          correlationId,
          settle: (result) => ('frame' in result ? resolve(result.frame) : reject(result.error)),
        })
      }
      if (ahead && this.#closed === undefined) send()
      else this.#whenRoom(send, reject)
    })
    try {
      return await outcome
    } finally {
      timer?.cancel()
    }
  }

  /** Runs `send` as soon as one more request may be sent, at once if possible, in the order of the calls. */
  #whenRoom(send: () => void, reject: (error: unknown) => void): void {
    if (this.#closed !== undefined) {
      reject(this.#closed)
    } else if (this.#waiting.length === 0 && this.#hasRoom()) {
      send()
    } else if (this.#waiting.length >= MAX_WAITING) {
      const where = formatHostPort(this.address)
      reject(new PeerError('EOVERLOAD', `${MAX_WAITING} requests to ${where} wait already`))
    } else {
      this.#waiting.push({ send, reject })
    }
  }

  #hasRoom(): boolean {
    return !this.#loggingIn && this.#pending.length < MAX_IN_FLIGHT && this.#outbox.bytes < MAX_BYTES_UNSENT
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#hasRoom()) {
      const { send, reject } = this.#waiting.shift()!
      try {
        send()
      } catch (error) {
        reject(error)
      }
    }
  }

  #write(api: Api, version: number, correlationId: number, body: unknown): void {
    const writer = new Writer()
    RequestHeader.encode(writer, requestHeaderVersion(api.key, version)!, {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId,
      clientId: this.#options.clientId,
    })
    api.request.encode(writer, version, body as never)
    this.#outbox.add(writer.finish())
    // Requests of one turn leave as one write.
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    this.#options.system.timers.soon(() => {
      this.#flushScheduled = false
      this.#outbox.flush()
    })
  }

  #receive(chunk: Buffer): void {
    if (this.#closed !== undefined) return
    this.#frames.push(chunk)
    try {
      for (let frame = this.#frames.take(); frame !== undefined; frame = this.#frames.take()) this.#answer(frame)
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof PeerError)) throw error
      this.#socket.destroy()
      this.#fail(error instanceof PeerError ? error : this.#nonsense(error.message, error))
    }
  }

  #answer(frame: Buffer): void {
    const pending = this.#pending[0]
    if (pending === undefined) throw this.#nonsense('an answer that nobody asked for')
    if (frame.length < 4) throw this.#nonsense('an answer without a correlation id')
    const id = frame.readInt32BE(0)
    if (id !== pending.correlationId) throw this.#nonsense(`answer ${id} where ${pending.correlationId} was due`)
    this.#pending.shift()
    pending.settle({ frame })
    this.#sendWaiting()
  }

  #decode(api: Api, version: number, frame: Buffer): never {
    try {
      const reader = new Reader(frame)
      ResponseHeader.decode(reader, responseHeaderVersion(api.key, version)!)
      return api.response.decode(reader, version) as never
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw this.#nonsense(`an answer to ${api.name} v${version} that does not decode: ${error.message}`, error)
    }
  }

  #nonsense(what: string, cause?: Error): PeerError {
    const where = formatHostPort(this.address)
    return new PeerError('EPROTOCOL', `${where} sent ${what}; is it a Kafka broker, without TLS?`, cause)
  }

  #fail(error: PeerError): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    this.#loginTimer?.cancel()
    for (const pending of this.#pending.splice(0)) pending.settle({ error })
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    for (const hook of this.#closeHooks.splice(0)) hook()
  }
}

function unreachable(address: HostPort, error: NetworkError): PeerError {
  const where = formatHostPort(address)
  const texts: Record<string, string> = {
    ECONNREFUSED: `nothing listens on ${where}; is the broker running there?`,
    ENOTFOUND: `the host name ${address.host} cannot be resolved`,
    ETIMEDOUT: `${where} does not answer`,
  }
  return new PeerError(error.code, texts[error.code] ?? `cannot connect to ${where}: ${error.message}`, error)
}
