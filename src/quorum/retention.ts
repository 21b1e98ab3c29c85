import type { SnapshotId } from '../raft/types.ts'
import type { QuorumConfig } from './config.ts'
import type { MetadataLog } from './metadata-log.ts'

type RetentionConfig = Pick<QuorumConfig, 'metadata.max.retention.bytes' | 'metadata.max.retention.ms'>

/**
 * The snapshot at which the log should begin: the oldest one goes as long as there is another and it is too old, or log
 * and snapshots are too large together (fact A73). undefined: all may stay.
 */
export function newStart(log: MetadataLog, config: RetentionConfig, nowMs: number): SnapshotId | undefined {
  const { snapshots } = log
  const maxBytes = config['metadata.max.retention.bytes']
  const maxMs = config['metadata.max.retention.ms']
  let kept = snapshots.ids
  for (; kept.length > 1; kept = kept.slice(1)) {
    const isOld = maxMs >= 0 && nowMs - snapshots.timestampOf(kept[0]!) > maxMs
    const bytes = bytesFrom(log, kept[0]!.offset) + kept.reduce((sum, id) => sum + (snapshots.sizeOf(id) ?? 0), 0)
    if (!isOld && (maxBytes < 0 || bytes <= maxBytes)) break
  }
  return kept.length < snapshots.ids.length ? kept[0] : undefined
}

/** Of the segments that stay when the log begins at `offset`. */
const bytesFrom = ({ log: { segments } }: MetadataLog, offset: number): number =>
  segments.reduce((sum, { sizeBytes }, index) => {
    const goes = (segments[index + 1]?.baseOffset ?? Number.POSITIVE_INFINITY) <= offset
    return goes ? sum : sum + sizeBytes
  }, 0)
