import type { Offset } from '../base/brand.ts'
import type { Core } from './core.ts'
import type { RaftRequest } from './types.ts'

export type FetchCall = Extract<RaftRequest, { readonly apiKey: 1 }>

interface Parked {
  readonly call: FetchCall
  readonly offset: Offset
  readonly untilMs: number
}

/** Fetches that found nothing new and wait for it (fact A54). */
const MAX_PARKED = 1000

export class ParkedFetches {
  readonly #core: Core
  #fetches: Parked[] = []

  constructor(core: Core) {
    this.#core = core
  }

  get isFull(): boolean {
    return this.#fetches.length >= MAX_PARKED
  }

  get nextMs(): number {
    return this.#fetches.reduce((nextMs, { untilMs }) => Math.min(nextMs, untilMs), Number.POSITIVE_INFINITY)
  }

  park(call: FetchCall, offset: Offset): void {
    this.#fetches.push({ call, offset, untilMs: this.#core.nowMs + call.body.maxWaitMs })
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
