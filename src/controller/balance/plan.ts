import { drain, spreadOverRacks } from './drain.ts'
import { evenBytes } from './even-bytes.ts'
import { evenLeaders } from './even-leaders.ts'
import { evenReplicas } from './even-replicas.ts'
import { byName, Layout } from './layout.ts'
import type { Move, PlanView } from './view.ts'

/** Evening out one thing may allow another to get more even still. */
const MAX_ROUNDS = 10

/**
 * The reassignments after which every partition has as many replicas as before, on brokers that are there and in as
 * many racks as possible, and every member its share of replicas, of preferred leaders (each within one of the others,
 * as far as racks allow) and about of bytes. Few replicas are copied. The same view gives the same plan, and the view
 * as it is after a plan gives none.
 *
 * They are in the order in which they are to be done: first what has lost a broker, then what has to be copied, then
 * what only changes its order.
 */
export function planRebalance(view: PlanView): Move[] {
  const layout = new Layout(view)
  if (layout.members.length === 0) return []
  drain(layout)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = copyOf(layout)
    spreadOverRacks(layout)
    evenReplicas(layout)
    evenLeaders(layout)
    evenBytes(layout)
    if (copyOf(layout) === before) break
  }
  return layout.moves().sort((one, other) => urgency(layout, one) - urgency(layout, other) || byName(one, other))
}

/** Replicas of a move that have to be copied. */
export const copied = ({ from, to }: Pick<Move, 'from' | 'to'>): number[] => to.filter((id) => !from.includes(id))

function urgency(layout: Layout, move: Move): number {
  if (move.from.some((id) => layout.holder(id).standing === 'drained')) return 0
  return copied(move).length > 0 ? 1 : 2
}

const copyOf = ({ partitions }: Layout): string => partitions.map(({ replicas }) => replicas.join()).join(';')
