import type { Offset } from '../base/brand.ts'
import type { EpochEnd, LogView, SnapshotId } from './types.ts'

/** How a follower's log, which ends at `offset` with a record of `epoch`, stands to the leader's. */
export type FetchPosition =
  | { readonly kind: 'valid' }
  | { readonly kind: 'snapshot'; readonly id: SnapshotId }
  | { readonly kind: 'diverging'; readonly end: EpochEnd }

const VALID: FetchPosition = { kind: 'valid' }

/** Facts A50 to A52. */
export function positionOf(log: LogView, offset: Offset, epoch: number): FetchPosition {
  const { latestSnapshot, oldestSnapshot, startOffset } = log
  // Even where the log still begins at 0, a snapshot is the shorter way.
  if (offset === 0 && latestSnapshot !== undefined) return { kind: 'snapshot', id: latestSnapshot }
  if (offset === 0 && startOffset === 0) return VALID
  if (latestSnapshot !== undefined && oldestSnapshot !== undefined) {
    const isBelow = offset < startOffset || epoch < oldestSnapshot.epoch
    if (isBelow || (offset === startOffset && epoch !== oldestSnapshot.epoch)) {
      return { kind: 'snapshot', id: latestSnapshot }
    }
  }
  const end = log.endOfEpoch(epoch)
  return end.epoch !== epoch || end.endOffset < offset ? { kind: 'diverging', end } : VALID
}

/** Where a follower cuts its log when the leader's epoch `epoch` ends at `endOffset` (fact A63). */
export function truncationPoint(log: LogView, { epoch, endOffset }: EpochEnd): Offset {
  if (epoch === 0) return Math.min(endOffset, log.endOffset)
  const own = log.endOfEpoch(epoch)
  return own.epoch === epoch ? Math.min(own.endOffset, endOffset) : own.endOffset
}

/** Whether a log that ends so is as good as ours: the epoch of the last record decides first (fact A28). */
export function isUpToDate(log: LogView, { epoch, endOffset }: EpochEnd): boolean {
  return epoch > log.lastEpoch || (epoch === log.lastEpoch && endOffset >= log.endOffset)
}
