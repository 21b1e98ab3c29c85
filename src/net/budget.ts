/** Somebody who goes on when there is room again. */
export interface BudgetWaiter {
  advance(): void
}

/**
 * Bytes of requests that all connections together may have under way (queued.max.request.bytes, KIP-72). As there, a
 * request is taken whole as long as anything is left, so the sum may exceed the limit by one request; one that was
 * begun can always be completed.
 */
export class RequestBudget {
  readonly #limitBytes: number
  readonly #waiting = new Set<BudgetWaiter>()
  #usedBytes = 0

  /** A limit that is not positive is none. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes > 0 ? limitBytes : Number.POSITIVE_INFINITY
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** False: no room; `waiter` is told when there is. */
  take(bytes: number, waiter: BudgetWaiter): boolean {
    if (this.#usedBytes >= this.#limitBytes) {
      this.#waiting.add(waiter)
      return false
    }
    this.#usedBytes += bytes
    return true
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes
    for (const waiter of this.#waiting) {
      if (this.#usedBytes >= this.#limitBytes) break
      this.#waiting.delete(waiter)
      waiter.advance()
    }
  }

  forget(waiter: BudgetWaiter): void {
    this.#waiting.delete(waiter)
  }
}
