import { assert } from '../../base/assert.ts'

/** What a key held before a step changed it for the first time; undefined: nothing. */
type Before = Map<unknown, unknown>
type Step = Map<Restorable, Before>

interface Restorable {
  restore(key: unknown, value: unknown): void
}

/**
 * Remembers how to go back. A coordinator replays records into its maps before they are committed, so it needs two
 * views: the newest one, from which operations decide, and the committed one, which outsiders may see (fact E46), and
 * to which everything returns when a batch cannot be appended.
 *
 * Each batch is a step that keeps, per key it changed, the value from before. Steps are committed oldest first, which
 * only drops what they remember; going back undoes them newest first. As there are rarely more than two steps, this is
 * all that is needed of Kafka's timeline data structures (SnapshotRegistry, TimelineHashMap). While no step is open,
 * as during loading, changes are final at once.
 */
export class Timeline {
  readonly #steps: Step[] = []

  /** Changes from here on belong to a new step. */
  begin(): void {
    this.#steps.push(new Map())
  }

  /** The oldest step can no longer be undone. */
  commitOldest(): void {
    assert(this.#steps.length > 0, 'a timeline has a step to commit')
    this.#steps.shift()
  }

  /** Undoes every open step: the newest view becomes the committed one. */
  revert(): void {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      for (const [map, before] of step) {
        for (const [key, value] of before) map.restore(key, value)
      }
    }
  }

  /** Called by a map before it changes `key`. */
  noteBefore(map: Restorable, key: unknown, value: unknown): void {
    const step = this.#steps.at(-1)
    if (!step) return
    const before = step.get(map)
    if (!before) step.set(map, new Map([[key, value]]))
    else if (!before.has(key)) before.set(key, value)
  }

  /** The oldest step's memory of `key` in `map`: its committed value, if a step that is still open changed it. */
  committedBefore(map: Restorable, key: unknown): { value: unknown } | undefined {
    for (const step of this.#steps) {
      const before = step.get(map)
      if (before?.has(key)) return { value: before.get(key) }
    }
    return undefined
  }

  /** Keys of `map` that open steps changed. */
  *changedKeys(map: Restorable): Iterable<unknown> {
    for (const step of this.#steps) yield* step.get(map)?.keys() ?? []
  }
}

/** A map with a newest and a committed view. Values are replaced, never changed in place. */
export class TimelineMap<K, V extends NonNullable<unknown>> implements Restorable {
  readonly #timeline: Timeline
  readonly #latest = new Map<K, V>()

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  get size(): number {
    return this.#latest.size
  }

  get(key: K): V | undefined {
    return this.#latest.get(key)
  }

  has(key: K): boolean {
    return this.#latest.has(key)
  }

  set(key: K, value: V): void {
    this.#timeline.noteBefore(this, key, this.#latest.get(key))
    this.#latest.set(key, value)
  }

  delete(key: K): void {
    const value = this.#latest.get(key)
    if (value === undefined) return
    this.#timeline.noteBefore(this, key, value)
    this.#latest.delete(key)
  }

  keys(): IterableIterator<K> {
    return this.#latest.keys()
  }

  values(): IterableIterator<V> {
    return this.#latest.values()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#latest.entries()
  }

  getCommitted(key: K): V | undefined {
    const before = this.#timeline.committedBefore(this, key)
    return before ? (before.value as V | undefined) : this.#latest.get(key)
  }

  /** Whether there are changes that may yet be undone. */
  get isChanging(): boolean {
    for (const _ of this.#timeline.changedKeys(this)) return true
    return false
  }

  /** The committed view, keys in no particular order. */
  *committedEntries(): Iterable<[K, V]> {
    const changed = new Set(this.#timeline.changedKeys(this) as Iterable<K>)
    for (const entry of this.#latest) {
      if (!changed.has(entry[0])) yield entry
    }
    for (const key of changed) {
      const value = this.getCommitted(key)
      if (value !== undefined) yield [key, value]
    }
  }

  restore(key: unknown, value: unknown): void {
    if (value === undefined) this.#latest.delete(key as K)
    else this.#latest.set(key as K, value as V)
  }
}
