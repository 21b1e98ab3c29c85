import { assert } from './assert.ts'
import type { Random } from './random.ts'

/** Chance as a function of a seed (the SplitMix32 sequence): the same seed gives the same run. */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  #word(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    for (let i = 0; i < length; i++) bytes[i] = this.#word() & 0xff
    return bytes
  }

  below(bound: number): number {
    assert(Number.isInteger(bound) && bound > 0 && bound <= 2 ** 53, `no whole number below ${bound}`)
    // 53 random bits: the bias towards small results is below 1 in 2^21 for bounds up to 2^32, which a simulator bears.
    return Number(((BigInt(this.#word()) << 21n) | BigInt(this.#word() >>> 11)) % BigInt(bound))
  }

  /** Another sequence that depends on this one, for a part that must not disturb it. */
  fork(): SeededRandom {
    return new SeededRandom(this.#word())
  }
}
