import type { SeededRandom } from '../../src/base/seeded-random.ts'
import type { Nemesis } from './nemesis.ts'
import { amnesia } from './plots/amnesia.ts'
import { figureEight } from './plots/figure-eight.ts'
import { lateFetch } from './plots/late-fetch.ts'
import { rivals } from './plots/rivals.ts'
import { type Plot, Stage, type Until } from './plots/stage.ts'
import { isWhole } from './whole.ts'
import type { Checker, World } from './world.ts'

/** One for each seed; in half of them there is none. */
const PLOTS: readonly Plot[] = [rivals, figureEight, lateFetch, amnesia]
/** A plot is given up where what it waits for does not come about. */
const WAIT_LIMIT_MS = 20_000
const MAX_PAUSE_MS = 15_000

/** Now and then, while the nemesis rests and once the cluster is whole, plays a plot. It looks after every step. */
export class Plotter implements Checker {
  readonly #world: World
  readonly #nemesis: Nemesis
  readonly #random: SeededRandom
  readonly #plot: Plot | undefined
  #play: Iterator<Until, void> | undefined
  #until: Until = () => true
  #limitMs = 0

  constructor(world: World, nemesis: Nemesis) {
    this.#world = world
    this.#nemesis = nemesis
    this.#random = world.random.fork()
    this.#plot = PLOTS[this.#random.below(2 * PLOTS.length)]
  }

  start(): void {
    if (this.#plot === undefined) return
    this.#world.checkers.push(this)
    this.#rise()
  }

  /** Whatever is being played ends here. */
  end(): void {
    this.#play = undefined
    const { checkers } = this.#world
    if (checkers.includes(this)) checkers.splice(checkers.indexOf(this), 1)
    this.#world.isQuiet = false
  }

  check(): void {
    if (this.#play === undefined) return
    if (this.#until()) this.#goOn()
    else if (this.#world.time.monotonicMs() > this.#limitMs) this.#fall('is given up')
  }

  #rise(): void {
    this.#world.time.after(this.#random.below(MAX_PAUSE_MS), () => {
      if (!this.#world.checkers.includes(this)) return
      this.#nemesis.rest()
      this.#play = this.#whole()
      this.#goOn()
    })
  }

  *#whole(): Generator<Until, void> {
    yield () => isWhole(this.#world)
    const stage = new Stage(this.#world, this.#random)
    stage.note(this.#plot!.name)
    yield* this.#plot!(stage)
  }

  #goOn(): void {
    const { done, value } = this.#play!.next()
    if (done) {
      this.#fall('is over')
      return
    }
    this.#until = value
    this.#limitMs = this.#world.time.monotonicMs() + WAIT_LIMIT_MS
  }

  #fall(how: string): void {
    this.#world.trace.note('plot', how)
    this.#play = undefined
    this.#world.isQuiet = false
    this.#nemesis.rest()
    this.#nemesis.goOn()
    this.#rise()
  }
}
