import type { Timers } from '../base/time.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { MetadataLoader } from '../metadata/loader.ts'

/** Waits for what the cluster's metadata will show. */
export class ImageWatch {
  readonly #loader: MetadataLoader
  readonly #timers: Timers
  readonly #waiting = new Set<{ readonly holds: (image: MetadataImage) => boolean; readonly settle: () => void }>()

  constructor(loader: MetadataLoader, timers: Timers) {
    this.#loader = loader
    this.#timers = timers
    loader.subscribe((_delta, image) => this.#check(image))
  }

  /** Resolves with true when the image is as wanted, with false when it is not within `timeoutMs`. */
  until(holds: (image: MetadataImage) => boolean, timeoutMs: number): Promise<boolean> {
    if (holds(this.#loader.image)) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiter = {
        holds,
        settle: () => {
          this.#waiting.delete(waiter)
          timer.cancel()
          resolve(true)
        },
      }
      const timer = this.#timers.after(timeoutMs, () => {
        this.#waiting.delete(waiter)
        resolve(false)
      })
      this.#waiting.add(waiter)
    })
  }

  #check(image: MetadataImage): void {
    for (const waiter of [...this.#waiting]) if (waiter.holds(image)) waiter.settle()
  }
}
