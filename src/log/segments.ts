import { assert } from '../base/assert.ts'
import type { Segment } from './segment.ts'

/** The segments of a log in order. Never empty once the log is open; the last one is active: it takes the appends. */
export class Segments {
  readonly #segments: Segment[] = []

  get all(): readonly Segment[] {
    return this.#segments
  }

  get first(): Segment {
    const first = this.#segments[0]
    assert(first !== undefined, 'a log has a segment')
    return first
  }

  get active(): Segment {
    const active = this.#segments.at(-1)
    assert(active !== undefined, 'a log has a segment')
    return active
  }

  get count(): number {
    return this.#segments.length
  }

  add(segment: Segment): void {
    const last = this.#segments.at(-1)
    assert(last === undefined || last.baseOffset < segment.baseOffset, 'segments are added in order')
    this.#segments.push(segment)
  }

  /** The last segment whose base is at or below `offset`. */
  holding(offset: number): Segment | undefined {
    return this.#segments[this.#after(offset) - 1]
  }

  /** The segment behind `segment`. */
  next(segment: Segment): Segment | undefined {
    return this.#segments[this.#after(segment.baseOffset)]
  }

  /** Segments that hold offsets at or above `offset`. */
  from(offset: number): Segment[] {
    return this.#segments.slice(Math.max(0, this.#after(offset) - 1))
  }

  remove(segments: readonly Segment[]): void {
    const gone = new Set(segments)
    const kept = this.#segments.filter((segment) => !gone.has(segment))
    this.#segments.length = 0
    this.#segments.push(...kept)
  }

  #after(offset: number): number {
    let [low, high] = [0, this.#segments.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
