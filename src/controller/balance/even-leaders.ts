import { evenOut, type Step } from './even-out.ts'
import { type Holder, type Layout, lowest, type Placed } from './layout.ts'

/**
 * Gives every member its share of preferred leaders. That is a matter of order within the replicas, and no data moves;
 * only where it does not suffice, since partitions of one replica can be led in one place only, two members exchange
 * replicas.
 */
export function evenLeaders(layout: Layout): void {
  leaveDrained(layout)
  rotate(layout)
  while (exchange(layout)) rotate(layout)
}

/** A broker that is gone for good and still in a partition, for lack of another, is not to be its preferred leader. */
function leaveDrained(layout: Layout): void {
  for (const partition of layout.partitions) {
    const first = partition.replicas[0]
    if (partition.frozen || first === undefined || layout.holder(first).standing !== 'drained') continue
    const successor = lowest(
      partition.replicas.map((id) => layout.holder(id)),
      ({ standing, leads }) => (standing === 'member' ? [leads.size] : undefined),
    )
    if (successor !== undefined) layout.lead(partition, successor)
  }
}

function rotate(layout: Layout): void {
  let taken: { partition: Placed; before: readonly number[] }[] = []
  evenOut({
    members: layout.members,
    load: ({ leads }) => leads.size,
    possible: (from, to) => passable(from, to).next().value !== undefined,
    take: ({ from, to }) => {
      const partition = lowest(passable(from, to), (candidate) => [rotationCost(candidate, to)])
      if (partition === undefined) return false
      taken.push({ partition, before: partition.replicas })
      layout.lead(partition, to)
      return true
    },
    undo: () => {
      for (const { partition, before } of taken.toReversed()) {
        layout.lead(partition, layout.holder(before[0]!))
        partition.replicas = [...before]
      }
      taken = []
    },
    keep: () => {
      taken = []
    },
  })
}

/** Partitions that one leads and the other could. */
function* passable(from: Holder, to: Holder): Generator<Placed, undefined> {
  for (const partition of from.leads) if (!partition.frozen && to.held.has(partition)) yield partition
}

/** As it was before the plan is best; then what the plan changes anyway; then what it would leave alone otherwise. */
function rotationCost({ original, replicas }: Placed, to: Holder): number {
  if (original[0] === to.id) return 0
  return replicas.some((id, i) => id !== original[i]) ? 1 : 2
}

/** One partition with its lead goes one way and another one, without, the other way. */
function exchange(layout: Layout): boolean {
  const members = layout.members.toSorted((one, other) => other.leads.size - one.leads.size)
  for (const from of members) {
    for (const to of members.toReversed()) {
      if (from.leads.size - to.leads.size < 2) break
      if (exchangeBetween(layout, { from, to })) return true
    }
  }
  return false
}

function exchangeBetween(layout: Layout, { from, to }: Step): boolean {
  const there = lowest(from.leads, (partition) =>
    layout.canMove(partition, from, to) ? [layout.cost(partition, from, to)] : undefined,
  )
  const back = lowest(to.held, (partition) =>
    !to.leads.has(partition) && layout.canMove(partition, to, from) ? [layout.cost(partition, to, from)] : undefined,
  )
  if (there === undefined || back === undefined) return false
  layout.move(there, from, to)
  layout.move(back, to, from)
  return true
}
