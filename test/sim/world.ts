import { DiskError } from '../../src/base/disk.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { MemoryNetwork } from '../../src/base/memory-network.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { loopTurn } from '../../src/base/system-time.ts'
import { SimNode, type SimNodeOptions } from './sim-node.ts'
import { Trace } from './trace.ts'
import { Violation } from './violation.ts'

/** How much simulated time goes by between two turns of the real event loop. */
const SLICE_MS = 250

/** The cause of errors that were planned. */
export const PLANNED = Symbol('planned')

/** Looks at the world after every step, or now and then, and throws a Violation. */
export interface Checker {
  /** Something happened inside of these nodes. */
  check(touched: ReadonlySet<SimNode>): void
}

/** Nodes, machines, wires and a clock for all: everything that happens follows from the seed. */
export class World {
  readonly time = new ManualTime()
  readonly random: SeededRandom
  readonly wires: MemoryNetwork
  readonly trace: Trace
  readonly nodes: SimNode[] = []
  readonly checkers: Checker[] = []
  /** Nodes into which something has called since the last check. */
  readonly touched = new Set<SimNode>()
  readonly #latency: SeededRandom
  /** How slow the link is, by its ends. */
  readonly #linkMs = new Map<string, number>()
  /** Deliveries take up to this much longer. */
  jitterMs = 2
  /** By both ends: how much longer it takes one way. */
  readonly lateMs = new Map<string, number>()
  /** Is told what a node says of itself. */
  onNodeNote: (node: SimNode, what: string) => void = () => {}
  /** Producers begin nothing new. */
  isQuiet = false
  violation: Violation | undefined

  constructor(seed: number, { keepAll = false } = {}) {
    this.random = new SeededRandom(seed)
    this.#latency = this.random.fork()
    this.trace = new Trace(() => this.time.monotonicMs(), { keepAll })
    this.wires = new MemoryNetwork({ timers: this.time, latencyMs: (from, to) => this.#latencyMs(from, to) })
  }

  addNode(id: number, flags: Readonly<Record<string, string>>, options?: SimNodeOptions): SimNode {
    const node = new SimNode(this, id, flags, options)
    this.nodes.push(node)
    return node
  }

  /** The first violation is what counts: it stops the run. */
  fail(error: unknown): void {
    if (this.violation !== undefined) return
    if (error instanceof DiskError && this.#isExcused(error)) return
    this.violation =
      error instanceof Violation
        ? error
        : new Violation('exception', error instanceof Error ? (error.stack ?? error.message) : String(error))
    this.trace.note('checker', `VIOLATION of ${this.violation.fact}: ${this.violation.message}`)
  }

  /** What a dead node was in the middle of is nobody's concern, nor is that a process ends whose disk fails. */
  #isExcused({ code, message, cause }: DiskError): boolean {
    this.trace.note('checker', 'a disk error that nobody handles', { message })
    return code === 'EKILLED' || cause === PLANNED
  }

  /** Lets the world go on for so long, or until a violation. */
  async run(ms: number): Promise<void> {
    const untilMs = this.time.monotonicMs() + ms
    try {
      while (this.violation === undefined && this.time.monotonicMs() < untilMs) await this.#runSlice(untilMs)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Node tells of rejections that nobody handles when its loop goes round, which is here. */
  async #runSlice(untilMs: number): Promise<void> {
    const endMs = Math.min(untilMs, this.time.monotonicMs() + SLICE_MS)
    await this.time.settle()
    while (this.violation === undefined && (await this.time.step(endMs))) this.#check()
    if (this.violation === undefined) await this.time.run(endMs - this.time.monotonicMs())
    await loopTurn()
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.time.after(ms, resolve))
  }

  #check(): void {
    if (this.touched.size === 0) return
    for (const checker of this.checkers) checker.check(this.touched)
    this.touched.clear()
  }

  #latencyMs(from: string, to: string): number {
    if (from === to) return 0.05
    const random = this.#latency
    const key = `${from} ${to}`
    let linkMs = this.#linkMs.get(key)
    if (linkMs === undefined) {
      linkMs = 0.2 + random.below(30) / 10
      this.#linkMs.set(key, linkMs)
    }
    return (
      linkMs +
      (this.lateMs.get(key) ?? 0) +
      (random.below(1000) / 1000) * this.jitterMs +
      (random.below(200) === 0 ? random.below(300) : 0)
    )
  }
}
