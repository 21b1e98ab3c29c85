import { isLost, isWon, type Tally } from './arithmetic.ts'
import type { ReplicaKey, VoterSet } from './types.ts'
import { matchesKey } from './voters.ts'

/** The votes, or pre-votes, of one candidacy. The candidate's own is given (fact A32). */
export class Election {
  readonly #voters: VoterSet
  readonly #votes = new Map<number, boolean>()

  constructor(voters: VoterSet, local: ReplicaKey) {
    this.#voters = voters
    if (voters.some((voter) => matchesKey(voter, local))) this.#votes.set(local.id, true)
  }

  record(id: number, granted: boolean): void {
    if (this.#voters.some((voter) => voter.id === id)) this.#votes.set(id, granted)
  }

  /** Voters that have not answered. */
  get outstanding(): VoterSet {
    return this.#voters.filter(({ id }) => !this.#votes.has(id))
  }

  get granting(): number[] {
    return this.#voters.flatMap(({ id }) => (this.#votes.get(id) ? [id] : []))
  }

  get isWon(): boolean {
    return isWon(this.#tally)
  }

  get isLost(): boolean {
    return isLost(this.#tally)
  }

  get #tally(): Tally {
    const granted = this.granting.length
    return { granted, rejected: this.#votes.size - granted, voters: this.#voters.length }
  }
}
