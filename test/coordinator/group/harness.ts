import { OffsetCommitRequest, OffsetCommitResponse } from '../../../protocol/api/08-offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../../protocol/api/09-offset-fetch.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/api/11-join-group.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../../protocol/api/12-heartbeat.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../../protocol/api/13-leave-group.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../../protocol/api/14-sync-group.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../../protocol/api/15-describe-groups.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../../protocol/api/16-list-groups.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../../protocol/api/42-delete-groups.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../../protocol/api/47-offset-delete.ts'
import { batches } from '../../../protocol/records/batch.ts'
import { readRecords } from '../../../protocol/records/record.ts'
import type { Message } from '../../../protocol/schema/message.ts'
import type { Fields } from '../../../protocol/schema/types.ts'
import { Reader } from '../../../protocol/wire/reader.ts'
import { Writer } from '../../../protocol/wire/writer.ts'
import { defaultsOf } from '../../../src/base/config.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { ManualTime } from '../../../src/base/manual-time.ts'
import { SeededRandom } from '../../../src/base/seeded-random.ts'
import { type GroupConfig, groupConfig } from '../../../src/coordinator/group/config.ts'
import { GroupCoordinator, type GroupRequestContext } from '../../../src/coordinator/group/group-coordinator.ts'
import { groupRecordCodec } from '../../../src/coordinator/group/record-codec.ts'
import type { GroupRecord } from '../../../src/coordinator/group/records.ts'
import { MemoryLog } from '../memory-log.ts'

export const ORDERS_ID = 'b3JkZXJzb3JkZXJzb3JkZQ'
export const PAYMENTS_ID = 'cGF5bWVudHNwYXltZW50cw'

/** A promise that can be looked at. */
export interface Watched<T> {
  readonly promise: Promise<T>
  value: T | undefined
}

export interface HarnessOptions {
  config?: Partial<GroupConfig>
  log?: MemoryLog
  time?: ManualTime
  seed?: number
  /** All groups on partition 0, which is led. False: nothing is led yet. */
  isElected?: boolean
}

/** A coordinator of one partition with manual time; requests and responses go through their encodings. */
export class Harness {
  readonly log: MemoryLog
  readonly time: ManualTime
  readonly coordinator: GroupCoordinator
  readonly topics = new Map([
    ['orders', { topicId: ORDERS_ID, partitions: 3 }],
    ['payments', { topicId: PAYMENTS_ID, partitions: 1 }],
  ])
  #recordsSeen = 0

  constructor({
    config = {},
    log = new MemoryLog(),
    time = new ManualTime(),
    seed = 1,
    isElected = true,
  }: HarnessOptions) {
    this.log = log
    this.time = time
    this.#recordsSeen = this.allRecords().length
    this.coordinator = new GroupCoordinator({
      config: { ...defaultsOf(groupConfig), 'offsets.topic.num.partitions': 1, ...config },
      log,
      topics: {
        topicIdOf: (name) => this.topics.get(name)?.topicId,
        topicNameOf: (id) => [...this.topics].find(([, { topicId }]) => topicId === id)?.[0],
        partitionCountOf: (name) => this.topics.get(name)?.partitions ?? 0,
      },
      clock: time,
      timers: time,
      random: new SeededRandom(seed),
      logger: silentLogger,
    })
    if (isElected) void this.coordinator.onElection(0, 0)
  }

  static async start(options: HarnessOptions = {}): Promise<Harness> {
    const harness = new Harness(options)
    await harness.time.settle()
    return harness
  }

  /** A new coordinator on what this one has written, as after a restart. */
  async restart(options: HarnessOptions = {}): Promise<Harness> {
    this.coordinator.shutdown()
    await this.time.settle()
    return Harness.start({ log: this.log, time: this.time, seed: 2, ...options })
  }

  join(version: number, input: Partial<typeof JoinGroupRequest.Input>, clientId = 'client') {
    const request = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('orders') }],
      ...input,
    }
    const { coordinator } = this
    return this.#call(JoinGroupRequest, JoinGroupResponse, version, request, clientId, (decoded, context) =>
      coordinator.joinGroup(decoded, context),
    )
  }

  sync(version: number, input: Partial<typeof SyncGroupRequest.Input>) {
    const names = version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}
    const request = { groupId: 'g', generationId: 1, memberId: '', assignments: [], ...names, ...input }
    return this.#call(SyncGroupRequest, SyncGroupResponse, version, request, 'client', (decoded, context) =>
      this.coordinator.syncGroup(decoded, context),
    )
  }

  heartbeat(version: number, input: Partial<typeof HeartbeatRequest.Input>) {
    const request = { groupId: 'g', generationId: 1, memberId: '', ...input }
    return this.#call(HeartbeatRequest, HeartbeatResponse, version, request, 'client', (decoded, context) =>
      this.coordinator.heartbeat(decoded, context),
    )
  }

  leave(version: number, input: Partial<typeof LeaveGroupRequest.Input>) {
    return this.#call(
      LeaveGroupRequest,
      LeaveGroupResponse,
      version,
      { groupId: 'g', ...input },
      'client',
      (decoded, context) => this.coordinator.leaveGroup(decoded, context),
    )
  }

  commit(version: number, input: typeof OffsetCommitRequest.Input) {
    return this.#call(OffsetCommitRequest, OffsetCommitResponse, version, input, 'client', (decoded, context) =>
      this.coordinator.commitOffsets(decoded, context),
    )
  }

  fetch(version: number, input: typeof OffsetFetchRequest.Input) {
    return this.#call(OffsetFetchRequest, OffsetFetchResponse, version, input, 'client', (decoded, context) =>
      this.coordinator.fetchOffsets(decoded, context),
    )
  }

  describe(version: number, ...groups: string[]) {
    return this.#call(
      DescribeGroupsRequest,
      DescribeGroupsResponse,
      version,
      { groups },
      'client',
      (decoded, context) => this.coordinator.describeGroups(decoded, context),
    )
  }

  list(version: number, input: typeof ListGroupsRequest.Input = {}) {
    return this.#call(ListGroupsRequest, ListGroupsResponse, version, input, 'client', (decoded, context) =>
      this.coordinator.listGroups(decoded, context),
    )
  }

  delete(...groupsNames: string[]) {
    return this.#call(DeleteGroupsRequest, DeleteGroupsResponse, 2, { groupsNames }, 'client', (decoded, context) =>
      this.coordinator.deleteGroups(decoded, context),
    )
  }

  offsetDelete(input: typeof OffsetDeleteRequest.Input) {
    return this.#call(OffsetDeleteRequest, OffsetDeleteResponse, 0, input, 'client', (decoded, context) =>
      this.coordinator.offsetDelete(decoded, context),
    )
  }

  /** Waits for what needs no time to pass. Undefined: the answer is parked. */
  async now<T>(watched: Watched<T>): Promise<T | undefined> {
    await this.time.settle()
    return watched.value
  }

  /** Records appended since the last call. */
  newRecords(): GroupRecord[] {
    const all = this.allRecords()
    const fresh = all.slice(this.#recordsSeen)
    this.#recordsSeen = all.length
    return fresh
  }

  allRecords(): GroupRecord[] {
    return (this.log.batches.get(0) ?? [])
      .flatMap((buffer) => [...batches(buffer)])
      .filter((batch) => !batch.isControl)
      .flatMap((batch) => [...readRecords(batch)])
      .flatMap(({ key, value }) => groupRecordCodec.decode(key!, value) ?? [])
  }

  /** Members that have been through join and sync: the first leads and assigns its name to each. */
  async stable(...memberNames: string[]): Promise<{ ids: string[]; generationId: number }> {
    const joins = memberNames.map((name) => this.join(3, {}, name))
    await this.time.run(0)
    const ids = joins.map(({ value }) => value!.memberId)
    const { generationId, leader } = joins[0]!.value!
    const assignments = ids.map((memberId, i) => ({ memberId, assignment: Buffer.from(memberNames[i]!) }))
    for (const memberId of ids) {
      this.sync(2, { memberId, generationId, assignments: memberId === leader ? assignments : [] })
    }
    await this.time.settle()
    return { ids, generationId }
  }

  #call<Q extends Fields, S extends Fields>(
    request: Message<Q>,
    response: Message<S>,
    apiVersion: number,
    input: Message<Q>['Input'],
    clientId: string,
    handle: (decoded: Message<Q>['T'], context: GroupRequestContext) => Promise<Message<S>['Input']>,
  ): Watched<Message<S>['T']> {
    const context = { apiVersion, clientId, clientHost: '/127.0.0.1', now: this.time.wallMs() }
    const promise = handle(throughBytes(request, apiVersion, input), context).then((answer) =>
      throughBytes(response, apiVersion, answer),
    )
    const watched: Watched<Message<S>['T']> = { promise, value: undefined }
    void promise.then((value) => {
      watched.value = value
    })
    return watched
  }
}

function throughBytes<F extends Fields>(
  message: Message<F>,
  version: number,
  input: Message<F>['Input'],
): Message<F>['T'] {
  const writer = new Writer()
  message.encode(writer, version, input)
  return message.decode(new Reader(writer.finishContiguous()), version)
}

/** ConsumerProtocolSubscription v0 without user data. */
export function subscription(...topics: string[]): Buffer {
  const writer = new Writer()
  writer.int16(0)
  writer.int32(topics.length)
  for (const topic of topics) {
    writer.int16(topic.length)
    writer.raw(Buffer.from(topic))
  }
  writer.int32(-1)
  return writer.finishContiguous()
}

/** One partition of an OffsetCommit. */
export const commitOf = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = null) => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
})

/** What a group record says, without the parts that are the same everywhere. */
export function sketch(record: GroupRecord): string {
  if (record.type === 'offset') {
    const { groupId, topic, partition, value } = record
    return `offset ${groupId} ${topic}-${partition} ${value ? value.offset : 'gone'}`
  }
  if (record.type === 'foreign') return `foreign ${record.groupId}`
  const { groupId, value } = record
  if (!value) return `group ${groupId} gone`
  const members = value.members.map((member) => `${member.clientId}:${member.assignment}`)
  return `group ${groupId} gen=${value.generation} type=${value.protocolType} [${members}]`
}
