import type { Offset } from '../base/brand.ts'

/** How many of `voters` decide. */
export const majorityOf = (voters: number): number => Math.floor(voters / 2) + 1

/** The largest offset that a majority has reached, given where each voter's log ends; -1 for none known (fact A57). */
export function majorityOffset(endOffsets: readonly Offset[]): Offset {
  return endOffsets.toSorted((one, other) => other - one)[majorityOf(endOffsets.length) - 1] ?? -1
}

/** How the votes of an election stand. */
export interface Tally {
  readonly granted: number
  readonly rejected: number
  readonly voters: number
}

export const isWon = ({ granted, voters }: Tally): boolean => voters > 0 && granted >= majorityOf(voters)

/** Not even the votes that are still out can win it. */
export const isLost = ({ rejected, voters }: Tally): boolean => voters - rejected < majorityOf(voters)

/**
 * How long a follower waits before it stands for election when its leader resigned and left `candidates` successors, of
 * which it is number `place`; -1 if it is none of them (fact A43).
 */
export function successionDelayMs(place: number, candidates: number, maxMs: number): number {
  if (candidates === 0 || place === 0) return 0
  if (place < 0) return maxMs
  return Math.min(maxMs, Math.floor(maxMs / 2 ** (candidates - 1)) * 2 ** (place - 1))
}

/** Two followers of a leader that is gone have to stand at different times, or each votes for itself. */
const ATTEMPT_SPREAD_MS = 150
const MAX_DOUBLINGS = 10

/**
 * Within how long a follower whose leader is gone stands, after so many attempts that failed. Twice as long each time, so
 * that soon the fetch timeout ends first: a leader whose port is closed to one voter alone leads on, and nobody is to be
 * asked about it more often than about any other.
 */
export const attemptSpreadMs = (attempts: number): number => ATTEMPT_SPREAD_MS * 2 ** Math.min(attempts, MAX_DOUBLINGS)
