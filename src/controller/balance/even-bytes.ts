import { type Holder, type Layout, lowest, type Placed } from './layout.ts'

/** How far apart two members may be, in parts of what a member has on average. */
const TOLERANCE = 0.1
/** Less than this between two members is not worth copying anything. */
const SMALL_GAP = 64 * 1024 * 1024
/** A step that brings two members less than this nearer to each other, in the same parts, is not worth the copying. */
const WORTH = 0.02
/** Of the fullest member only so many partitions are looked at, the largest ones. */
const MAX_CANDIDATES = 200
const MAX_STEPS = 10_000

interface Swap {
  readonly there: Placed
  readonly back: Placed
}

/**
 * Evens out bytes by exchanging large replicas against small ones, followers against followers and leaders against
 * leaders, so that the number of replicas and of leaders stays as it is.
 */
export function evenBytes(layout: Layout): void {
  const { members } = layout
  const mean = members.reduce((sum, { bytes }) => sum + bytes, 0) / members.length
  for (let step = 0; step < MAX_STEPS && mean > 0; step++) if (!stepNearer(layout, mean)) return
}

function stepNearer(layout: Layout, mean: number): boolean {
  const members = layout.members.toSorted((one, other) => other.bytes - one.bytes)
  for (const from of members) {
    for (const to of members.toReversed()) {
      if (from.bytes - to.bytes <= Math.max(SMALL_GAP, TOLERANCE * mean)) break
      const swap = bestSwap(layout, from, to, WORTH * mean)
      if (swap === undefined) continue
      layout.move(swap.there, from, to)
      layout.move(swap.back, to, from)
      return true
    }
  }
  return false
}

function bestSwap(layout: Layout, from: Holder, to: Holder, worth: number): Swap | undefined {
  const gap = from.bytes - to.bytes
  const swaps = [true, false].flatMap((leads) => {
    const there = movable(layout, from, to, leads).slice(0, MAX_CANDIDATES)
    const back = movable(layout, to, from, leads)
    return there.flatMap((one) => {
      const other = nearest(back, one.bytes - gap / 2)
      return other === undefined ? [] : [{ there: one, back: other }]
    })
  })
  return lowest(swaps, ({ there, back }) => {
    const shift = there.bytes - back.bytes
    const rest = Math.abs(gap - 2 * shift)
    return gap - rest < worth ? undefined : [rest, layout.cost(there, from, to) + layout.cost(back, to, from)]
  })
}

/** The largest first. */
function movable(layout: Layout, from: Holder, to: Holder, leads: boolean): Placed[] {
  return [...from.held]
    .filter((partition) => from.leads.has(partition) === leads && layout.canMove(partition, from, to))
    .sort((one, other) => other.bytes - one.bytes)
}

/** Of partitions that are sorted by size, the one whose size is nearest to `bytes`. */
function nearest(sorted: readonly Placed[], bytes: number): Placed | undefined {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]!.bytes > bytes) low = middle + 1
    else high = middle
  }
  return lowest(sorted.slice(Math.max(0, low - 1), low + 1), (partition) => [Math.abs(partition.bytes - bytes)])
}
