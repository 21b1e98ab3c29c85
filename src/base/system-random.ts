import { assert } from './assert.ts'
import type { Random } from './random.ts'

const WORDS = 1024

/** The system's cryptographic source. The global Web Crypto object is there at no cost; node:crypto takes 3 ms to load. */
class SystemRandom implements Random {
  readonly #words = new Uint32Array(WORDS)
  #next = WORDS

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    // getRandomValues takes at most 65,536 bytes at a time.
    for (let at = 0; at < length; at += 65536) globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65536))
    return bytes
  }

  below(bound: number): number {
    assert(Number.isInteger(bound) && bound > 0 && bound <= 2 ** 53, `no whole number below ${bound}`)
    for (;;) {
      const wide = bound > 2 ** 32
      const value = wide ? (this.#word() & 0x1fffff) * 2 ** 32 + this.#word() : this.#word()
      const range = wide ? 2 ** 53 : 2 ** 32
      // Values of the last, incomplete run of `bound` would favour small results.
      if (value < range - (range % bound)) return value % bound
    }
  }

  #word(): number {
    if (this.#next === WORDS) {
      globalThis.crypto.getRandomValues(this.#words)
      this.#next = 0
    }
    return this.#words[this.#next++]!
  }
}

export const systemRandom: Random = new SystemRandom()
