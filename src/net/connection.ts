import { DecodeError } from '../../protocol/errors.ts'
import { decodeRequestHeader } from '../../protocol/frame.ts'
import type { DefaultPrincipalData } from '../../protocol/principal.ts'
import { AssertionFailure } from '../base/assert.ts'
import type { HostPort, Socket } from '../base/network.ts'
import { release, type SlabPool } from '../base/slabs.ts'
import type { Clock, Timer, Timers } from '../base/time.ts'
import type { RequestBudget } from './budget.ts'
import type { ConnectionContext, Dispatch, Gate, IncomingRequest, Reply } from './dispatch.ts'
import { FrameError, FrameReader } from './frames.ts'
import { Outbox } from './outbox.ts'
import type { UnsentBytes } from './unsent.ts'

/** Requests of one connection that may run at the same time, all of them of the pipelined kind. */
export const MAX_REQUESTS_IN_FLIGHT = 64
/** Bytes of requests in flight beyond which no further one starts. A single request may be larger. */
export const MAX_BYTES_IN_FLIGHT = 8 * 1024 * 1024
/** Bytes read ahead of requests that cannot start yet; beyond, nothing more is read from the peer. */
export const MAX_BYTES_READ_AHEAD = 64 * 1024
/** Reply bytes that the peer has not read, beyond which no further request starts. */
export const MAX_BYTES_UNSENT = 256 * 1024
/** Requests started before other connections get their turn. */
const MAX_STARTS_A_TURN = 64
/** How long a peer may take to read the last replies of a connection that we close. */
const MAX_ENDING_MS = 10_000

export interface ConnectionOptions {
  /** Counts connections of this process. */
  serial: number
  listener: string
  socket: Socket
  /** Who the client is as long as it has not said. */
  principal: Readonly<DefaultPrincipalData>
  clock: Clock
  timers: Timers
  maxRequestBytes: number
  budget: RequestBudget
  unsent: UnsentBytes
  /** Where large requests are put. */
  slabs?: SlabPool | undefined
  dispatch: Dispatch
  /** For a client that has to say who it is. */
  gate?: Gate | undefined
  /** True for APIs whose next request need not wait for this one's answer. */
  pipelined(apiKey: number): boolean
  /** True for APIs of whose requests nobody needs the bytes once they are answered, other than those who hold them. */
  borrows(apiKey: number): boolean
  /** The connection is closed because of what the peer sent, or because of what became of it. */
  onProblem(connection: Connection, reason: string, error?: unknown): void
  onClosed(connection: Connection): void
}

/** How starting a request went: done, or impossible until more bytes come, or until something else changes. */
type Step = 'started' | 'needs data' | 'blocked'

/** A request in flight, in the order of its arrival. */
interface Slot {
  readonly frameBytes: number
  readonly pipelined: boolean
  /** The request, where it is to be released when it has been answered. */
  readonly borrowed: Buffer | undefined
  reply: Reply | Failure | undefined
}

/** A frame without a header. */
interface Token {
  readonly token: Buffer
  readonly frameBytes: number
}

/** A request that broke something of ours: the connection closes, as if it had been told to. */
interface Failure {
  readonly kind: 'close'
  readonly reason: string
  readonly error?: unknown
}

/**
 * One client connection. Frames come in, requests go to `dispatch`, replies go out in the order of the requests.
 *
 * As in Apache Kafka a request waits until the one before it is answered, with one exception: pipelined ones (Produce)
 * may start behind others of their kind that still wait. Legal states:
 *
 *   open -> draining (no further request starts; what is in flight is answered) -> ending (the last bytes go out) -> closed
 *
 * with `closed` reachable from each.
 */
export class Connection implements ConnectionContext {
  readonly listener: string
  readonly remote: HostPort
  readonly local: HostPort
  readonly serial: number
  principal: Readonly<DefaultPrincipalData>
  clientId: string | null = null
  softwareName?: string
  softwareVersion?: string
  /** When bytes last moved, in monotonic milliseconds. */
  lastActiveMs: number
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #frames: FrameReader
  readonly #outbox: Outbox
  /** Of the outbox, as the sum of all connections has it. */
  #countedUnsent = 0
  #state: 'open' | 'draining' | 'ending' | 'closed' = 'open'
  #next: IncomingRequest | Token | undefined
  /** What the frame under way takes of the budget; undefined while it takes nothing. */
  #admittedBytes: number | undefined
  readonly #inFlight: Slot[] = []
  #bytesInFlight = 0
  #startedThisTurn = 0
  #turnScheduled = false
  #advancing = false
  #paused = false
  #endTimer: Timer | undefined
  #closeHooks: (() => void)[] = []

  constructor(options: ConnectionOptions) {
    const { socket } = options
    this.#options = options
    this.#socket = socket
    this.serial = options.serial
    this.listener = options.listener
    this.remote = socket.remote
    this.local = socket.local
    this.principal = options.principal
    this.lastActiveMs = options.clock.monotonicMs()
    this.#frames = new FrameReader(options.gate?.maxFrameBytes ?? options.maxRequestBytes, options.slabs)
    this.#outbox = new Outbox(socket)
  }

  /** Starts reading. */
  start(): void {
    this.#socket.handle({
      onData: (chunk) => this.#receive(chunk),
      space: () => this.#frames.space(),
      onDrain: () => {
        this.#touch()
        this.advance()
      },
      onClose: () => this.#closed(),
    })
  }

  /** As Kafka names connections in its logs. */
  get id(): string {
    const { local, remote } = this
    return `${local.host}:${local.port}-${remote.host}:${remote.port}-${this.serial}`
  }

  get requestsInFlight(): number {
    return this.#inFlight.length
  }

  /** Bytes that this connection holds: requests under way and read ahead, replies not sent. */
  get bufferedBytes(): number {
    return this.#frames.bufferedBytes + this.#bytesInFlight + this.#outbox.bytes
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  onClose(hook: () => void): void {
    if (this.#state === 'closed') hook()
    else this.#closeHooks.push(hook)
  }

  /** Sends the replies that are ready, drops what is in flight (Kafka: fact I20), and closes. */
  close(): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    this.#end()
  }

  /** Closes without sending anything more. */
  destroy(): void {
    this.#socket.destroy()
  }

  #touch(): void {
    this.lastActiveMs = this.#options.clock.monotonicMs()
  }

  #receive(chunk: Buffer): void {
    this.#touch()
    if (this.#state !== 'open') return
    this.#frames.push(chunk)
    this.advance()
  }

  /** Starts what may start, sends what is ready, and reads on or pauses as the bounds say. */
  advance(): void {
    // A handler that answers at once comes back here from within; the loop below sees its reply.
    if (this.#advancing) return
    this.#advancing = true
    let step: Step = 'blocked'
    try {
      do {
        this.#sendReady()
        step = this.#startNext()
      } while (step === 'started')
    } finally {
      this.#advancing = false
    }
    this.#flushOrGather()
    this.#countUnsent(this.#state === 'closed' ? 0 : this.#outbox.bytes)
    this.#readOrPause(step)
  }

  #countUnsent(bytes: number): void {
    this.#options.unsent.total += bytes - this.#countedUnsent
    this.#countedUnsent = bytes
  }

  /** Moves replies from the front of the line to the outbox. */
  #sendReady(): void {
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.reply !== undefined) {
      const { reply, frameBytes } = this.#inFlight.shift()!
      this.#bytesInFlight -= frameBytes
      if (this.#state === 'ending' || this.#state === 'closed') continue
      if (reply!.kind === 'reply') {
        this.#outbox.add(reply!.chunks)
      } else if (reply!.kind === 'close') {
        if ('chunks' in reply! && reply.chunks !== undefined) this.#outbox.add(reply.chunks)
        this.#options.onProblem(this, reply!.reason, 'error' in reply! ? reply.error : undefined)
        this.#end()
      }
    }
    if (this.#state === 'draining' && this.#inFlight.length === 0) this.#end()
  }

  #startNext(): Step {
    if (this.#state !== 'open') return 'blocked'
    if (this.#startedThisTurn >= MAX_STARTS_A_TURN) {
      this.#scheduleTurn()
      return 'blocked'
    }
    // Nothing may start behind a request that is not pipelined, so what follows it is not even assembled.
    if (this.#inFlight.at(-1)?.pipelined === false) return 'blocked'
    if (this.#inFlight.length >= MAX_REQUESTS_IN_FLIGHT || this.#bytesInFlight >= MAX_BYTES_IN_FLIGHT) return 'blocked'
    if (this.#outbox.bytes > MAX_BYTES_UNSENT) {
      this.#outbox.flush()
      if (this.#outbox.bytes > MAX_BYTES_UNSENT) return 'blocked'
    }
    if (this.#next === undefined) {
      const step = this.#read()
      if (step !== 'started') return step
    }
    const request = this.#next!
    if (!('header' in request)) return this.#startToken(request)
    const { apiKey } = request.header
    const pipelined = this.#options.pipelined(apiKey)
    if (this.#inFlight.length > 0 && !pipelined) return 'blocked'
    this.#next = undefined
    this.#startedThisTurn++
    const borrowed = this.#options.borrows(apiKey) ? request.body.buffer : undefined
    const { gate, dispatch } = this.#options
    this.clientId = request.header.clientId
    this.#run({ frameBytes: request.frameBytes, pipelined, borrowed, reply: undefined }, () =>
      gate === undefined ? dispatch(request) : gate.request(request, dispatch),
    )
    return 'started'
  }

  #startToken({ token, frameBytes }: Token): Step {
    if (this.#inFlight.length > 0) return 'blocked'
    this.#next = undefined
    this.#startedThisTurn++
    const slot = { frameBytes, pipelined: false, borrowed: undefined, reply: undefined }
    this.#run(slot, () => this.#options.gate!.token(token, this))
    return 'started'
  }

  /** Makes `#next` of the next frame. What cannot be a request ends the connection, after earlier replies. */
  #read(): Step {
    const { gate, maxRequestBytes } = this.#options
    try {
      const gateBytes = gate?.maxFrameBytes
      if (gateBytes !== undefined) this.#frames.limit(gateBytes, 'sasl.server.max.receive.size')
      else if (gate !== undefined) this.#frames.limit(maxRequestBytes, 'socket.request.max.bytes')
      const size = this.#frames.nextSize()
      if (size === undefined) return 'needs data'
      if (this.#admittedBytes === undefined && !this.#options.budget.take(size, this)) return 'blocked'
      this.#admittedBytes = size
      const frame = this.#frames.take()
      if (frame === undefined) return 'needs data'
      if (gate?.takesToken) {
        this.#next = { token: frame, frameBytes: size }
        this.#admittedBytes = undefined
        return 'started'
      }
      const { api, version, correlationId, clientId, body } = decodeRequestHeader(frame)
      const header = { apiKey: api.key, apiVersion: version, correlationId, clientId }
      this.#next = { header, body, connection: this, frame, frameBytes: size }
      this.#admittedBytes = undefined
      return 'started'
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof DecodeError)) throw error
      this.#options.onProblem(this, error.message)
      this.#drain()
      return 'blocked'
    }
  }

  #run(slot: Slot, answered: () => Reply | Promise<Reply>): void {
    this.#inFlight.push(slot)
    this.#bytesInFlight += slot.frameBytes
    let reply: Reply | Failure | Promise<Reply>
    try {
      reply = answered()
    } catch (error) {
      reply = this.#failure(error)
    }
    if ('kind' in reply) {
      this.#answer(slot, reply)
    } else {
      reply.then(
        (value) => this.#answer(slot, value),
        (error) => this.#answer(slot, this.#failure(error)),
      )
    }
  }

  #answer(slot: Slot, reply: Reply | Failure): void {
    this.#options.budget.release(slot.frameBytes)
    // After a failure nobody knows who still needs the bytes.
    if (slot.borrowed !== undefined && reply.kind !== 'close') release(slot.borrowed)
    slot.reply = reply
    this.advance()
  }

  /** Dispatch turns what is wrong with a request into a reply; what comes here is wrong with us. */
  #failure(error: unknown): Failure {
    // An impossible state stops the node. Thrown from a task of its own it reaches whoever watches over the process.
    if (error instanceof AssertionFailure) {
      this.#options.timers.soon(() => {
        throw error
      })
    }
    return { kind: 'close', reason: 'a request failed', error }
  }

  /** Replies of one turn leave together, unless nothing else is under way that they could wait for. */
  #flushOrGather(): void {
    if (this.#outbox.pendingBytes === 0) return
    if (this.#inFlight.length > 0 && this.#outbox.pendingBytes < MAX_BYTES_UNSENT) {
      this.#scheduleTurn()
    } else {
      this.#touch()
      this.#outbox.flush()
    }
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return
    this.#turnScheduled = true
    this.#options.timers.soon(() => {
      this.#turnScheduled = false
      this.#startedThisTurn = 0
      if (this.#outbox.flush()) this.#touch()
      this.advance()
    })
  }

  /** All bytes of the frame under way are read; of what follows a request that has to wait, only a few. */
  #readOrPause(step: Step): void {
    if (this.#state === 'closed') return
    const pause = this.#state !== 'open' || (step === 'blocked' && this.#frames.bufferedBytes >= MAX_BYTES_READ_AHEAD)
    if (pause === this.#paused) return
    this.#paused = pause
    if (pause) this.#socket.pause()
    else this.#socket.resume()
  }

  #drain(): void {
    if (this.#state !== 'open') return
    this.#state = 'draining'
    if (this.#inFlight.length === 0) this.#end()
  }

  #end(): void {
    this.#state = 'ending'
    this.#forget()
    this.#outbox.flush()
    this.#socket.end()
    this.#endTimer = this.#options.timers.after(MAX_ENDING_MS, () => this.#socket.destroy())
  }

  #closed(): void {
    this.#state = 'closed'
    this.#endTimer?.cancel()
    this.#forget()
    this.#outbox.clear()
    this.#countUnsent(0)
    const hooks = this.#closeHooks
    this.#closeHooks = []
    for (const hook of hooks) hook()
    this.#options.onClosed(this)
  }

  #forget(): void {
    const { budget } = this.#options
    const heldBytes = (this.#next?.frameBytes ?? 0) + (this.#admittedBytes ?? 0)
    this.#next = undefined
    this.#admittedBytes = undefined
    this.#frames.clear()
    budget.forget(this)
    budget.release(heldBytes)
  }
}
