import { ZERO_UUID } from '../../../protocol/wire/uuid.ts'
import type { Voter, VoterSet } from '../../../src/raft/types.ts'
import type { SimNode } from '../sim-node.ts'
import { must } from '../violation.ts'
import type { Checker, World } from '../world.ts'
import { CommittedLog } from './committed-log.ts'
import { Leaders } from './leaders.ts'

/**
 * The metadata quorum: one leader an epoch, what is committed is on the disks of a majority of the voters, stays, and is
 * the same everywhere.
 */
export class QuorumChecker implements Checker {
  readonly #world: World
  readonly #leaders = new Leaders()
  readonly #log = new CommittedLog('__cluster_metadata')
  /** High watermark seen last, by node. */
  readonly #seen = new Map<SimNode, string>()
  /** Voters seen last, by node. */
  readonly #voters = new Map<SimNode, VoterSet>()
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
      if (leader.id === node.id) this.#countVoters(node, quorum.voters, highWatermark)
      else this.#voters.delete(node)
      this.#log.verify(node.host, quorum.log, highWatermark)
    }
  }

  /** While the voters are what they were: what was committed by others is not for these to have. */
  #countVoters(leader: SimNode, voters: VoterSet, highWatermark: number): void {
    const isOld = this.#voters.get(leader) === voters
    this.#voters.set(leader, voters)
    if (!isOld) return
    const who = voters.filter((voter) => this.#mayHave(voter, highWatermark))
    must(
      2 * who.length > voters.length,
      'committed without a majority',
      () =>
        `${leader.host} commits up to ${highWatermark}, which of ${voters.map(({ id }) => id)} only ${who.map(({ id }) => id)} may have`,
    )
  }

  /** A new disk is another voter (fact A91); what is on that of a node that is down is not looked at. */
  #mayHave({ id, directoryId }: Voter, end: number): boolean {
    return this.#world.nodes.some(
      (node) =>
        node.id === id &&
        (directoryId === ZERO_UUID || directoryId === node.directoryId) &&
        (node.rooms === undefined || node.rooms.quorum.log.logEndOffset >= end),
    )
  }

  #noteLeader(node: SimNode, epoch: number): void {
    const leader = `leads the quorum in epoch ${epoch}`
    if (this.#leader === node.host + leader) return
    this.#leader = node.host + leader
    this.#world.trace.note(node.host, leader)
  }
}
