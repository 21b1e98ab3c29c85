import type { Offset } from '../base/brand.ts'
import type { Core } from './core.ts'
import { fetchFromAnyone } from './follow.ts'
import { NOBODY, type RoleState } from './role.ts'
import type { ReplicaKey } from './types.ts'
import { matchesKey } from './voters.ts'

/** Knows no leader that it could reach. */
export class Unattached implements RoleState {
  readonly name = 'unattached'
  readonly leaderEndpoints = []
  readonly epoch: number
  readonly leaderId: number
  readonly highWatermark: Offset
  votedKey: ReplicaKey | undefined
  /** When a voter stands for election; Infinity for an observer (fact A2). */
  electionAtMs: number

  constructor(state: Pick<Unattached, 'epoch' | 'leaderId' | 'votedKey' | 'highWatermark' | 'electionAtMs'>) {
    this.epoch = state.epoch
    this.leaderId = state.leaderId
    this.votedKey = state.votedKey
    this.highWatermark = state.highWatermark
    this.electionAtMs = state.electionAtMs
  }

  /** An earlier vote decides first, then a leader, then the logs (fact A28). */
  grantsVote(candidate: ReplicaKey, isUpToDate: boolean): boolean {
    if (this.votedKey !== undefined) return matchesKey(this.votedKey, candidate)
    return this.leaderId === NOBODY && isUpToDate
  }

  grantsPreVote(isUpToDate: boolean): boolean {
    return isUpToDate
  }

  /** Looks for the leader while it waits (N-A18). */
  poll(core: Core): number {
    if (core.canStand && this.electionAtMs <= core.nowMs) {
      core.becomeProspective()
      return core.nowMs
    }
    return Math.min(this.electionAtMs, fetchFromAnyone(core))
  }
}
