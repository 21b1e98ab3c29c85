import type { Partition } from './partition.ts'

/** What a broker's replicas are like at one moment (E1, E3, E4 of the replication facts); names are Kafka's. */
export interface ReplicaCounts {
  leaderCount: number
  partitionCount: number
  offlineReplicaCount: number
  underReplicatedPartitions: number
  underMinIsrPartitionCount: number
  atMinIsrPartitionCount: number
  reassigningPartitions: number
}

/** `unavailable`: replicas that should be here and have no log. */
export function countReplicas(partitions: Iterable<Partition>, unavailable: number): ReplicaCounts {
  const counts: ReplicaCounts = {
    leaderCount: 0,
    partitionCount: unavailable,
    offlineReplicaCount: unavailable,
    underReplicatedPartitions: 0,
    underMinIsrPartitionCount: 0,
    atMinIsrPartitionCount: 0,
    reassigningPartitions: 0,
  }
  for (const partition of partitions) {
    counts.partitionCount += 1
    if (partition.state === 'offline') counts.offlineReplicaCount += 1
    if (partition.isLeader) countLed(partition, counts)
  }
  return counts
}

function countLed(partition: Partition, counts: ReplicaCounts): void {
  const { isr, effectiveMinIsr } = partition
  counts.leaderCount += 1
  if (isUnderReplicated(partition)) counts.underReplicatedPartitions += 1
  if (isr.length < effectiveMinIsr) counts.underMinIsrPartitionCount += 1
  if (isr.length === effectiveMinIsr) counts.atMinIsrPartitionCount += 1
  if (partition.isReassigning) counts.reassigningPartitions += 1
}

/** A replica that a reassignment is adding is not missing yet. */
export const isUnderReplicated = ({ replicas, adding, isr }: Partition): boolean =>
  replicas.filter((id) => !adding.includes(id)).length > isr.length
