import { requestVotes } from './52-vote.ts'
import type { Core, Role } from './core.ts'
import { Election } from './election.ts'
import { NOBODY, type RoleState } from './role.ts'
import type { ReplicaKey, VoterEndpoint } from './types.ts'
import { matchesKey } from './voters.ts'

/**
 * Asks whether it would win before it raises the epoch (KIP-996), so that a node whose links are bad does not depose a
 * leader that the others can reach. Remembers what the role before it knew (N-A3).
 */
export class Prospective implements RoleState {
  readonly name = 'prospective'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly VoterEndpoint[]
  readonly highWatermark: number
  readonly election: Election
  /** Which attempt this is to follow a leader that is gone; 0 if it stands for another reason. */
  readonly attempts: number
  votedKey: ReplicaKey | undefined
  electionAtMs: number

  constructor(before: Role, core: Core) {
    this.epoch = before.epoch
    this.leaderId = before.leaderId
    this.leaderEndpoints = before.leaderEndpoints
    this.highWatermark = before.highWatermark
    this.votedKey = before.votedKey
    this.attempts = attemptAfter(before)
    this.election = new Election(core.voters, core.local)
    this.electionAtMs = core.drawElectionAtMs()
  }

  grantsVote(candidate: ReplicaKey, isUpToDate: boolean): boolean {
    if (this.votedKey !== undefined) return matchesKey(this.votedKey, candidate)
    return this.leaderId === NOBODY && isUpToDate
  }

  grantsPreVote(isUpToDate: boolean): boolean {
    return isUpToDate
  }

  poll(core: Core): number {
    if (this.election.isWon) core.becomeCandidate()
    else if (this.election.isLost || this.electionAtMs <= core.nowMs) core.giveUpCandidacy(this)
    else return Math.min(this.electionAtMs, requestVotes(core, this))
    return core.nowMs
  }
}

function attemptAfter(before: Role): number {
  if (before.name === 'follower') return before.isLeaderGone ? before.attempts + 1 : 0
  return before.name === 'candidate' && before.attempts > 0 ? before.attempts + 1 : 0
}
