import { evenHoldings } from './even-holdings.ts'
import { type Holder, Layout, lowest, type Placed } from './layout.ts'
import type { Move, PlanView } from './view.ts'

/** Whether a broker has all of a partition, as far as its leader knows. */
export type InSync = (index: number, brokerId: number) => boolean

/**
 * Gives every partition of a topic `factor` replicas. New ones go to members that have few, in racks that the partition
 * is not in; what goes is first what is not in sync, then what shares a rack, then what is on brokers that have many,
 * and the preferred leader last. No replica that stays is moved. Undefined where there are not enough members.
 */
export function planFactor(view: PlanView, topic: string, factor: number, inSync: InSync): Move[] | undefined {
  const layout = new Layout(view)
  for (const partition of layout.partitions) {
    if (partition.topic !== topic || partition.frozen) continue
    while (partition.replicas.length < factor) if (!grow(layout, partition)) return undefined
    while (partition.replicas.length > factor) shrink(layout, partition, inSync)
  }
  even(layout, topic, inSync)
  return layout.moves()
}

/** One after the other the choices were greedy; another choice that copies no more may be more even. */
function even(layout: Layout, topic: string, inSync: InSync): void {
  const changed = layout.partitions.filter((one) => one.topic === topic && one.replicas.length !== one.original.length)
  const free = (from: Holder, to: Holder) =>
    changed.find(
      (partition) =>
        from.held.has(partition) &&
        !from.leads.has(partition) &&
        layout.canMove(partition, from, to) &&
        isAsGood(layout, partition, from, to, inSync),
    )
  evenHoldings(layout, { possible: (from, to) => free(from, to) !== undefined, choose: free })
}

/** Both are new, or both were there and are in sync. */
function isAsGood(layout: Layout, partition: Placed, from: Holder, to: Holder, inSync: InSync): boolean {
  if (layout.cost(partition, from, to) !== 0) return false
  return !partition.original.includes(to.id) || inSync(partition.index, to.id)
}

function grow(layout: Layout, partition: Placed): boolean {
  const to = lowest(layout.members, (member) =>
    member.held.has(partition) ? undefined : [layout.inRack(partition, member.rack), member.held.size, member.bytes],
  )
  if (to !== undefined) layout.add(partition, to)
  return to !== undefined
}

function shrink(layout: Layout, partition: Placed, inSync: InSync): void {
  const holders = partition.replicas.map((id) => layout.holder(id))
  const from = lowest(holders, ({ id, rack, held, leads, bytes }) => [
    inSync(partition.index, id) ? 1 : 0,
    leads.has(partition) ? 1 : 0,
    -layout.inRack(partition, rack),
    -held.size,
    -bytes,
  ])
  layout.remove(partition, from!)
}
