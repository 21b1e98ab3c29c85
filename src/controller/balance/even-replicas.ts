import { evenOut, type Step } from './even-out.ts'
import { type Holder, type Layout, lowest, type Placed } from './layout.ts'

/** Gives every member its share of replicas, with as few of them copied as can be. */
export function evenReplicas(layout: Layout): void {
  let taken: (Step & { partition: Placed })[] = []
  evenOut({
    members: layout.members,
    load: ({ held }) => held.size,
    possible: (from, to) => {
      for (const partition of from.held) if (layout.canMove(partition, from, to)) return true
      return false
    },
    take: ({ from, to }) => {
      const partition = fittest(layout, from, to)
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

/** What costs least, of a topic that the one has much of and the other little, of a size that evens their bytes. */
function fittest(layout: Layout, from: Holder, to: Holder): Placed | undefined {
  const gap = from.bytes - to.bytes
  return lowest(from.held, (partition) => {
    if (!layout.canMove(partition, from, to)) return undefined
    const { topic, bytes } = partition
    const surplus = (from.heldByTopic.get(topic) ?? 0) - (to.heldByTopic.get(topic) ?? 0)
    return [layout.cost(partition, from, to), -surplus, Math.abs(gap - 2 * bytes)]
  })
}
