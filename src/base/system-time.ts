import type { Clock, Timer, Timers } from './time.ts'

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** The longest delay that setTimeout takes; it runs a longer one at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout | undefined
  #leftMs: number
  readonly #task: () => void

  constructor(delayMs: number, task: () => void) {
    this.#leftMs = delayMs
    this.#task = task
    this.#arm()
  }

  #arm(): void {
    const stepMs = Math.min(this.#leftMs, MAX_DELAY_MS)
    this.#leftMs -= stepMs
    this.#handle = setTimeout(() => {
      if (this.#leftMs > 0) this.#arm()
      else this.#task()
    }, stepMs)
    this.#handle.unref()
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }
}

/** One immediate a turn for all tasks of that turn; tasks that they add run in the next one, after new input. */
class SystemTimers implements Timers {
  #soon: (() => void)[] = []

  after(delayMs: number, task: () => void): Timer {
    return new SystemTimer(delayMs, task)
  }

  soon(task: () => void): void {
    if (this.#soon.push(task) === 1) setImmediate(this.#runSoon)
  }

  readonly #runSoon = (): void => {
    const tasks = this.#soon
    this.#soon = []
    let done = 0
    try {
      while (done < tasks.length) tasks[done++]!()
    } finally {
      // A task that throws ends the process unless somebody decides otherwise; the others must run in that case.
      if (done < tasks.length) for (const task of tasks.slice(done)) this.soon(task)
    }
  }
}

export const systemTimers: Timers = new SystemTimers()

/** Resolves when the event loop has gone round once, so that every promise that could settle has settled. */
export function loopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Resolves when no promise reaction is left to run: Node takes its ticks when that queue is empty. The event loop does
 * not go round, so that nothing from outside happens meanwhile.
 */
export function reactionsDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
