import type { Offset } from '../base/brand.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { Partition } from './partition.ts'

/** Nobody: the consumer reads here. */
export const NO_PREFERENCE = -1

/** What `replica.selector.class` may name: the classes that Apache Kafka brings along (KIP-392). */
export const REPLICA_SELECTOR = {
  LEADER: 'org.apache.kafka.common.replica.LeaderSelector',
  RACK_AWARE: 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
} as const

/**
 * Where a consumer of a rack is to read a partition that is led here (D78): at the leader, if it is in that rack, else
 * at the member of the ISR there that has the offset, and of several at the one that is furthest.
 */
export function preferredReadReplica(
  partition: Partition,
  asked: { rackId: string; fetchOffset: Offset },
  image: MetadataImage,
): number {
  const { rackId, fetchOffset } = asked
  const { brokers } = image.cluster
  if (rackId === '' || !partition.isLeader || brokers.get(partition.leader)?.rack === rackId) return NO_PREFERENCE
  let best: { brokerId: number; logEndOffset: Offset; lastCaughtUpMs: number } | undefined
  for (const remote of partition.remotes()) {
    const broker = brokers.get(remote.brokerId)
    if (broker === undefined || broker.fenced || broker.rack !== rackId) continue
    if (!partition.isr.includes(remote.brokerId)) continue
    if (fetchOffset < remote.logStartOffset || fetchOffset > remote.logEndOffset) continue
    if (best === undefined || isBetter(remote, best)) best = remote
  }
  return best?.brokerId ?? NO_PREFERENCE
}

type Progress = { logEndOffset: Offset; lastCaughtUpMs: number }

const isBetter = (one: Progress, other: Progress): boolean =>
  one.logEndOffset > other.logEndOffset ||
  (one.logEndOffset === other.logEndOffset && one.lastCaughtUpMs > other.lastCaughtUpMs)
