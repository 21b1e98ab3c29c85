import type { Offset } from '../base/brand.ts'
import type { ReplicaKey, RoleName, VoterEndpoint } from './types.ts'

/** No leader known, or none of this id. */
export const NOBODY = -1
/** No high watermark known. */
export const UNKNOWN_OFFSET = -1

/** What every role remembers and decides. A role lives for one epoch at most. */
export interface RoleState {
  readonly name: RoleName
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly VoterEndpoint[]
  /** Who got this node's vote in this epoch, by promise on disk. */
  readonly votedKey: ReplicaKey | undefined
  readonly highWatermark: Offset
  /** `isUpToDate`: the candidate's log is as good as ours. */
  grantsVote(candidate: ReplicaKey, isUpToDate: boolean): boolean
  grantsPreVote(isUpToDate: boolean): boolean
}
