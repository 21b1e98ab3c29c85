import type { ErrorCode } from '../../../protocol/errors.ts'
import type { CoordinatorState, RecordOrigin, TransactionalProducer } from '../runtime/ports.ts'
import type { ShardContext } from '../runtime/shard.ts'
import { TimelineMap } from '../runtime/timeline.ts'
import {
  type ClassicEnvironment,
  joinTimer,
  NOTHING,
  sessionTimer,
  storageErrorToResponse,
  syncTimer,
} from './classic/environment.ts'
import { ClassicGroup } from './classic/group.ts'
import { joinFailed, syncFailed } from './classic/member.ts'
import { prepareRebalance, prolongSession } from './classic/rebalance.ts'
import { groupFromStored } from './classic/stored.ts'
import { OffsetStore } from './offsets/offset-store.ts'
import { expireOffsets } from './offsets/removal.ts'
import type { ForeignKind, GroupMetadataRecord, GroupRecord, StoredGroup } from './records.ts'

export interface GroupCounts {
  readonly groups: number
  readonly offsets: number
}

/**
 * The groups of one partition of `__consumer_offsets`.
 *
 * What is in records changes by replay alone: the stored groups and the offsets. Besides them the leader has a live
 * ClassicGroup for every stored group, and for groups whose first record is on its way, with what no record holds:
 * who is connected, who waits for what. A group without a live object is a simple one: offsets that someone committed
 * without ever joining (fact E42).
 */
export class GroupShard implements CoordinatorState<GroupRecord> {
  readonly env: ClassicEnvironment
  readonly offsets: OffsetStore
  readonly #stored: TimelineMap<string, StoredGroup>
  /** Groups of kinds that are not served here (KIP-848, KIP-932, KIP-1071). Their records stay in the log. */
  readonly #foreign: TimelineMap<string, ForeignKind>
  readonly #live = new Map<string, ClassicGroup>()

  constructor({ timeline, timers }: ShardContext<GroupRecord>, env: Omit<ClassicEnvironment, 'timers'>) {
    this.env = { config: env.config, timers, nowMs: () => env.nowMs(), uuid: () => env.uuid() }
    this.offsets = new OffsetStore(timeline)
    this.#stored = new TimelineMap(timeline)
    this.#foreign = new TimelineMap(timeline)
  }

  replay(record: GroupRecord, origin: RecordOrigin): void {
    switch (record.type) {
      case 'offset':
        this.offsets.replay(record, origin)
        break
      case 'group':
        this.#replayGroup(record)
        break
      case 'foreign':
        if (record.exists) this.#foreign.set(record.groupId, record.kind)
        else if (this.#foreign.get(record.groupId) === record.kind) this.#foreign.delete(record.groupId)
    }
  }

  endTransaction(producer: TransactionalProducer, committed: boolean): void {
    this.offsets.endTransaction(producer, committed)
  }

  /** Sessions start anew (fact E16): members have one session timeout to find this coordinator. */
  loaded(): void {
    for (const [groupId, value] of this.#stored.entries()) this.#bringToLife(groupId, value)
    this.#scheduleExpiry()
  }

  /** Groups stand as their records do: what was created is undone, what was deleted is back. */
  reverted(code: ErrorCode): void {
    for (const [groupId, group] of [...this.#live]) {
      if (!this.#stored.has(groupId) && !this.offsets.hasAny(groupId)) this.#bury(group, storageErrorToResponse(code))
    }
    for (const [groupId, value] of this.#stored.entries()) {
      if (!this.#live.has(groupId)) this.#bringToLife(groupId, value)
    }
  }

  unloaded(code: ErrorCode): void {
    for (const group of [...this.#live.values()]) this.#bury(group, storageErrorToResponse(code))
  }

  /** A classic group that has, or may get, members. */
  classic(groupId: string): ClassicGroup | undefined {
    return this.#live.get(groupId)
  }

  /** As `classic`, if its creation is committed. */
  committedClassic(groupId: string): ClassicGroup | undefined {
    const isOnItsWay = this.#stored.has(groupId) && this.#stored.getCommitted(groupId) === undefined
    return isOnItsWay ? undefined : this.#live.get(groupId)
  }

  foreignKind(groupId: string): ForeignKind | undefined {
    return this.#foreign.get(groupId)
  }

  isSimple(groupId: string): boolean {
    return !this.#live.has(groupId) && !this.#foreign.has(groupId) && this.offsets.hasAny(groupId)
  }

  isCommittedSimple(groupId: string): boolean {
    return this.isSimple(groupId) && this.offsets.hasAnyCommitted(groupId)
  }

  createClassic(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.env.nowMs())
    this.#live.set(groupId, group)
    return group
  }

  /** All groups that are known by members or by offsets. */
  groupIds(): Iterable<string> {
    return new Set([...this.#live.keys(), ...this.offsets.groupIds()])
  }

  /** How many groups there are here, and offsets that they have committed. */
  get counts(): GroupCounts {
    let groups = this.#live.size
    for (const groupId of this.offsets.groupIds()) {
      if (!this.#live.has(groupId) && this.offsets.hasAny(groupId)) groups++
    }
    return { groups, offsets: this.offsets.count }
  }

  foreignGroups(): Iterable<[string, ForeignKind]> {
    return this.#foreign.committedEntries()
  }

  /** The groups as their records say, for those who compare. */
  storedGroups(): Iterable<[string, StoredGroup]> {
    return this.#stored.entries()
  }

  #replayGroup({ groupId, value }: GroupMetadataRecord): void {
    if (value !== null) {
      this.#stored.set(groupId, value)
      return
    }
    this.#stored.delete(groupId)
    const group = this.#live.get(groupId)
    if (group) this.#retire(group)
  }

  #bringToLife(groupId: string, value: StoredGroup): void {
    const group = groupFromStored(groupId, value)
    this.#live.set(groupId, group)
    for (const member of group.members.values()) prolongSession(this.env, group, member)
    if (group.members.size > this.env.config['group.max.size']) prepareRebalance(this.env, group)
  }

  /** Ends a live group with all its timers and parked calls. */
  #bury(group: ClassicGroup, code: ErrorCode): void {
    for (const member of group.members.values()) {
      group.answerJoin(member, joinFailed(member.memberId, code))
      group.answerSync(member, syncFailed(code))
    }
    this.#retire(group)
  }

  #retire(group: ClassicGroup): void {
    this.#live.delete(group.groupId)
    group.transitionTo('Dead', this.env.nowMs())
    this.env.timers.cancel(joinTimer(group))
    this.env.timers.cancel(syncTimer(group))
    for (const memberId of [...group.members.keys(), ...group.pendingJoin]) {
      this.env.timers.cancel(sessionTimer(group, memberId))
    }
  }

  #scheduleExpiry(): void {
    this.env.timers.schedule('expiry', this.env.config['offsets.retention.check.interval.ms'], () => {
      this.#scheduleExpiry()
      this.offsets.prune()
      const records = expireOffsets(this, this.env.nowMs())
      return records.length === 0 ? NOTHING : { records, response: undefined, isDivisible: true }
    })
  }
}
