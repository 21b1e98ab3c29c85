import type { Timers } from '../../src/base/time.ts'

/** Lets calls into a node through, or keeps them in order while the node stands still: a long stop of its process. */
export class Gate {
  readonly #timers: Timers
  readonly #passed: () => void
  #held: (() => void)[] | undefined

  constructor(timers: Timers, passed: () => void) {
    this.#timers = timers
    this.#passed = passed
  }

  get isClosed(): boolean {
    return this.#held !== undefined
  }

  pass(call: () => void): void {
    if (this.#held !== undefined) {
      this.#held.push(call)
      return
    }
    this.#passed()
    call()
  }

  close(): void {
    this.#held ??= []
  }

  open(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const call of held) this.#timers.soon(() => this.pass(call))
  }

  /** Who stood still is dead. */
  forget(): void {
    this.#held = undefined
  }
}
