import type { Offset } from '../base/brand.ts'
import { UNKNOWN_OFFSET } from './role.ts'
import type { ReplicaKey, VoterSet } from './types.ts'
import { matchesKey, sameKey } from './voters.ts'

/** An observer that has been silent for so long is forgotten (fact A60). */
const OBSERVER_SESSION_MS = 300_000
/** Who has been silent for so long cannot be called caught up (fact A86). */
const CAUGHT_UP_MS = 3_600_000
const MAX_OBSERVERS = 1000
/** Of a time: not yet. */
export const NEVER = Number.NEGATIVE_INFINITY

/** How far a replica is, as its fetches told the leader. Times are of the monotonic clock. */
export interface Progress {
  key: ReplicaKey
  endOffset: Offset
  lastFetchMs: number
  lastCaughtUpMs: number
  /** End of the leader's log at the last fetch. */
  leaderEndOffset: Offset
}

const unknownProgress = (key: ReplicaKey): Progress => ({
  key,
  endOffset: UNKNOWN_OFFSET,
  lastFetchMs: NEVER,
  lastCaughtUpMs: NEVER,
  leaderEndOffset: UNKNOWN_OFFSET,
})

/** Notes a fetch from `endOffset`. It caught up now, or with the end that the leader had at the fetch before. */
export function noteFetch(progress: Progress, endOffset: Offset, leaderEndOffset: Offset, nowMs: number): void {
  if (endOffset >= leaderEndOffset) progress.lastCaughtUpMs = nowMs
  else if (progress.leaderEndOffset >= 0 && endOffset >= progress.leaderEndOffset) {
    progress.lastCaughtUpMs = Math.max(progress.lastCaughtUpMs, progress.lastFetchMs)
  }
  progress.endOffset = endOffset
  progress.lastFetchMs = nowMs
  progress.leaderEndOffset = leaderEndOffset
}

/** Whether it has reached the end of the log once and still fetches (fact A86). */
export const hasCaughtUp = (progress: Progress | undefined, nowMs: number): boolean =>
  progress !== undefined && progress.lastCaughtUpMs !== NEVER && nowMs - progress.lastFetchMs < CAUGHT_UP_MS

/** What a leader knows of the other replicas. */
export class Replicas {
  #voters: Progress[] = []
  /** In the order of their last fetch. */
  #observers: Progress[] = []

  get voters(): readonly Progress[] {
    return this.#voters
  }

  get observers(): readonly Progress[] {
    return this.#observers
  }

  /** `voters`: those without the leader itself. Who becomes a voter, or ceases to be one, keeps its progress. */
  update(voters: VoterSet): void {
    const known = [...this.#voters, ...this.#observers]
    this.#voters = voters.map((voter) => {
      const { id, directoryId } = voter
      return known.find(({ key }) => matchesKey(voter, key)) ?? unknownProgress({ id, directoryId })
    })
    this.#observers = known.filter((progress) => !this.#voters.includes(progress))
  }

  voter(key: ReplicaKey): Progress | undefined {
    return this.#voters.find((progress) => matchesKey(progress.key, key))
  }

  observer(key: ReplicaKey): Progress | undefined {
    return this.#observers.find((progress) => sameKey(progress.key, key))
  }

  /** That of an observer, for a fetch that came now. */
  meetObserver(key: ReplicaKey, nowMs: number): Progress {
    const progress = this.observer(key) ?? unknownProgress(key)
    this.forgetSilent(nowMs)
    this.#observers = [...this.#observers.filter((other) => other !== progress).slice(1 - MAX_OBSERVERS), progress]
    return progress
  }

  forgetSilent(nowMs: number): void {
    this.#observers = this.#observers.filter(({ lastFetchMs }) => nowMs - lastFetchMs < OBSERVER_SESSION_MS)
  }
}
