/** The wall clock and the monotonic clock. Both in milliseconds; the second never goes back and is for durations. */
export interface Clock {
  wallMs(): number
  monotonicMs(): number
}

/** A task that was scheduled and has not run. Cancelling one that ran, or twice, does nothing. */
export interface Timer {
  cancel(): void
}

/** Everything that happens later goes through here, so that a simulator can decide when "later" is. */
export interface Timers {
  /** Runs `task` once, no sooner than `delayMs` from now. Never keeps the process alive by itself. */
  after(delayMs: number, task: () => void): Timer
  /** Runs `task` when the present turn of the event loop has handled its input: what gathers work is flushed here. */
  soon(task: () => void): void
}
