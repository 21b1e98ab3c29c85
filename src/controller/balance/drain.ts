import { type Holder, type Layout, lowest, type Placed } from './layout.ts'

/**
 * Takes every replica from the brokers that are drained and gives it to the member that has the fewest, in a rack that
 * the partition is not in, if there is one. Where the members all hold the partition already the replica stays: a
 * partition never loses its replication factor by being moved.
 */
export function drain(layout: Layout): void {
  for (const partition of layout.partitions) {
    if (partition.frozen) continue
    for (const from of holdersOf(layout, partition)) if (from.standing === 'drained') replace(layout, partition, from)
  }
}

/** Moves replicas out of racks that hold more of a partition than they must. */
export function spreadOverRacks(layout: Layout): void {
  for (const partition of layout.partitions) {
    if (partition.frozen) continue
    while (spreadBetter(layout, partition));
  }
}

function replace(layout: Layout, partition: Placed, from: Holder): void {
  const to = lowest(layout.members, (member) =>
    member.held.has(partition)
      ? undefined
      : [layout.spreadChange(partition, from, member), member.held.size, topicLoad(member, partition), member.bytes],
  )
  if (to !== undefined) layout.move(partition, from, to)
}

function spreadBetter(layout: Layout, partition: Placed): boolean {
  const steps = holdersOf(layout, partition)
    .filter(({ standing }) => standing === 'member')
    .flatMap((from) => layout.members.map((to) => ({ from, to })))
  const step = lowest(steps, ({ from, to }) => {
    const change = layout.spreadChange(partition, from, to)
    if (change >= 0 || to.held.has(partition)) return undefined
    const leads = from.leads.has(partition) ? 1 : 0
    return [change, layout.cost(partition, from, to), to.held.size, -from.held.size, leads, topicLoad(to, partition)]
  })
  if (step === undefined) return false
  layout.move(partition, step.from, step.to)
  return true
}

const holdersOf = (layout: Layout, { replicas }: Placed): Holder[] => replicas.map((id) => layout.holder(id))

const topicLoad = ({ heldByTopic }: Holder, { topic }: Placed): number => heldByTopic.get(topic) ?? 0
