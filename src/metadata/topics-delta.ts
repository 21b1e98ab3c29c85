import { assert } from '../base/assert.ts'
import { DIRECTORY } from './directory-id.ts'
import { NO_LEADER, type PartitionImage, type TopicImage, type TopicsImage } from './image.ts'
import { PartitionList } from './partition-list.ts'
import type { PersistentMap } from './persistent-map.ts'
import type { RecordValue } from './record.ts'

/** Leader field of a change that leaves the leader as it is, epoch included (fact B12). */
export const LEADER_UNCHANGED = -2
const RECOVERY_UNCHANGED = -1

/** Changes of one topic that exists after the delta. */
export interface TopicDelta {
  readonly id: string
  readonly name: string
  /** The topic did not exist before. */
  readonly created: boolean
  /** Before the delta; no partitions if created. */
  readonly before: TopicImage
  /** New and changed partitions, as they are after the delta. */
  readonly partitions: ReadonlyMap<number, PartitionImage>
}

export interface LocalPartition {
  readonly topicId: string
  readonly topic: string
  readonly partition: PartitionImage
}

/** What a delta means for the replicas of one broker (fact C20). */
export interface LocalChanges {
  /** Replicas that are here no longer: moved away, or the topic is deleted (then `topicDeleted`). */
  readonly deletes: readonly { topicId: string; topic: string; index: number; topicDeleted: boolean }[]
  /** Partitions that this broker leads and that changed in anything. */
  readonly leaders: readonly LocalPartition[]
  /** Of these, those whose leader epoch rose: a new term begins here. */
  readonly electedLeaders: readonly LocalPartition[]
  /** Changed partitions with a replica here that another broker leads, or nobody. */
  readonly followers: readonly LocalPartition[]
}

/** Topics and partitions that records since the image created, changed or deleted. */
export class TopicsDelta {
  readonly #image: TopicsImage
  readonly #changed = new Map<string, ChangingTopic>()
  readonly #deleted = new Map<string, TopicImage>()
  /** Names of topics made in this delta, so that a name that was deleted and made again is the newest. */
  readonly #created = new Map<string, ChangingTopic>()

  constructor(image: TopicsImage) {
    this.#image = image
  }

  /** Topics that exist after the delta, by id: created ones and those of which a partition changed. */
  get changed(): ReadonlyMap<string, TopicDelta> {
    return this.#changed
  }

  /** Topics of the image that are gone, by id. A topic that only lived within the delta is in none of both. */
  get deleted(): ReadonlyMap<string, TopicImage> {
    return this.#deleted
  }

  get isEmpty(): boolean {
    return this.#changed.size === 0 && this.#deleted.size === 0
  }

  createTopic({ name, topicId }: RecordValue<'TopicRecord'>): void {
    assert(!this.#image.byId.has(topicId) && !this.#changed.has(topicId), `topic id ${topicId} given twice`)
    const before: TopicImage = { id: topicId, name, partitions: PartitionList.EMPTY }
    const topic = new ChangingTopic(before, true)
    this.#changed.set(topicId, topic)
    this.#created.set(name, topic)
  }

  /** @returns the name, for those who keep things by it */
  removeTopic({ topicId }: RecordValue<'RemoveTopicRecord'>): string {
    const before = this.#image.byId.get(topicId)
    const topic = this.#changed.get(topicId) ?? before
    assert(topic && !this.#deleted.has(topicId), `removal of the unknown topic ${topicId}`)
    this.#changed.delete(topicId)
    if (this.#created.get(topic.name)?.id === topicId) this.#created.delete(topic.name)
    if (before) this.#deleted.set(topicId, before)
    return topic.name
  }

  setPartition(record: RecordValue<'PartitionRecord'>): void {
    this.#changing(record.topicId).partitions.set(record.partitionId, {
      index: record.partitionId,
      replicas: record.replicas,
      directories: directoriesOf(record.directories, record.replicas.length),
      isr: record.isr,
      elr: record.eligibleLeaderReplicas ?? [],
      lastKnownElr: record.lastKnownElr ?? [],
      adding: record.addingReplicas,
      removing: record.removingReplicas,
      leader: record.leader,
      leaderEpoch: record.leaderEpoch,
      partitionEpoch: record.partitionEpoch,
      leaderRecoveryState: record.leaderRecoveryState,
    })
  }

  changePartition(record: RecordValue<'PartitionChangeRecord'>): void {
    const topic = this.#changing(record.topicId)
    const old = topic.partition(record.partitionId)
    assert(old, `change of the unknown partition ${topic.name}-${record.partitionId}`)
    topic.partitions.set(old.index, changedPartition(old, record))
  }

  /** Empties ELR and last known ELR of one topic, or of all where the name is '' (fact N-C5). */
  clearElr({ topicName }: RecordValue<'ClearElrRecord'>): void {
    if (topicName === '') {
      for (const topic of this.#image.byId.values()) if (!this.#deleted.has(topic.id)) this.#clearElrOf(topic.id)
      for (const topic of this.#created.values()) this.#clearElrOf(topic.id)
      return
    }
    const topic = this.#created.get(topicName) ?? this.#image.byName.get(topicName)
    assert(topic, `ClearElr for the unknown topic ${topicName}`)
    if (!this.#deleted.has(topic.id)) this.#clearElrOf(topic.id)
  }

  apply(): TopicsImage {
    if (this.isEmpty) return this.#image
    // Only this class makes topic images, and it makes them of persistent maps.
    let byName = this.#image.byName as PersistentMap<TopicImage>
    let byId = this.#image.byId as PersistentMap<TopicImage>
    let byCollidingName = this.#image.byCollidingName as PersistentMap<readonly string[]>
    for (const { id, name } of this.#deleted.values()) {
      byName = byName.without(name)
      byId = byId.without(id)
      byCollidingName = withoutCollision(byCollidingName, name)
    }
    for (const topic of this.#changed.values()) {
      const image = topic.apply()
      byName = byName.with(image.name, image)
      byId = byId.with(image.id, image)
      if (topic.created) byCollidingName = withCollision(byCollidingName, image.name)
    }
    return { byName, byId, byCollidingName }
  }

  localChanges(brokerId: number): LocalChanges {
    const deletes: LocalChanges['deletes'][number][] = []
    const leaders: LocalPartition[] = []
    const electedLeaders: LocalPartition[] = []
    const followers: LocalPartition[] = []
    for (const { id, name, partitions } of this.#deleted.values()) {
      for (const { index, replicas } of partitions.values()) {
        if (replicas.includes(brokerId)) deletes.push({ topicId: id, topic: name, index, topicDeleted: true })
      }
    }
    for (const { id, name, before, partitions } of this.#changed.values()) {
      for (const partition of partitions.values()) {
        const old = before.partitions.get(partition.index)
        const local = { topicId: id, topic: name, partition }
        if (!partition.replicas.includes(brokerId)) {
          if (old?.replicas.includes(brokerId)) {
            deletes.push({ topicId: id, topic: name, index: partition.index, topicDeleted: false })
          }
        } else if (partition.leader !== brokerId) {
          followers.push(local)
        } else {
          leaders.push(local)
          if (old?.leaderEpoch !== partition.leaderEpoch) electedLeaders.push(local)
        }
      }
    }
    return { deletes, leaders, electedLeaders, followers }
  }

  #changing(topicId: string): ChangingTopic {
    const changing = this.#changed.get(topicId)
    if (changing) return changing
    const before = this.#image.byId.get(topicId)
    assert(before && !this.#deleted.has(topicId), `partition of the unknown topic ${topicId}`)
    const topic = new ChangingTopic(before, false)
    this.#changed.set(topicId, topic)
    return topic
  }

  #clearElrOf(topicId: string): void {
    const known = this.#changed.get(topicId) ?? new ChangingTopic(this.#image.byId.get(topicId)!, false)
    for (const partition of known.all()) {
      if (partition.elr.length === 0 && partition.lastKnownElr.length === 0) continue
      const cleared = { ...partition, elr: [], lastKnownElr: [], partitionEpoch: partition.partitionEpoch + 1 }
      this.#changing(topicId).partitions.set(partition.index, cleared)
    }
  }
}

class ChangingTopic implements TopicDelta {
  readonly before: TopicImage
  readonly created: boolean
  readonly partitions = new Map<number, PartitionImage>()

  constructor(before: TopicImage, created: boolean) {
    this.before = before
    this.created = created
  }

  get id(): string {
    return this.before.id
  }

  get name(): string {
    return this.before.name
  }

  partition(index: number): PartitionImage | undefined {
    return this.partitions.get(index) ?? this.before.partitions.get(index)
  }

  all(): PartitionImage[] {
    const indexes = new Set([...this.before.partitions.keys(), ...this.partitions.keys()])
    return [...indexes].map((index) => this.partition(index)!)
  }

  apply(): TopicImage {
    return { ...this.before, partitions: (this.before.partitions as PartitionList).with(this.partitions) }
  }
}

/** Fact B12: null lists and the two "unchanged" numbers leave things as they are; naming a leader begins an epoch. */
export function changedPartition(old: PartitionImage, record: RecordValue<'PartitionChangeRecord'>): PartitionImage {
  const leaderGiven = record.leader !== LEADER_UNCHANGED
  const replicas = record.replicas ?? old.replicas
  const directories = record.directories ?? directoriesAfter(old, replicas)
  return {
    index: old.index,
    replicas,
    directories,
    isr: record.isr ?? old.isr,
    elr: record.eligibleLeaderReplicas ?? old.elr,
    lastKnownElr: record.lastKnownElr ?? old.lastKnownElr,
    adding: record.addingReplicas ?? old.adding,
    removing: record.removingReplicas ?? old.removing,
    leader: leaderGiven ? record.leader : old.leader,
    leaderEpoch: leaderGiven ? old.leaderEpoch + 1 : old.leaderEpoch,
    partitionEpoch: old.partitionEpoch + 1,
    leaderRecoveryState:
      record.leaderRecoveryState === RECOVERY_UNCHANGED ? old.leaderRecoveryState : record.leaderRecoveryState,
  }
}

/** Records of before metadata.version 17 name no directories. */
const directoriesOf = (given: readonly string[], replicas: number): readonly string[] =>
  given.length === replicas ? given : new Array<string>(replicas).fill(DIRECTORY.MIGRATING)

function directoriesAfter(old: PartitionImage, replicas: readonly number[]): readonly string[] {
  if (replicas === old.replicas) return old.directories
  return replicas.map((id) => old.directories[old.replicas.indexOf(id)] ?? DIRECTORY.UNASSIGNED)
}

/** `name` with each `.` turned to `_`, or undefined for a name that no other can be mixed up with (fact H2). */
export const collidingName = (name: string): string | undefined =>
  /[._]/.test(name) ? name.replaceAll('.', '_') : undefined

function withCollision(map: PersistentMap<readonly string[]>, name: string): PersistentMap<readonly string[]> {
  const key = collidingName(name)
  return key === undefined ? map : map.with(key, [...(map.get(key) ?? []), name].sort())
}

function withoutCollision(map: PersistentMap<readonly string[]>, name: string): PersistentMap<readonly string[]> {
  const key = collidingName(name)
  if (key === undefined) return map
  const rest = (map.get(key) ?? []).filter((other) => other !== name)
  return rest.length === 0 ? map.without(key) : map.with(key, rest)
}

/** Whether someone leads the partition. */
export const hasLeader = ({ leader }: PartitionImage): boolean => leader !== NO_LEADER
