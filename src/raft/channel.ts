import type { Clock } from '../base/time.ts'
import type { Effects } from './effects.ts'
import type { AskedApi, OutgoingRequest, Peer } from './types.ts'

interface InFlight {
  readonly to: Peer
  readonly apiKey: AskedApi['apiKey']
}

type RequestOf<Key extends AskedApi['apiKey']> = Extract<AskedApi, { readonly apiKey: Key }>['request']

/** Requests to other nodes: one at a time to each (fact A6), and a pause after a failure. */
export class Channel {
  readonly #effects: Effects
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #backoffMs: number
  readonly #inFlight = new Map<number, InFlight>()
  readonly #backoffUntilMs = new Map<number, number>()
  #nextRequestId = 1

  constructor(effects: Effects, clock: Clock, { timeoutMs, backoffMs }: { timeoutMs: number; backoffMs: number }) {
    this.#effects = effects
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#backoffMs = backoffMs
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0
  }

  /** When a request may go to this node; Infinity while one is there. */
  readyAtMs(id: number): number {
    for (const { to } of this.#inFlight.values()) if (to.id === id) return Number.POSITIVE_INFINITY
    return this.#backoffUntilMs.get(id) ?? 0
  }

  isReady(id: number): boolean {
    return this.readyAtMs(id) <= this.#clock.monotonicMs()
  }

  isBackingOff(id: number): boolean {
    return (this.#backoffUntilMs.get(id) ?? 0) > this.#clock.monotonicMs()
  }

  send<Key extends AskedApi['apiKey']>(to: Peer, apiKey: Key, body: RequestOf<Key>): void {
    const requestId = this.#nextRequestId++
    this.#inFlight.set(requestId, { to, apiKey })
    this.#effects.request({ requestId, to, apiKey, body, timeoutMs: this.#timeoutMs } as OutgoingRequest)
  }

  /** What the request was that is answered; undefined if nobody waits for the answer any more. */
  settle(requestId: number): InFlight | undefined {
    const request = this.#inFlight.get(requestId)
    this.#inFlight.delete(requestId)
    return request
  }

  backOff(id: number, pauseMs = this.#backoffMs): void {
    this.#backoffUntilMs.set(id, this.#clock.monotonicMs() + pauseMs)
  }

  /** With another role come other requests: answers to those under way tell nothing any more. */
  reset(): void {
    this.#inFlight.clear()
    this.#backoffUntilMs.clear()
  }
}
