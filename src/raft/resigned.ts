import { requestEndOfEpoch } from './54-end-quorum-epoch.ts'
import type { Core } from './core.ts'
import { type RoleState, UNKNOWN_OFFSET } from './role.ts'
import type { ReplicaKey, VoterEndpoint } from './types.ts'

/** Has led this epoch and does no longer. Tells the others, and knows nothing of a high watermark (fact A20). */
export class Resigned implements RoleState {
  readonly name = 'resigned'
  readonly votedKey = undefined
  readonly highWatermark = UNKNOWN_OFFSET
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly VoterEndpoint[]
  /** Who should lead next, best first; nobody after a restart (fact A42). */
  readonly successors: readonly ReplicaKey[]
  readonly electionAtMs: number
  /** Ids of voters that have heard. */
  readonly acknowledged = new Set<number>()

  constructor(epoch: number, successors: readonly ReplicaKey[], core: Core) {
    this.epoch = epoch
    this.leaderId = core.local.id
    this.leaderEndpoints = core.options.endpoints
    this.successors = successors
    this.electionAtMs = core.drawElectionAtMs()
  }

  grantsVote(): boolean {
    return false
  }

  grantsPreVote(isUpToDate: boolean): boolean {
    return isUpToDate
  }

  /** Once its time is over it waits for a leader of the next epoch (N-A16), unless it is being shut down (fact A44). */
  poll(core: Core): number {
    if (core.isShuttingDown) return requestEndOfEpoch(core, this)
    if (this.electionAtMs <= core.nowMs) {
      core.becomeUnattached(this.epoch + 1)
      return core.nowMs
    }
    return Math.min(this.electionAtMs, requestEndOfEpoch(core, this))
  }
}
