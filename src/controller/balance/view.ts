import type { MetadataImage, PartitionImage } from '../../metadata/image.ts'
import { isReassigning } from '../reassign-partitions.ts'

/**
 * What a broker is to a plan: a member has its share of everything; one that is kept gets nothing and loses nothing,
 * such as one that is gone since a moment ago; one that is drained loses all it has.
 */
export type Standing = 'member' | 'kept' | 'drained'

export interface PlanBroker {
  readonly id: number
  readonly rack: string | null
  readonly standing: Standing
}

export interface PlanPartition {
  readonly topic: string
  readonly index: number
  /** Broker ids, the preferred leader first. Of a partition on its way: where it is going to. */
  readonly replicas: readonly number[]
  /** Of one replica; 0 where it is not known. */
  readonly bytes: number
  /** A reassignment of it runs already: it counts, and it is not touched. */
  readonly frozen: boolean
}

/** The cluster as far as a plan needs it, so that it can be made from an image or from what clients are told. */
export interface PlanView {
  /** A broker that has replicas and is not in here is kept. */
  readonly brokers: readonly PlanBroker[]
  readonly partitions: readonly PlanPartition[]
}

/** One reassignment. With the same brokers in `from` and `to` only their order changes, and no data moves. */
export interface Move {
  readonly topic: string
  readonly index: number
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** Where a partition is going to: its replicas, less those that a running reassignment removes. */
export function targetOf({ replicas, removing }: PartitionImage): readonly number[] {
  return removing.length === 0 ? replicas : replicas.filter((id) => !removing.includes(id))
}

/** @param bytes of one replica of a partition */
export function viewOf(
  image: MetadataImage,
  standing: (brokerId: number) => Standing,
  bytes: (topic: string, index: number) => number = () => 0,
): PlanView {
  const partitions: PlanPartition[] = []
  const ids = new Set(image.cluster.brokers.keys())
  for (const { name: topic, partitions: all } of image.topics.byName.values()) {
    for (const partition of all.values()) {
      const replicas = targetOf(partition)
      for (const id of replicas) ids.add(id)
      const { index } = partition
      partitions.push({ topic, index, replicas, bytes: bytes(topic, index), frozen: isReassigning(partition) })
    }
  }
  const rackOf = (id: number) => image.cluster.brokers.get(id)?.rack ?? null
  return { brokers: [...ids].map((id) => ({ id, rack: rackOf(id), standing: standing(id) })), partitions }
}

export function byTopic<T extends { readonly topic: string }>(items: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>()
  for (const item of items) {
    const ofTopic = topics.get(item.topic)
    if (ofTopic) ofTopic.push(item)
    else topics.set(item.topic, [item])
  }
  return topics
}
