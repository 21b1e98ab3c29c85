import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { HostPort } from '../base/network.ts'
import type { System } from '../base/ports.ts'
import type { Login } from '../net/login.ts'
import { Peer, PeerError } from '../net/peer.ts'

/** Before a controller that did not answer is asked again, and while none is known (fact C11). */
const RETRY_MS = 50

export interface ChannelOptions {
  readonly system: Pick<System, 'network' | 'timers' | 'clock'>
  readonly nodeId: number
  readonly clientId: string
  /** Where controllers ask who comes. */
  readonly login?: Login | undefined
  /** Who leads the metadata quorum, as far as this node knows; -1 for nobody (fact C12). */
  leader(): { readonly id: number; readonly endpoint: HostPort | undefined }
  /** A request to the controller in this very process, past the wire. */
  callLocal(key: ApiKey, body: unknown): Promise<unknown>
}

/**
 * The way of a broker to the active controller, wherever that is. A request goes on until somebody who is the controller
 * has answered it or its time is over; one that was sent and not answered may be sent again, so it has to be one that
 * does no harm twice, as all requests to the controller are.
 */
export class ControllerChannel {
  readonly #options: ChannelOptions
  #peer: { readonly of: string; readonly connected: Promise<Peer> } | undefined
  #closed = false

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** Rejects with ProtocolError REQUEST_TIMED_OUT when no controller answered in time, or the channel was closed. */
  async send<Key extends ApiKey>(
    key: Key,
    body: ApiOf<Key>['request']['Input'],
    { timeoutMs, retryMs = RETRY_MS }: { timeoutMs: number; retryMs?: number },
  ): Promise<ApiOf<Key>['response']['T']> {
    const { clock } = this.#options.system
    const deadlineMs = clock.monotonicMs() + timeoutMs
    while (!this.#closed) {
      const leftMs = deadlineMs - clock.monotonicMs()
      if (leftMs <= 0) break
      const response = await this.#ask(key, body, leftMs)
      if (response !== undefined && !saysNotController(response)) return response as ApiOf<Key>['response']['T']
      await this.#pause(Math.min(retryMs, leftMs))
    }
    throw new ProtocolError(ErrorCode.REQUEST_TIMED_OUT)
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Somebody else leads: whoever was asked before that may have gone without a word, and is not waited for. */
  leaderChanged(): void {
    const { id, endpoint } = this.#options.leader()
    if (id < 0 || this.#peer === undefined) return
    if (endpoint === undefined || id === this.#options.nodeId || this.#peer.of !== nameOf(endpoint)) this.#disconnect()
  }

  close(): void {
    this.#closed = true
    this.#disconnect()
  }

  /** Undefined where the one who was asked did not answer, or is not the controller. */
  async #ask(key: ApiKey, body: unknown, timeoutMs: number): Promise<object | undefined> {
    const { leader, nodeId, callLocal } = this.#options
    const { id, endpoint } = leader()
    try {
      if (id === nodeId) return (await callLocal(key, body)) as object
      if (endpoint === undefined) return undefined
      const peer = await this.#connect(endpoint)
      return await peer.send(key, body as never, { timeoutMs })
    } catch (error) {
      if (error instanceof ProtocolError && error.code === ErrorCode.NOT_CONTROLLER) return undefined
      if (!(error instanceof PeerError)) throw error
      // What cannot be said to this peer in any version will not be said better a second time.
      if (error.code === 'EVERSION') throw new ProtocolError(ErrorCode.UNSUPPORTED_VERSION, error.message)
      this.#disconnect()
      return undefined
    }
  }

  #connect(address: HostPort): Promise<Peer> {
    const of = nameOf(address)
    if (this.#peer?.of !== of) {
      this.#disconnect()
      const { system, clientId, login } = this.#options
      const connected = Peer.connect({ system, address, clientId, login, connectTimeoutMs: 2000 })
      this.#peer = { of, connected }
      const forget = () => {
        if (this.#peer?.connected === connected) this.#peer = undefined
      }
      connected.then((peer) => peer.onClose(forget), forget)
    }
    return this.#peer!.connected
  }

  #disconnect(): void {
    const peer = this.#peer
    this.#peer = undefined
    peer?.connected.then(
      (connected) => connected.close(),
      () => {},
    )
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.system.timers.after(delayMs, resolve)
    })
  }
}

const nameOf = ({ host, port }: HostPort): string => `${host}:${port}`

/** At the top, or in every part: each API has its own place for it. */
function saysNotController(response: object): boolean {
  if ('errorCode' in response) return response.errorCode === ErrorCode.NOT_CONTROLLER
  const parts = Object.values(response).find((value) => Array.isArray(value)) as { errorCode?: number }[] | undefined
  return parts?.some(({ errorCode }) => errorCode === ErrorCode.NOT_CONTROLLER) ?? false
}
