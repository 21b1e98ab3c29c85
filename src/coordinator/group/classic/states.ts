/**
 * States of a classic group and where each may be entered from (fact E33).
 *
 * - Empty: no members; may still hold offsets.
 * - PreparingRebalance: members are (re)joining; heartbeats tell the others to.
 * - CompletingRebalance: the generation is fixed; the leader's assignment is awaited.
 * - Stable: every member has its assignment.
 * - Dead: removed; nothing leaves this state.
 *
 *     Empty -> PreparingRebalance            first join
 *     Stable -> PreparingRebalance           join, leave, expiry, leader or metadata change
 *     CompletingRebalance -> PreparingRebalance   the same, or the assignment could not be stored
 *     PreparingRebalance -> CompletingRebalance   all joined, or the wait is over
 *     PreparingRebalance -> Empty            all gone
 *     CompletingRebalance -> Stable          the leader's assignment is committed
 *     any -> Dead                            deleted, expired, or the coordinator moved
 */
export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

const ENTERED_FROM: Readonly<Record<ClassicState, readonly ClassicState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
}

export const mayEnter = (from: ClassicState, to: ClassicState): boolean => ENTERED_FROM[to].includes(from)
