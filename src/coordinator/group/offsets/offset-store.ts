import type { RecordOrigin, TransactionalProducer } from '../../runtime/ports.ts'
import { type Timeline, TimelineMap } from '../../runtime/timeline.ts'
import type { OffsetRecord, StoredOffset } from '../records.ts'

/** An offset that a group has committed, and where its record stands. */
export interface CommittedOffset extends StoredOffset {
  readonly topic: string
  readonly partition: number
  readonly position: number
}

/** Committed within a transaction that is not over (KIP-447). */
interface PendingOffset {
  readonly groupId: string
  readonly producerId: number
  readonly offset: CommittedOffset
}

// A topic name has no colon, so this is unambiguous.
const keyOf = (topic: string, partition: number): string => `${topic}:${partition}`
const pendingKeyOf = (producerId: number, groupId: string, topic: string, partition: number): string =>
  `${producerId}:${topic}:${partition}:${groupId}`

/** The offsets of all groups of one coordinator partition. Changed by replay only. */
export class OffsetStore {
  readonly #timeline: Timeline
  readonly #groups = new Map<string, TimelineMap<string, CommittedOffset>>()
  readonly #pending: TimelineMap<string, PendingOffset>

  constructor(timeline: Timeline) {
    this.#timeline = timeline
    this.#pending = new TimelineMap(timeline)
  }

  replay({ groupId, topic, partition, value }: OffsetRecord, { position, producer }: RecordOrigin): void {
    if (value === null) {
      this.#groups.get(groupId)?.delete(keyOf(topic, partition))
      return
    }
    const offset: CommittedOffset = { ...value, topic, partition, position }
    if (producer === undefined) {
      this.#put(groupId, offset)
      return
    }
    const { producerId } = producer
    this.#pending.set(pendingKeyOf(producerId, groupId, topic, partition), { groupId, producerId, offset })
  }

  /** Facts G42, G43: pending offsets count from the commit on, unless a later record has been committed already. */
  endTransaction({ producerId }: TransactionalProducer, committed: boolean): void {
    for (const [key, pending] of [...this.#pending.entries()]) {
      if (pending.producerId !== producerId) continue
      this.#pending.delete(key)
      const { groupId, offset } = pending
      const present = this.get(groupId, offset.topic, offset.partition)
      if (committed && (!present || present.position < offset.position)) this.#put(groupId, offset)
    }
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(keyOf(topic, partition))
  }

  /** As of the records below the high watermark (fact E46). */
  getCommitted(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.getCommitted(keyOf(topic, partition))
  }

  /** Newest view of all offsets of a group. */
  of(groupId: string): Iterable<CommittedOffset> {
    return this.#groups.get(groupId)?.values() ?? []
  }

  *committedOf(groupId: string): Iterable<CommittedOffset> {
    for (const [, offset] of this.#groups.get(groupId)?.committedEntries() ?? []) yield offset
  }

  /** How many offsets all groups have committed. */
  get count(): number {
    let count = 0
    for (const { size } of this.#groups.values()) count += size
    return count
  }

  hasAny(groupId: string): boolean {
    return (this.#groups.get(groupId)?.size ?? 0) > 0
  }

  hasAnyCommitted(groupId: string): boolean {
    for (const _ of this.committedOf(groupId)) return true
    return false
  }

  /** Whether an open transaction holds an offset of this partition. */
  isPending(groupId: string, topic: string, partition: number): boolean {
    for (const { groupId: id, offset } of this.#pending.values()) {
      if (id === groupId && offset.topic === topic && offset.partition === partition) return true
    }
    return false
  }

  hasPending(groupId: string): boolean {
    for (const pending of this.#pending.values()) if (pending.groupId === groupId) return true
    return false
  }

  /** Ids of all groups that have an offset here, or had one lately. */
  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  /** Lets go of groups whose offsets are all gone. */
  prune(): void {
    for (const [groupId, offsets] of this.#groups) {
      if (offsets.size === 0 && !offsets.isChanging) this.#groups.delete(groupId)
    }
  }

  #put(groupId: string, offset: CommittedOffset): void {
    const offsets = this.#groups.get(groupId) ?? new TimelineMap(this.#timeline)
    this.#groups.set(groupId, offsets)
    offsets.set(keyOf(offset.topic, offset.partition), offset)
  }
}
