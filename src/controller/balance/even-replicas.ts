import { evenHoldings } from './even-holdings.ts'
import { type Holder, type Layout, lowest, type Placed } from './layout.ts'

/** Gives every member its share of replicas, with as few of them copied as can be. */
export function evenReplicas(layout: Layout): void {
  evenHoldings(layout, {
    possible: (from, to) => {
      for (const partition of from.held) if (layout.canMove(partition, from, to)) return true
      return false
    },
    choose: (from, to) => fittest(layout, from, to),
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
