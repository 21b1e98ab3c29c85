import { GROUP_METADATA_TOPIC } from '../api/topics.ts'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { MetadataDelta } from '../metadata/delta.ts'
import type { LocalChanges } from '../metadata/topics-delta.ts'

/** Moves the group coordinator with the leadership of its partitions, and tells it of topics that are gone. */
export class GroupElections {
  readonly #groups: GroupCoordinator
  readonly #loading = new Set<Promise<void>>()

  constructor(groups: GroupCoordinator) {
    this.#groups = groups
  }

  /** `changes`: what the replica manager has already carried out. */
  apply(delta: MetadataDelta, changes: LocalChanges): void {
    const deleted = [...delta.topics.deleted.values()].map(({ name, id }) => ({ name, topicId: id }))
    if (deleted.length > 0) this.#track(this.#groups.onTopicsDeleted(deleted))
    for (const { topic, index } of changes.deletes)
      if (topic === GROUP_METADATA_TOPIC) this.#groups.onResignation(index)
    for (const { topic, partition } of changes.followers) {
      if (topic === GROUP_METADATA_TOPIC) this.#groups.onResignation(partition.index, partition.leaderEpoch)
    }
    for (const { topic, partition } of changes.electedLeaders) {
      if (topic === GROUP_METADATA_TOPIC) this.#track(this.#groups.onElection(partition.index, partition.leaderEpoch))
    }
  }

  /** Resolves when all groups are loaded that are to be. */
  async settled(): Promise<void> {
    while (this.#loading.size > 0) await Promise.allSettled(this.#loading)
  }

  #track(work: Promise<void>): void {
    this.#loading.add(work)
    work.finally(() => this.#loading.delete(work)).catch(() => {})
  }
}
