import type { Move, PlanPartition, PlanView, Standing } from './view.ts'

/** One partition while a plan is made. */
export interface Placed {
  readonly topic: string
  readonly index: number
  readonly bytes: number
  readonly frozen: boolean
  readonly original: readonly number[]
  /** The preferred leader first. */
  replicas: number[]
}

/** What one broker holds while a plan is made. */
export interface Holder {
  readonly id: number
  readonly rack: string | null
  readonly standing: Standing
  readonly held: Set<Placed>
  /** Partitions that prefer it as leader. */
  readonly leads: Set<Placed>
  readonly heldByTopic: Map<string, number>
  bytes: number
}

/**
 * Who holds what, changed step by step. Everything in it is ordered by id, topic and index, so that a plan depends on
 * the cluster alone and not on the order in which it was described.
 */
export class Layout {
  readonly partitions: readonly Placed[]
  /** Brokers that have their share, by id. */
  readonly members: readonly Holder[]
  readonly #holders = new Map<number, Holder>()

  constructor({ brokers, partitions }: PlanView) {
    for (const { id, rack, standing } of [...brokers].sort((one, other) => one.id - other.id)) {
      this.#holders.set(id, newHolder(id, rack, standing))
    }
    this.partitions = [...partitions].sort(byName).map(placed)
    for (const partition of this.partitions) {
      for (const id of partition.replicas) this.#add(partition, id)
      if (partition.replicas.length > 0) this.holder(partition.replicas[0]!).leads.add(partition)
    }
    this.members = [...this.#holders.values()].filter(({ standing }) => standing === 'member')
  }

  holder(id: number): Holder {
    let holder = this.#holders.get(id)
    if (holder === undefined) {
      holder = newHolder(id, null, 'kept')
      this.#holders.set(id, holder)
    }
    return holder
  }

  /**
   * How the spread over racks changes when a replica goes from one broker to another: below 0 it gets better, at 0 it
   * is as good as before, above 0 it gets worse. As good as it can be means for a partition that no two racks differ by
   * more than one replica, as far as they have brokers; so no two replicas share a rack while there are enough racks.
   */
  spreadChange(partition: Placed, from: Holder, to: Holder): number {
    if (from.rack === to.rack) return 0
    return this.inRack(partition, to.rack) - this.inRack(partition, from.rack) + 1
  }

  canMove(partition: Placed, from: Holder, to: Holder): boolean {
    return (
      !partition.frozen &&
      to.standing === 'member' &&
      !partition.replicas.includes(to.id) &&
      this.spreadChange(partition, from, to) <= 0
    )
  }

  /** The new replica takes the place of the old one, so that it leads where that one did. */
  move(partition: Placed, from: Holder, to: Holder): void {
    partition.replicas[partition.replicas.indexOf(from.id)] = to.id
    this.#remove(partition, from)
    this.#add(partition, to.id)
    if (from.leads.delete(partition)) to.leads.add(partition)
  }

  /** Makes one of its replicas the preferred leader; the others keep their order. */
  lead(partition: Placed, by: Holder): void {
    this.holder(partition.replicas[0]!).leads.delete(partition)
    partition.replicas = [by.id, ...partition.replicas.filter((id) => id !== by.id)]
    by.leads.add(partition)
  }

  /** One replica more. */
  add(partition: Placed, to: Holder): void {
    partition.replicas.push(to.id)
    this.#add(partition, to.id)
  }

  /** One replica less; the next one is the preferred leader where this one was. */
  remove(partition: Placed, from: Holder): void {
    partition.replicas = partition.replicas.filter((id) => id !== from.id)
    this.#remove(partition, from)
    if (from.leads.delete(partition) && partition.replicas.length > 0)
      this.holder(partition.replicas[0]!).leads.add(partition)
  }

  /** Replicas that have to be copied, more with a step than without it: -1, 0 or 1. */
  cost(partition: Placed, from: Holder, to: Holder): number {
    const isNew = (id: number) => (partition.original.includes(id) ? 0 : 1)
    return isNew(to.id) - isNew(from.id)
  }

  /** What is not as it was. */
  moves(): Move[] {
    return this.partitions
      .filter(({ original, replicas }) => replicas.join() !== original.join())
      .map(({ topic, index, original, replicas }) => ({ topic, index, from: original, to: replicas }))
  }

  inRack({ replicas }: Placed, rack: string | null): number {
    return replicas.reduce((count, id) => (this.holder(id).rack === rack ? count + 1 : count), 0)
  }

  #add(partition: Placed, id: number): void {
    const holder = this.holder(id)
    holder.held.add(partition)
    holder.bytes += partition.bytes
    holder.heldByTopic.set(partition.topic, (holder.heldByTopic.get(partition.topic) ?? 0) + 1)
  }

  #remove(partition: Placed, holder: Holder): void {
    holder.held.delete(partition)
    holder.bytes -= partition.bytes
    holder.heldByTopic.set(partition.topic, holder.heldByTopic.get(partition.topic)! - 1)
  }
}

function newHolder(id: number, rack: string | null, standing: Standing): Holder {
  return { id, rack, standing, held: new Set(), leads: new Set(), heldByTopic: new Map(), bytes: 0 }
}

function placed({ topic, index, bytes, frozen, replicas }: PlanPartition): Placed {
  return { topic, index, bytes, frozen, original: replicas, replicas: [...replicas] }
}

type Named = Pick<PlanPartition, 'topic' | 'index'>

export function byName(one: Named, other: Named): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1
  return one.index - other.index
}

/** The item with the lowest score, numbers compared from the first on; of equal ones the first. */
export function lowest<T>(items: Iterable<T>, score: (item: T) => readonly number[] | undefined): T | undefined {
  let best: T | undefined
  let bestScore: readonly number[] | undefined
  for (const item of items) {
    const itemScore = score(item)
    if (itemScore === undefined || (bestScore !== undefined && !isLower(itemScore, bestScore))) continue
    best = item
    bestScore = itemScore
  }
  return best
}

function isLower(one: readonly number[], other: readonly number[]): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return one[i]! < other[i]!
  return false
}
