import type { Timer, Timers } from '../base/time.ts'

/** Longest interval that a timer takes; whatever is longer means never. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What is to be done later, and from time to time, until it is stopped. */
export class Chores {
  readonly #timers: Timers
  readonly #waiting = new Set<{ timer: Timer | undefined }>()
  isStopped = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  every(intervalMs: number, task: () => void): void {
    if (intervalMs <= 0 || intervalMs > MAX_TIMER_MS) return
    this.after(intervalMs, () => {
      task()
      this.every(intervalMs, task)
    })
  }

  after(delayMs: number, task: () => void): void {
    if (delayMs > MAX_TIMER_MS) return
    const entry: { timer: Timer | undefined } = { timer: undefined }
    this.#waiting.add(entry)
    entry.timer = this.#timers.after(delayMs, () => {
      this.#waiting.delete(entry)
      if (!this.isStopped) task()
    })
  }

  stop(): void {
    this.isStopped = true
    for (const { timer } of this.#waiting) timer?.cancel()
    this.#waiting.clear()
  }
}
