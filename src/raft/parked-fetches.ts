import type { Offset } from '../base/brand.ts'
import type { Core } from './core.ts'
import type { RaftRequest, ReplicaKey } from './types.ts'
import { sameKey } from './voters.ts'

export type FetchCall = Extract<RaftRequest, { readonly apiKey: 1 }>

interface Parked {
  readonly call: FetchCall
  /** Whose it is. Clients that read the log have an id below 0 in common. */
  readonly key: ReplicaKey
  readonly offset: Offset
  readonly untilMs: number
}

/** Of those that do not vote: a voter always has a place. */
const MAX_PARKED = 1000
/** Replicas ask for a tenth of it (fact A3). Whoever asks for more is answered by then, if anybody still listens. */
const MAX_WAIT_MS = 5000

/**
 * Fetches that found nothing new and wait for it (fact A54), one of each replica: it sends the next one when it has given
 * the last one up (fact A6).
 */
export class ParkedFetches {
  readonly #core: Core
  #fetches: Parked[] = []

  constructor(core: Core) {
    this.#core = core
  }

  hasPlaceFor(key: ReplicaKey): boolean {
    if (this.#core.role.name === 'leader' && this.#core.role.replicas.voter(key)) return true
    return this.#fetches.length < MAX_PARKED
  }

  get nextMs(): number {
    return this.#fetches.reduce((nextMs, { untilMs }) => Math.min(nextMs, untilMs), Number.POSITIVE_INFINITY)
  }

  park(call: FetchCall, key: ReplicaKey, offset: Offset): void {
    const untilMs = this.#core.nowMs + Math.min(call.body.maxWaitMs, MAX_WAIT_MS)
    this.#fetches.push({ call, key, offset, untilMs })
  }

  /** What this replica asked before. */
  takeOf(key: ReplicaKey): FetchCall[] {
    return this.#take((fetch) => key.id >= 0 && sameKey(fetch.key, key))
  }

  takeExpired(): FetchCall[] {
    return this.#take(({ untilMs }) => untilMs <= this.#core.nowMs)
  }

  /** Those that wait for a record below `endOffset`. */
  takeBelow(endOffset: Offset): FetchCall[] {
    return this.#take(({ offset }) => offset < endOffset)
  }

  takeAll(): FetchCall[] {
    return this.#take(() => true)
  }

  #take(isDue: (fetch: Parked) => boolean): FetchCall[] {
    const due = this.#fetches.filter(isDue)
    if (due.length > 0) this.#fetches = this.#fetches.filter((fetch) => !isDue(fetch))
    return due.map(({ call }) => call)
  }
}
