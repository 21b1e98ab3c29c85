import type { MetadataDelta } from '../metadata/delta.ts'
import { LEADER_RECOVERY, type MetadataImage, NO_LEADER, type PartitionImage } from '../metadata/image.ts'

/** What controllers report of the cluster; the same on the active and the standby ones (facts E5, E6). */
export interface ClusterCounts {
  readonly activeBrokers: number
  readonly fencedBrokers: number
  readonly topics: number
  readonly partitions: number
  /** Without a leader. */
  readonly offlinePartitions: number
  /** Led by another replica than the first, or by nobody. */
  readonly preferredReplicaImbalance: number
}

export function clusterCounts({ cluster, topics }: MetadataImage): ClusterCounts {
  const brokers = [...cluster.brokers.values()]
  let partitions = 0
  let offlinePartitions = 0
  let preferredReplicaImbalance = 0
  for (const topic of topics.byId.values()) {
    for (const { leader, replicas } of topic.partitions.values()) {
      partitions++
      if (leader === NO_LEADER) offlinePartitions++
      if (leader !== replicas[0]) preferredReplicaImbalance++
    }
  }
  return {
    activeBrokers: brokers.filter(({ fenced }) => !fenced).length,
    fencedBrokers: brokers.filter(({ fenced }) => fenced).length,
    topics: topics.byId.size,
    partitions,
    offlinePartitions,
    preferredReplicaImbalance,
  }
}

/** What a node counts as a controller, over all its terms (facts E7, E9, N-C19). */
export class ControllerCounters {
  /** Operations begun, whoever asked for them. */
  operationsStarted = 0
  /** Operations that took longer than their caller gave them. */
  operationsTimedOut = 0
  /** Leaders that may lack records which were committed. */
  uncleanElections = 0
  /** Leaders that were out of sync, but hold everything that was committed. */
  electionsFromElr = 0

  /** To be told of everything that is committed, whoever decided it: standby controllers count as the active one does. */
  count({ topics }: MetadataDelta): void {
    for (const { before, partitions } of topics.changed.values()) {
      for (const partition of partitions.values())
        this.#countElection(before.partitions.get(partition.index), partition)
    }
  }

  #countElection(before: PartitionImage | undefined, { leader, leaderRecoveryState }: PartitionImage): void {
    if (before === undefined || leader === NO_LEADER || leader === before.leader) return
    if (before.elr.includes(leader)) this.electionsFromElr++
    else if (leaderRecoveryState === LEADER_RECOVERY.RECOVERING && !before.isr.includes(leader)) this.uncleanElections++
  }
}
