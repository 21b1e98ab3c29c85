import type { LeaderEpoch, Offset, PartitionEpoch } from '../base/brand.ts'
import type { RemoteReplica } from './remote-replica.ts'

/** A change of the ISR that this leader has asked the controller for, and that is not decided yet (D68). */
export interface IsrProposal {
  readonly kind: 'expand' | 'shrink'
  /** The ISR as it is to be. */
  readonly isr: readonly number[]
  readonly leaderEpoch: LeaderEpoch
  /** Of the registration that the proposal starts from. */
  readonly partitionEpoch: PartitionEpoch
}

/** What the controller made of a proposal. */
export interface IsrDecision {
  readonly isr: readonly number[]
  readonly leaderEpoch: LeaderEpoch
  readonly partitionEpoch: PartitionEpoch
}

/** Members that lag and have to go, all at once; never the leader itself (D65, D66). */
export function laggingMembers(
  isr: readonly number[],
  leaderId: number,
  remotes: ReadonlyMap<number, RemoteReplica>,
  now: { leaderEndOffset: Offset; nowMs: number; maxLagMs: number },
): number[] {
  return isr.filter((id) => {
    if (id === leaderId) return false
    const remote = remotes.get(id)
    return remote === undefined || !remote.isCaughtUp(now.leaderEndOffset, now.nowMs, now.maxLagMs)
  })
}

/** Whether a follower has all that was committed, under former leaders too (D67). */
export const hasCommitted = (remote: RemoteReplica, highWatermark: Offset, epochStartOffset: Offset): boolean =>
  remote.logEndOffset >= highWatermark && remote.logEndOffset >= epochStartOffset
