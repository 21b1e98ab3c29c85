import { ErrorCode } from '../../protocol/errors.ts'
import type { LeaderEpoch, Offset } from '../base/brand.ts'

/** What a follower decides by, of its log. */
export interface FollowerLog {
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  readonly highWatermark: Offset
  /** Of the last entry of the epoch cache; -1 where it is empty. */
  readonly latestEpoch: LeaderEpoch
  /** Epoch and offset -1 where nothing is known of the epoch. */
  endOffsetForEpoch(epoch: LeaderEpoch): { epoch: LeaderEpoch; endOffset: Offset }
}

/** What has to be done to the log before it is fetched for. */
export type Truncation = { kind: 'none' } | { kind: 'cut'; to: Offset } | { kind: 'restart'; at: Offset }

const NONE: Truncation = { kind: 'none' }

/**
 * Before the first fetch under a leader: a log that knows epochs is compared by fetching, one that knows none holds
 * only up to its high watermark for sure (D49).
 */
export function truncationAtStart(log: FollowerLog): Truncation {
  if (log.latestEpoch >= 0 || log.highWatermark >= log.logEndOffset) return NONE
  return { kind: 'cut', to: log.highWatermark }
}

/**
 * The leader says where its epoch that is not above our last one ends (D52, D53). What is ours alone goes; where our
 * log does not know that epoch it goes back to the end of the one before, and the next fetch shows the rest.
 */
export function truncationForDivergence(
  log: FollowerLog,
  leader: { epoch: LeaderEpoch; endOffset: Offset },
  fetchOffset: Offset,
): Truncation {
  if (leader.endOffset < 0) return { kind: 'cut', to: fetchOffset }
  if (leader.epoch < 0) return { kind: 'cut', to: Math.min(leader.endOffset, log.logEndOffset) }
  const own = log.endOffsetForEpoch(leader.epoch)
  if (own.endOffset < 0) return { kind: 'cut', to: Math.min(leader.endOffset, log.logEndOffset) }
  if (own.epoch !== leader.epoch) return { kind: 'cut', to: Math.min(own.endOffset, log.logEndOffset) }
  return { kind: 'cut', to: Math.min(leader.endOffset, own.endOffset, log.logEndOffset) }
}

/**
 * The leader has nothing at our end (D54): a log longer than its leader's (an unclean election) is cut to it, one that
 * ends before the leader's begins anew there, any other goes on where it ends.
 */
export function truncationOutOfRange(log: FollowerLog, leader: { start: Offset; end: Offset }): Truncation {
  if (leader.end < log.logEndOffset) return { kind: 'cut', to: leader.end }
  if (leader.start > log.logEndOffset) return { kind: 'restart', at: leader.start }
  return NONE
}

/** What an error code in a fetch answer means for the partition (D55, D56). */
export type Reaction = 'retry' | 'out of range' | 'fail'

/** `isSameEpoch`: the epoch that was refused is still the one known here. */
export function reactionTo(code: ErrorCode, isSameEpoch: boolean): Reaction {
  if (code === ErrorCode.OFFSET_OUT_OF_RANGE) return 'out of range'
  // Another leads by now: until the metadata comes that says so, there is nothing to fetch.
  if (code === ErrorCode.FENCED_LEADER_EPOCH && isSameEpoch) return 'fail'
  return 'retry'
}
