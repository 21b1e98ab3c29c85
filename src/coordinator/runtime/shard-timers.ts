import type { Clock, Timer, Timers } from '../../base/time.ts'
import type { Outcome, ShardTimers } from './ports.ts'

interface Entry<Record> {
  deadlineMs: number
  operation: () => Outcome<Record, void>
  firesAtMs: number
  timer: Timer
}

/**
 * Named timers on the timers port.
 *
 * A session is prolonged by each heartbeat and hardly ever ends. So moving a deadline to a later time leaves the
 * underlying timer alone: it looks at the deadline when it fires and sleeps on if it is too early.
 */
export class NamedTimers<Record> implements ShardTimers<Record> {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #run: (operation: () => Outcome<Record, void>) => void
  readonly #entries = new Map<string, Entry<Record>>()

  constructor(clock: Clock, timers: Timers, run: (operation: () => Outcome<Record, void>) => void) {
    this.#clock = clock
    this.#timers = timers
    this.#run = run
  }

  schedule(name: string, delayMs: number, operation: () => Outcome<Record, void>): void {
    const deadlineMs = this.#clock.monotonicMs() + delayMs
    const known = this.#entries.get(name)
    if (known && known.firesAtMs <= deadlineMs) {
      known.deadlineMs = deadlineMs
      known.operation = operation
      return
    }
    known?.timer.cancel()
    this.#arm(name, deadlineMs, operation)
  }

  cancel(name: string): void {
    this.#entries.get(name)?.timer.cancel()
    this.#entries.delete(name)
  }

  cancelAll(): void {
    for (const { timer } of this.#entries.values()) timer.cancel()
    this.#entries.clear()
  }

  #arm(name: string, deadlineMs: number, operation: () => Outcome<Record, void>): void {
    const delayMs = Math.max(0, deadlineMs - this.#clock.monotonicMs())
    const timer = this.#timers.after(delayMs, () => this.#fire(name))
    this.#entries.set(name, { deadlineMs, operation, firesAtMs: deadlineMs, timer })
  }

  #fire(name: string): void {
    const entry = this.#entries.get(name)
    if (!entry) return
    if (this.#clock.monotonicMs() < entry.deadlineMs) {
      this.#arm(name, entry.deadlineMs, entry.operation)
      return
    }
    this.#entries.delete(name)
    this.#run(entry.operation)
  }
}
