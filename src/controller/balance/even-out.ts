import type { Holder } from './layout.ts'

export interface Step {
  readonly from: Holder
  readonly to: Holder
}

export interface EvenOut {
  readonly members: readonly Holder[]
  /** What is to differ by at most one. */
  load(member: Holder): number
  /** Whether one unit of load can go from one member to the other. */
  possible(from: Holder, to: Holder): boolean
  /** Does it; false where it turns out, after other steps, that it cannot be done any more. */
  take(step: Step): boolean
  undo(): void
  /** All steps of a path are taken. */
  keep(): void
}

/**
 * Brings the loads of all members within one of each other, or as near as it can be done at all: as long as there is a
 * way, over other members if need be, from one member to another that has at least two less, one unit goes that way.
 * A direct way goes to the lowest there is, which makes the number of steps the smallest.
 */
export function evenOut(work: EvenOut): void {
  const blocked = new Set<string>()
  for (;;) {
    const path = findPath(work, blocked)
    if (path === undefined) return
    const failed = follow(work, path)
    if (failed === undefined) blocked.clear()
    else blocked.add(nameOf(failed))
  }
}

/** The steps of a path are taken from its end, so that no member holds more than before meanwhile. */
function follow(work: EvenOut, path: readonly Step[]): Step | undefined {
  for (const step of path.toReversed()) {
    if (work.take(step)) continue
    work.undo()
    return step
  }
  work.keep()
  return undefined
}

function findPath(work: EvenOut, blocked: ReadonlySet<string>): Step[] | undefined {
  const { members, load } = work
  const least = Math.min(...members.map(load))
  for (const source of members.toSorted((one, other) => load(other) - load(one))) {
    if (load(source) - least < 2) return undefined
    const path = pathFrom(work, source, blocked)
    if (path !== undefined) return path
  }
  return undefined
}

/** Breadth first. Of the ends at the same distance the one with the lowest load. */
function pathFrom(work: EvenOut, source: Holder, blocked: ReadonlySet<string>): Step[] | undefined {
  const { members, load } = work
  const reached = new Map<Holder, Step[]>([[source, []]])
  let edge: Holder[] = [source]
  const ordered = members.toSorted((one, other) => load(one) - load(other) || one.bytes - other.bytes)
  while (edge.length > 0) {
    const next: Holder[] = []
    for (const to of ordered) {
      if (reached.has(to)) continue
      const from = edge.find((holder) => !blocked.has(nameOf({ from: holder, to })) && work.possible(holder, to))
      if (from === undefined) continue
      const path = [...reached.get(from)!, { from, to }]
      if (load(to) <= load(source) - 2) return path
      reached.set(to, path)
      next.push(to)
    }
    edge = next
  }
  return undefined
}

const nameOf = ({ from, to }: Step): string => `${from.id}>${to.id}`
