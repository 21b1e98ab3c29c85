import type { OffsetCommitRequest, OffsetCommitResponse } from '../../../protocol/api/08-offset-commit.ts'
import type { OffsetFetchRequest, OffsetFetchResponse } from '../../../protocol/api/09-offset-fetch.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/api/11-join-group.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../../../protocol/api/12-heartbeat.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../../protocol/api/13-leave-group.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../../protocol/api/14-sync-group.ts'
import type { DescribeGroupsRequest, DescribeGroupsResponse } from '../../../protocol/api/15-describe-groups.ts'
import type { ListGroupsRequest, ListGroupsResponse } from '../../../protocol/api/16-list-groups.ts'
import type { DeleteGroupsRequest, DeleteGroupsResponse } from '../../../protocol/api/42-delete-groups.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../../../protocol/api/47-offset-delete.ts'
import { ZERO_UUID } from '../../../protocol/wire/uuid.ts'
import { coordinatorPartition } from '../../base/hash.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import type { Clock, Timers } from '../../base/time.ts'
import type { CoordinatorLog } from '../runtime/ports.ts'
import { CoordinatorRuntime } from '../runtime/runtime.ts'
import type { GroupConfig } from './config.ts'
import { type GroupCounts, GroupShard } from './group-shard.ts'
import { javaUuid } from './java-uuid.ts'
import { dropTopics } from './offsets/removal.ts'
import type { GroupRequestContext, TopicDirectory } from './ports.ts'
import { groupRecordCodec } from './record-codec.ts'
import type { GroupRecord } from './records.ts'
import { deleteGroups, describeGroups, listGroups } from './requests/admin.ts'
import type { RequestDeps } from './requests/deps.ts'
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './requests/membership.ts'
import { commitOffsets, fetchOffsets, offsetDelete } from './requests/offsets.ts'

export type { GroupRequestContext, TopicDirectory } from './ports.ts'

export interface GroupCoordinatorOptions {
  readonly config: GroupConfig
  readonly log: CoordinatorLog
  readonly topics: TopicDirectory
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  /** Partitions of `__consumer_offsets`; offsets.topic.num.partitions unless the topic has another number. */
  readonly partitionCount?: () => number
  /** max.message.bytes of `__consumer_offsets`; Kafka's default unless given. */
  readonly maxBatchBytes?: number
}

const NO_GROUPS: GroupCounts = { groups: 0, offsets: 0 }
const DEFAULT_MAX_MESSAGE_BYTES = 1048588

/**
 * Coordinates the groups whose partition of `__consumer_offsets` this node leads. Requests come decoded and responses
 * go out as the input of their encoders; a promise settles when what it tells is committed, and never rejects for a
 * reason that the protocol has a code for.
 */
export class GroupCoordinator {
  readonly #deps: RequestDeps
  readonly #runtime: CoordinatorRuntime<GroupShard, GroupRecord>
  readonly #partitionCount: () => number

  constructor(options: GroupCoordinatorOptions) {
    const { config, clock, timers, log, logger, random, topics } = options
    const nowMs = () => clock.wallMs()
    this.#partitionCount = options.partitionCount ?? (() => config['offsets.topic.num.partitions'])
    this.#runtime = new CoordinatorRuntime<GroupShard, GroupRecord>({
      log,
      codec: groupRecordCodec,
      createState: (context) => new GroupShard(context, { config, nowMs, uuid: () => javaUuid(random) }),
      clock,
      timers,
      logger,
      lingerMs: config['group.coordinator.append.linger.ms'],
      maxBatchBytes: options.maxBatchBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
      compression: config['offsets.topic.compression.codec'],
      writeTimeoutMs: config['offsets.commit.timeout.ms'],
    })
    const partitionFor = (groupId: string) => this.partitionFor(groupId)
    this.#deps = { config, runtime: this.#runtime, topics, nowMs, partitionFor }
  }

  /** Fact E1: the partition of `__consumer_offsets` whose leader coordinates the group. */
  partitionFor(groupId: string): number {
    return coordinatorPartition(groupId, this.#partitionCount())
  }

  /** This node leads a partition of `__consumer_offsets` now. Settles when its groups are loaded, or will not be. */
  onElection(partition: number, leaderEpoch: number): Promise<void> {
    return this.#runtime.elect(partition, leaderEpoch)
  }

  /** This node leads it no longer. Without an epoch the partition is gone altogether. */
  onResignation(partition: number, leaderEpoch?: number): void {
    this.#runtime.resign(partition, leaderEpoch)
  }

  /** Forgets what groups have committed for topics that are gone (fact E49). Without an id the name decides alone. */
  async onTopicsDeleted(deleted: readonly { name: string; topicId?: string }[]): Promise<void> {
    const topics = new Map(deleted.map(({ name, topicId }) => [name, topicId ?? ZERO_UUID]))
    const writes = [...this.#runtime.shards()].map(({ partition }) =>
      this.#runtime.write(
        partition,
        (shard) => ({ records: dropTopics(shard, topics), response: undefined, isDivisible: true }),
        () => undefined,
      ),
    )
    await Promise.all(writes)
  }

  /** Of all partitions that are served here. */
  counts(): GroupCounts {
    const total = { groups: 0, offsets: 0 }
    for (const { partition } of this.#runtime.shards()) {
      const { groups, offsets } = this.#runtime.read(
        partition,
        ({ counts }) => counts,
        () => NO_GROUPS,
      )
      total.groups += groups
      total.offsets += offsets
    }
    return total
  }

  /** Answers whoever waits with NOT_COORDINATOR and stops all timers. */
  shutdown(): void {
    this.#runtime.close()
  }

  joinGroup(request: JoinGroupRequest, context: GroupRequestContext): Promise<typeof JoinGroupResponse.Input> {
    return joinGroup(this.#deps, request, context)
  }

  syncGroup(request: SyncGroupRequest, context: GroupRequestContext): Promise<typeof SyncGroupResponse.Input> {
    return syncGroup(this.#deps, request, context)
  }

  heartbeat(request: HeartbeatRequest, _context: GroupRequestContext): Promise<typeof HeartbeatResponse.Input> {
    return heartbeat(this.#deps, request)
  }

  leaveGroup(request: LeaveGroupRequest, context: GroupRequestContext): Promise<typeof LeaveGroupResponse.Input> {
    return leaveGroup(this.#deps, request, context)
  }

  commitOffsets(
    request: OffsetCommitRequest,
    context: GroupRequestContext,
  ): Promise<typeof OffsetCommitResponse.Input> {
    return commitOffsets(this.#deps, request, context)
  }

  fetchOffsets(request: OffsetFetchRequest, context: GroupRequestContext): Promise<typeof OffsetFetchResponse.Input> {
    return fetchOffsets(this.#deps, request, context)
  }

  describeGroups(
    request: DescribeGroupsRequest,
    context: GroupRequestContext,
  ): Promise<typeof DescribeGroupsResponse.Input> {
    return describeGroups(this.#deps, request, context)
  }

  listGroups(request: ListGroupsRequest, _context: GroupRequestContext): Promise<typeof ListGroupsResponse.Input> {
    return listGroups(this.#deps, request)
  }

  deleteGroups(
    request: DeleteGroupsRequest,
    _context: GroupRequestContext,
  ): Promise<typeof DeleteGroupsResponse.Input> {
    return deleteGroups(this.#deps, request)
  }

  offsetDelete(
    request: OffsetDeleteRequest,
    _context: GroupRequestContext,
  ): Promise<typeof OffsetDeleteResponse.Input> {
    return offsetDelete(this.#deps, request)
  }
}
