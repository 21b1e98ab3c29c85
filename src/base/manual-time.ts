import { reactionsDone } from './system-time.ts'
import type { Clock, Timer, Timers } from './time.ts'

/** Where a manual clock starts unless told: 2026-01-01T00:00:00Z. */
const START_MS = 1767225600000

interface Scheduled extends Timer {
  atMs: number
  order: number
  task: (() => void) | undefined
}

/**
 * A clock that stands still until it is turned. Timers run in order of their time, those of the same time in the order
 * in which they were set; the clock shows a timer's own time while it runs.
 *
 * `advance` is synchronous and runs no promise reactions between tasks; `run` and `settle` wait for them.
 */
export class ManualTime implements Clock, Timers {
  #elapsedMs = 0
  #startMs: number
  #order = 0
  readonly #heap: Scheduled[] = []
  #soon: (() => void)[] = []

  constructor(startMs: number = START_MS) {
    this.#startMs = startMs
  }

  wallMs(): number {
    return this.#startMs + this.#elapsedMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  /** Moves the wall clock alone, as an operator or NTP does. */
  setWallMs(wallMs: number): void {
    this.#startMs = wallMs - this.#elapsedMs
  }

  after(delayMs: number, task: () => void): Timer {
    const scheduled: Scheduled = {
      atMs: this.#elapsedMs + Math.max(0, delayMs),
      order: this.#order++,
      task,
      cancel() {
        this.task = undefined
      },
    }
    push(this.#heap, scheduled)
    return scheduled
  }

  soon(task: () => void): void {
    this.#soon.push(task)
  }

  /** Timers that wait to run. */
  get pending(): number {
    return this.#heap.reduce((count, { task }) => (task === undefined ? count : count + 1), 0)
  }

  /** The monotonic time of the next timer; undefined if none is set. */
  get nextMs(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.task === undefined) pop(this.#heap)
    return this.#heap[0]?.atMs
  }

  /** Turns the clock by `ms` and runs what falls due, `soon` tasks first; promise reactions do not run in between. */
  advance(ms: number): void {
    const untilMs = this.#elapsedMs + ms
    this.#drainSoon()
    while (this.#runNext(untilMs)) this.#drainSoon()
    this.#elapsedMs = untilMs
  }

  /** As `advance`, and lets every promise settle after each task. */
  async run(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms
    await this.settle()
    while (await this.step(untilMs));
    this.#elapsedMs = untilMs
  }

  /** The next timer that is due by `untilMs`, and all that follows from it at that time. False: there is none. */
  async step(untilMs: number): Promise<boolean> {
    if (!this.#runNext(untilMs)) return false
    await this.settle()
    return true
  }

  /** Runs `soon` tasks and promise reactions until none is left. The clock stands still. */
  async settle(): Promise<void> {
    do {
      this.#drainSoon()
      await reactionsDone()
    } while (this.#soon.length > 0)
  }

  #runNext(untilMs: number): boolean {
    const nextMs = this.nextMs
    if (nextMs === undefined || nextMs > untilMs) return false
    const { task } = pop(this.#heap)!
    this.#elapsedMs = nextMs
    task!()
    return true
  }

  #drainSoon(): void {
    while (this.#soon.length > 0) {
      const tasks = this.#soon
      this.#soon = []
      for (const task of tasks) task()
    }
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function push(heap: Scheduled[], item: Scheduled): void {
  let at = heap.push(item) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(item, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = item
}

function pop(heap: Scheduled[]): Scheduled | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return first
}
