import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int53, string, uuid } from '../schema/types.ts'

/**
 * OffsetFetch: positions that a group has committed.
 * v0 read from ZooKeeper; v2 null for all topics, and a top-level error; v3 throttle time; v5 leader epoch (KIP-320);
 * v6 flexible; v7 waits for stable offsets (KIP-447); v8 several groups at once (KIP-709); v9 member id and epoch
 * (KIP-848); v10 topic ids in place of names (KIP-848).
 */

export const OffsetFetchRequest = message(
  'OffsetFetchRequest',
  { key: 9, versions: [0, 10], flexible: 6 },
  {
    groupId: string.until(7),
    topics: array({ name: string, partitionIndexes: array(int32) })
      .until(7)
      .nullableSince(2),
    groups: array({
      groupId: string,
      memberId: string.since(9).nullable().default(null).ignorable(),
      memberEpoch: int32.since(9).default(-1).ignorable(),
      topics: array({
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitionIndexes: array(int32),
      }).nullable(),
    }).since(8),
    requireStable: boolean.since(7).default(false),
  },
)
export type OffsetFetchRequest = typeof OffsetFetchRequest.T

export const OffsetFetchResponse = message(
  'OffsetFetchResponse',
  { key: 9, versions: [0, 10], flexible: 6 },
  {
    throttleTimeMs: int32.since(3).ignorable(),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        committedOffset: int53,
        committedLeaderEpoch: int32.since(5).default(-1).ignorable(),
        metadata: string.nullable(),
        errorCode: int16,
      }),
    }).until(7),
    errorCode: int16.versions(2, 7).default(0).ignorable(),
    groups: array({
      groupId: string,
      topics: array({
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitions: array({
          partitionIndex: int32,
          committedOffset: int53,
          committedLeaderEpoch: int32.default(-1),
          metadata: string.nullable(),
          errorCode: int16,
        }),
      }),
      errorCode: int16.default(0),
    }).since(8),
  },
)
export type OffsetFetchResponse = typeof OffsetFetchResponse.T
