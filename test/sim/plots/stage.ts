import type { SeededRandom } from '../../../src/base/seeded-random.ts'
import type { MetadataQuorum } from '../../../src/quorum/metadata-quorum.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'

/** What a plot waits for before it goes on; it is given up where that takes too long. */
export type Until = () => boolean

/** Faults in an order that chance would hardly come to: each waits for what the one before has to bring about. */
export type Plot = (stage: Stage) => Generator<Until, void>

/** Of voters that a plot is for: with two of them there is a majority. */
const VOTERS = 3

/** What a plot has at hand. */
export class Stage {
  readonly world: World
  readonly random: SeededRandom

  constructor(world: World, random: SeededRandom) {
    this.world = world
    this.random = random
  }

  /** The leader of a quorum of three, and the other two; undefined where it is another one. */
  castQuorum(): [leader: SimNode, one: SimNode, other: SimNode] | undefined {
    const leader = this.world.nodes.find(leads)
    const voters = quorumOf(leader)?.voters.map(({ id }) => this.world.nodes.find((node) => node.id === id)!) ?? []
    const [one, other] = voters.filter((voter) => voter !== leader)
    if (voters.length !== VOTERS || !leader || !voters.includes(leader)) return undefined
    return this.random.below(2) === 0 ? [leader, one!, other!] : [leader, other!, one!]
  }

  /** Undefined while there is none that acts. */
  get controller(): SimNode | undefined {
    return this.world.nodes.find(({ rooms }) => rooms?.role.isActive)
  }

  after(ms: number): Until {
    const { time } = this.world
    const atMs = time.monotonicMs() + ms
    return () => time.monotonicMs() >= atMs
  }

  cut(node: SimNode, ...others: readonly SimNode[]): void {
    this.note(`cuts ${node.host} -- ${others.map(({ host }) => host).join(' ')}`)
    for (const { host } of others) this.world.wires.cut(node.host, host)
  }

  /** What was on the way before does not arrive any more. */
  heal(node: SimNode, other: SimNode): void {
    this.note(`heals ${node.host} -- ${other.host}`)
    this.world.wires.reset(node.host, other.host)
    this.world.wires.heal(node.host, other.host)
  }

  note(what: string): void {
    this.world.trace.note('plot', what)
  }
}

export const quorumOf = (node: SimNode | undefined): MetadataQuorum | undefined => node?.rooms?.quorum

/** It leads the metadata quorum, as far as it knows. */
export const leads = (node: SimNode): boolean => quorumOf(node)?.leader.id === node.id
