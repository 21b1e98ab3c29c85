import { evenOut } from './even-out.ts'
import type { Holder, Layout, Placed } from './layout.ts'

export interface Choice {
  /** Whether `choose` would find something; asked far more often. */
  possible(from: Holder, to: Holder): boolean
  /** What goes from one to the other; undefined where nothing may. */
  choose(from: Holder, to: Holder): Placed | undefined
}

/** Evens the number of replicas that members hold; what was moved on a way that led nowhere is moved back. */
export function evenHoldings(layout: Layout, { possible, choose }: Choice): void {
  let taken: { from: Holder; to: Holder; partition: Placed }[] = []
  evenOut({
    members: layout.members,
    load: ({ held }) => held.size,
    possible,
    take: ({ from, to }) => {
      const partition = choose(from, to)
      if (partition === undefined) return false
      layout.move(partition, from, to)
      taken.push({ from, to, partition })
      return true
    },
    undo: () => {
      for (const { from, to, partition } of taken.toReversed()) layout.move(partition, to, from)
      taken = []
    },
    keep: () => {
      taken = []
    },
  })
}
