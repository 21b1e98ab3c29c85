import type { SimNode } from '../sim-node.ts'
import type { Checker, World } from '../world.ts'
import { CommittedLog } from './committed-log.ts'
import { Leaders } from './leaders.ts'

/** The metadata quorum: one leader an epoch, and what is committed stays and is the same everywhere. */
export class QuorumChecker implements Checker {
  readonly #world: World
  readonly #leaders = new Leaders()
  readonly #log = new CommittedLog('__cluster_metadata')
  /** High watermark seen last, by node. */
  readonly #seen = new Map<SimNode, string>()
  #leader = ''

  constructor(world: World) {
    this.#world = world
  }

  check(touched: ReadonlySet<SimNode>): void {
    for (const node of touched) {
      const quorum = node.rooms?.quorum
      if (quorum === undefined) continue
      const { leader, highWatermark } = quorum
      const seen = `${node.life} ${leader.id} ${leader.epoch} ${highWatermark}`
      if (this.#seen.get(node) === seen) continue
      this.#seen.set(node, seen)
      if (leader.id >= 0) this.#leaders.claim('the quorum', leader.epoch, leader.id, node.host)
      if (leader.id === node.id) this.#noteLeader(node, leader.epoch)
      this.#log.verify(node.host, quorum.log, highWatermark)
    }
  }

  #noteLeader(node: SimNode, epoch: number): void {
    const leader = `leads the quorum in epoch ${epoch}`
    if (this.#leader === node.host + leader) return
    this.#leader = node.host + leader
    this.#world.trace.note(node.host, leader)
  }
}
