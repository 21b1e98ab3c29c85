import type { Timer, Timers } from '../base/time.ts'

export interface PeriodicTask {
  /** Milliseconds between two runs; none at all where it is not positive. */
  readonly intervalMs: number
  /** True: there is more to do, and the next run follows at once (fact N-C30). A failure is the task's own to report. */
  run(): Promise<boolean>
}

/** What a controller does from time to time, as long as it is active. */
export class PeriodicTasks {
  readonly #timers: Timers
  readonly #scheduled = new Map<PeriodicTask, Timer>()
  #stopped = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  start(tasks: readonly PeriodicTask[]): void {
    for (const task of tasks) if (task.intervalMs > 0) this.#schedule(task, task.intervalMs)
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#scheduled.values()) timer.cancel()
    this.#scheduled.clear()
  }

  #schedule(task: PeriodicTask, delayMs: number): void {
    if (this.#stopped) return
    this.#scheduled.set(
      task,
      this.#timers.after(delayMs, () => void this.#run(task)),
    )
  }

  async #run(task: PeriodicTask): Promise<void> {
    const more = await task.run()
    this.#schedule(task, more ? 0 : task.intervalMs)
  }
}
