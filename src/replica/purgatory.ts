import { assert } from '../base/assert.ts'
import type { Timer, Timers } from '../base/time.ts'

/** Something that waits for a change of what it watches, or for its time to run out. It completes exactly once. */
export interface DelayedOperation<Key> {
  /** `changed` is what gave the reason to look. True: the operation has completed (now) and is to be let go. */
  tryComplete(changed: Key): boolean
  /** The time has run out, or the place ends: completes the operation with what there is. */
  expire(): void
}

/** Operations parked at the same time, at most; above that one is expired at once. A connection holds few of them. */
export const MAX_PARKED_OPERATIONS = 200_000

interface Parked<Key> {
  readonly operation: DelayedOperation<Key>
  readonly keys: readonly Key[]
  timer: Timer | undefined
  done: boolean
}

/**
 * Where requests wait (Kafka's DelayedOperationPurgatory). An operation watches keys, here partitions, and is looked at
 * whenever one of them is reported as changed. Completed operations leave every watch list at once, so that nothing
 * has to be purged (`*.purgatory.purge.interval.requests` have no work to do here).
 *
 * Invariant: an operation is in the list of each of its keys from `park` until it completes or expires, and no list is
 * empty.
 */
export class Purgatory<Key> {
  readonly #timers: Timers
  readonly #maxParked: number
  readonly #watchers = new Map<Key, Set<Parked<Key>>>()
  readonly #parked = new Set<Parked<Key>>()
  /** Operations whose time ran out (ExpiresPerSec). */
  expirations = 0

  constructor(timers: Timers, maxParked = MAX_PARKED_OPERATIONS) {
    this.#timers = timers
    this.#maxParked = maxParked
  }

  /** Operations that wait. */
  get size(): number {
    return this.#parked.size
  }

  /** Keys that are watched. */
  get watchedKeys(): number {
    return this.#watchers.size
  }

  /** Operations that watch `key`. */
  watching(key: Key): number {
    return this.#watchers.get(key)?.size ?? 0
  }

  /**
   * Parks an operation that was just found not to be complete. The caller must not have let the event loop turn since
   * then, or a change could have been missed.
   */
  park(operation: DelayedOperation<Key>, keys: readonly Key[], timeoutMs: number): void {
    assert(keys.length > 0, 'an operation that watches nothing cannot be parked')
    if (this.#parked.size >= this.#maxParked) {
      operation.expire()
      return
    }
    const parked: Parked<Key> = { operation, keys, timer: undefined, done: false }
    this.#parked.add(parked)
    for (const key of keys) {
      const watchers = this.#watchers.get(key)
      if (watchers === undefined) this.#watchers.set(key, new Set([parked]))
      else watchers.add(parked)
    }
    parked.timer = this.#timers.after(timeoutMs, () => {
      this.expirations += 1
      this.#expire(parked)
    })
  }

  /** Looks at every operation that watches `key`; gives the number that completed. */
  check(key: Key): number {
    const watchers = this.#watchers.get(key)
    if (watchers === undefined) return 0
    let completed = 0
    // A copy: completing one operation may park another on the same key.
    for (const parked of [...watchers]) {
      if (parked.done || !parked.operation.tryComplete(key)) continue
      this.#release(parked)
      completed += 1
    }
    return completed
  }

  /** Expires everything: the node stops. */
  close(): void {
    for (const parked of [...this.#parked]) this.#expire(parked)
  }

  #expire(parked: Parked<Key>): void {
    if (parked.done) return
    this.#release(parked)
    parked.operation.expire()
  }

  #release(parked: Parked<Key>): void {
    if (parked.done) return
    parked.done = true
    parked.timer?.cancel()
    parked.timer = undefined
    this.#parked.delete(parked)
    for (const key of parked.keys) {
      const watchers = this.#watchers.get(key)
      if (watchers === undefined) continue
      watchers.delete(parked)
      if (watchers.size === 0) this.#watchers.delete(key)
    }
  }
}
