import type { Offset } from '../base/brand.ts'
import { requestVotes } from './52-vote.ts'
import type { Core } from './core.ts'
import { Election } from './election.ts'
import { NOBODY, type RoleState } from './role.ts'
import type { ReplicaKey } from './types.ts'

/** Has voted for itself in a new epoch and asks the others. */
export class Candidate implements RoleState {
  readonly name = 'candidate'
  readonly leaderId = NOBODY
  readonly leaderEndpoints = []
  readonly epoch: number
  readonly votedKey: ReplicaKey
  readonly highWatermark: Offset
  readonly election: Election
  /** Which attempt this is to follow a leader that is gone; 0 if it stands for another reason. */
  readonly attempts: number
  electionAtMs: number

  constructor(epoch: number, highWatermark: Offset, core: Core, attempts = 0) {
    this.epoch = epoch
    this.highWatermark = highWatermark
    this.votedKey = core.local
    this.attempts = attempts
    this.election = new Election(core.voters, core.local)
    this.electionAtMs = core.drawElectionAtMs()
  }

  grantsVote(): boolean {
    return false
  }

  grantsPreVote(isUpToDate: boolean): boolean {
    return isUpToDate
  }

  /** One that has lost waits for its time to end: there is no back-off (N-A17). */
  poll(core: Core): number {
    if (this.election.isWon) core.becomeLeader(this)
    else if (this.electionAtMs <= core.nowMs) core.becomeProspective()
    else return Math.min(this.electionAtMs, this.election.isLost ? this.electionAtMs : requestVotes(core, this))
    return core.nowMs
  }
}
