import { DiskError } from '../../src/base/disk.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import type { SimNode } from './sim-node.ts'
import { isWhole } from './whole.ts'
import type { World } from './world.ts'
import { PLANNED } from './world.ts'

const STOP_LIMIT_MS = 20_000
/** What nodes say when they are in the middle of what a fault could spoil: a vote, an election, a change of an ISR. */
const DELICATE = /^(ISR change proposed|the metadata quorum|is the active controller)/
/** One of so many may be lost. */
const MIN_VOTERS = 3

/** A fault, and how it ends. */
interface Fault {
  readonly weight: number
  /** Undefined where it cannot be done now. */
  begin(): (() => void) | undefined
}

/**
 * Does harm, one thing after the other and several at a time, and puts it right again.
 *
 * What it may not do: let a process die while a machine that lost power is not in every ISR again, nor take the power
 * from a machine unless every ISR is full. Data is in page caches and on several machines (Kafka's durability), so what
 * was acknowledged outlives any number of killed processes, or one machine at a time. Both together it need not: a
 * controller cannot tell one from the other, takes nobody who ended without a goodbye for eligible (N-C17), and when all
 * of them have it chooses whoever led last (N-C13), which may be the machine that lost what was not synced.
 */
export class Nemesis {
  readonly #world: World
  readonly #random: SeededRandom
  readonly #faults: readonly Fault[]
  readonly #losesDisk: boolean
  /** Mean time between two faults. */
  readonly #pauseMs: number
  /** How to undo what is not undone yet. */
  readonly #open = new Set<() => void>()
  #rests = true
  /** One in so many delicate moments is struck; never where it is 0. */
  readonly #oneIn: number

  constructor(world: World, { losesDisk = false } = {}) {
    this.#world = world
    this.#losesDisk = losesDisk
    this.#random = world.random.fork()
    this.#pauseMs = [500, 1500, 4000, 8000, 8000][this.#random.below(5)]!
    this.#oneIn = [0, 40, 10, 3][this.#random.below(4)]!
    this.#faults = this.#plan()
  }

  start(): void {
    this.#world.onNodeNote = (node, what) => this.#witness(node, what)
    this.goOn()
    this.#next()
  }

  goOn(): void {
    this.#rests = false
    this.#world.trace.note('nemesis', 'goes on')
  }

  /** Everything is put right, at once, and stays so until it goes on. */
  rest(): void {
    this.#rests = true
    this.#world.trace.note('nemesis', 'rests')
    for (const undo of [...this.#open]) undo()
    this.#world.wires.healAll()
    this.#world.lateMs.clear()
    for (const node of this.#world.nodes) {
      node.disk.hook = undefined
      node.resume()
      node.boot()
    }
  }

  /** A node that is down for whatever reason comes back at some time, and while the nemesis rests at once. */
  revive(): void {
    for (const node of this.#world.nodes) if (this.#rests) node.boot()
  }

  #next(): void {
    this.#world.time.after(this.#random.below(2 * this.#pauseMs), () => {
      if (!this.#rests) this.#strike()
      this.#next()
    })
  }

  /** Sometimes strikes a node in the middle of something, or a little later. */
  #witness(node: SimNode, what: string): void {
    if (this.#rests || this.#oneIn === 0 || !DELICATE.test(what) || this.#random.below(this.#oneIn) > 0) return
    const faults = [this.#kill, this.#bounce, this.#bounce, this.#pause, this.#cutOff]
    const fault = faults[this.#random.below(faults.length)]!
    this.#world.time.after(this.#random.below([2, 20, 200][this.#random.below(3)]!), () => {
      if (!this.#rests) this.#undoLater(fault.call(this, node))
    })
  }

  #strike(): void {
    const total = this.#faults.reduce((sum, { weight }) => sum + weight, 0)
    if (total === 0) return
    let at = this.#random.below(total)
    let chosen = 0
    while (at >= this.#faults[chosen]!.weight) at -= this.#faults[chosen++]!.weight
    this.#undoLater(this.#faults[chosen]!.begin())
  }

  #undoLater(undo: (() => void) | undefined): void {
    if (undo === undefined) return
    const once = () => {
      if (this.#open.delete(once)) undo()
    }
    this.#open.add(once)
    this.#world.time.after(this.#duration(), once)
  }

  /** Mostly short of the timeouts that notice, sometimes far beyond. */
  #duration(): number {
    return 50 + this.#random.below([500, 3000, 10_000, 20_000][this.#random.below(4)]!)
  }

  #node(): SimNode {
    const { nodes } = this.#world
    return nodes[this.#random.below(nodes.length)]!
  }

  #plan(): Fault[] {
    const random = this.#random
    // Each seed has its own temper, and in most some faults never happen: those that are left meet states that they would
    // hardly come to among all others, such as a loss of power, which wants every ISR to be full.
    const isPicky = random.below(3) > 0
    const weight = () => (isPicky && random.below(2) === 0 ? 0 : 1 + random.below(random.below(3) === 0 ? 10 : 3))
    return [
      { weight: weight(), begin: () => this.#kill(this.#node()) },
      { weight: weight(), begin: () => this.#bounce(this.#node()) },
      { weight: weight(), begin: () => this.#losePower(this.#node()) },
      { weight: weight(), begin: () => this.#pause(this.#node()) },
      { weight: weight(), begin: () => this.#stop(this.#node()) },
      { weight: weight(), begin: () => this.#cutLink() },
      { weight: weight(), begin: () => this.#isolate() },
      { weight: weight(), begin: () => this.#lateWords(this.#node(), this.#node()) },
      { weight: weight(), begin: () => this.#halve() },
      { weight: weight(), begin: () => this.#reset() },
      { weight: weight(), begin: () => this.#slow() },
      { weight: isPicky ? random.below(2) : 1, begin: () => this.#fillDisk(this.#node()) },
      ...(this.#losesDisk ? [{ weight: 5 + weight(), begin: () => this.#loseDisk(this.#node()) }] : []),
    ]
  }

  #note(what: string): void {
    this.#world.trace.note('nemesis', what)
  }

  #kill(node: SimNode): (() => void) | undefined {
    if (node.state === 'down' || !this.#mayDie()) return undefined
    node.kill('written')
    return () => node.boot()
  }

  /** Dies and is back before anybody has missed it: what it forgets, it forgets in the middle of things. */
  #bounce(node: SimNode): undefined {
    if (node.state === 'down' || !this.#mayDie()) return
    node.kill('written')
    this.#world.time.after(this.#random.below(50), () => node.boot())
  }

  #losePower(node: SimNode): (() => void) | undefined {
    if (node.state === 'down' || !isWhole(this.#world)) return undefined
    node.kill('synced')
    return () => node.boot()
  }

  /** A machine loses power, and is back, before another one has heard all that it said before (KIP-903). */
  #lateWords(node: SimNode, listener: SimNode): undefined {
    if (node === listener || !isWhole(this.#world)) return
    const { lateMs, time } = this.#world
    const key = `${node.host} ${listener.host}`
    // Sometimes beyond the session timeout: before that its next life is not registered.
    const byMs = 500 + this.#random.below([3000, 12_000][this.#random.below(2)]!)
    this.#note(`makes what ${node.host} says to ${listener.host} ${byMs} ms late`)
    lateMs.set(key, byMs)
    time.after(this.#random.below(1000), () => {
      if (!this.#rests && isWhole(this.#world)) {
        node.kill('synced')
        time.after(this.#random.below(50), () => node.boot())
      }
      // What it says in its next life comes no sooner than what it said in this one.
      time.after(byMs, () => {
        if (lateMs.get(key) === byMs) lateMs.delete(key)
      })
    })
  }

  /** Once, and only where the quorum has a majority without it: who has no disk has no vote before it is added again. */
  #loseDisk(node: SimNode): (() => void) | undefined {
    const { nodes } = this.#world
    if (nodes.some(({ lostDirectoryId }) => lostDirectoryId !== undefined) || !isWhole(this.#world)) return undefined
    const { voters } = nodes.find(({ rooms }) => rooms!.role.isActive)!.rooms!.quorum
    if (voters.length < MIN_VOTERS && voters.some(({ id }) => id === node.id)) return undefined
    node.kill('synced')
    node.replaceDisk()
    return () => node.boot()
  }

  #mayDie(): boolean {
    return isWhole(this.#world) || this.#world.nodes.every(({ unclean }) => !unclean)
  }

  #pause(node: SimNode): (() => void) | undefined {
    if (node.state === 'down' || node.isPaused) return undefined
    node.pause()
    return () => node.resume()
  }

  #stop(node: SimNode): (() => void) | undefined {
    if (node.state !== 'up' || node.isPaused || !this.#mayDie()) return undefined
    node.stop(STOP_LIMIT_MS)
    return () => node.boot()
  }

  #cutLink(): (() => void) | undefined {
    const [a, b] = [this.#node(), this.#node()]
    if (a === b) return undefined
    const { wires } = this.#world
    const isOneWay = this.#random.below(2) === 0
    this.#note(`cuts ${a.host} ${isOneWay ? '->' : '--'} ${b.host}`)
    if (isOneWay) wires.cutOneWay(a.host, b.host)
    else wires.cut(a.host, b.host)
    return () => this.#heal([[a, b]])
  }

  /** One node from the other nodes, or from controllers, one way or both; its clients still reach it. */
  #isolate(): () => void {
    return this.#cutOff(this.#node())
  }

  #cutOff(node: SimNode): () => void {
    const { nodes, wires } = this.#world
    const how = this.#random.below(4)
    const others = nodes.filter((other) => other !== node && (how < 2 || other.rooms?.role.isActive === true))
    const isOneWay = this.#random.below(3) === 0
    this.#note(`cuts ${node.host} ${isOneWay ? '->' : '--'} ${others.map(({ host }) => host).join(' ')}`)
    for (const { host } of others) {
      if (isOneWay) wires.cutOneWay(node.host, host)
      else wires.cut(node.host, host)
    }
    return () => this.#heal(others.map((other) => [node, other]))
  }

  #halve(): () => void {
    const { nodes, wires } = this.#world
    const left = nodes.filter(() => this.#random.below(2) === 0)
    const right = nodes.filter((node) => !left.includes(node))
    const pairs = left.flatMap((a) => right.map((b): [SimNode, SimNode] => [a, b]))
    this.#note(`cuts ${left.map(({ host }) => host).join(' ')} -- ${right.map(({ host }) => host).join(' ')}`)
    for (const [a, b] of pairs) wires.cut(a.host, b.host)
    return () => this.#heal(pairs)
  }

  #heal(pairs: readonly (readonly [SimNode, SimNode])[]): void {
    if (pairs.length === 0) return
    this.#note(`heals ${pairs.map(([a, b]) => `${a.host}--${b.host}`).join(' ')}`)
    for (const [a, b] of pairs) this.#world.wires.heal(a.host, b.host)
  }

  #reset(): undefined {
    const [a, b] = [this.#node(), this.#node()]
    if (a === b) return
    this.#note(`resets connections of ${a.host} and ${b.host}`)
    this.#world.wires.reset(a.host, b.host)
  }

  #slow(): () => void {
    const before = this.#world.jitterMs
    this.#world.jitterMs = [20, 100, 400][this.#random.below(3)]!
    this.#note(`makes messages up to ${this.#world.jitterMs} ms late`)
    return () => {
      this.#world.jitterMs = 2
      this.#note(`lets messages be on time again (${before})`)
    }
  }

  /** Writes fail, whole or in the middle. Who cannot write halts, and starts again with room on its disk. */
  #fillDisk(node: SimNode): (() => void) | undefined {
    if (node.state === 'down' || !this.#mayDie()) return undefined
    const code = this.#random.below(2) === 0 ? 'ENOSPC' : 'EIO'
    this.#note(`lets the disk of ${node.host} fail with ${code}`)
    node.disk.hook = ({ kind, path, bytes }) => {
      if (kind !== 'write') return undefined
      const error = new DiskError(code, `cannot write ${path}: ${code}`, PLANNED)
      return this.#random.below(2) === 0 ? error : { written: this.#random.below(bytes + 1), error }
    }
    return () => {
      node.disk.hook = undefined
      this.#note(`lets the disk of ${node.host} work again`)
      node.kill('written')
      node.boot()
    }
  }
}
