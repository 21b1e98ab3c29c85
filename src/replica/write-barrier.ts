import type { LogWriter } from './log-writer.ts'
import type { Partition, WriteWaiter } from './partition.ts'

/** Waits until the appends to several partitions are written, or have failed. */
export class WriteBarrier implements WriteWaiter {
  readonly #writer: LogWriter
  #open = 0
  #resolve: (() => void) | undefined

  constructor(writer: LogWriter) {
    this.#writer = writer
  }

  add(partition: Partition): void {
    this.#open += 1
    partition.whenWritten(this)
    this.#writer.add(partition)
  }

  /** To be called once, in the turn of the last `add`. */
  wait(): Promise<void> {
    if (this.#open === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  written(): void {
    this.#open -= 1
    if (this.#open === 0) this.#resolve?.()
  }

  failed(): void {
    this.written()
  }
}
