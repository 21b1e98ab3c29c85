import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string, uuid } from '../schema/types.ts'

/**
 * OffsetCommit: positions of a group, to be kept.
 * v1 generation and member (v0 went to ZooKeeper); v1 alone carries a timestamp for each partition; v2 to v4 a
 * retention time; v3 throttle time; v6 leader epoch (KIP-320); v7 static members (KIP-345); v8 flexible; v9 groups of
 * the consumer protocol (KIP-848); v10 topic ids in place of names (KIP-848).
 */

export const OffsetCommitRequest = message(
  'OffsetCommitRequest',
  { key: 8, versions: [0, 10], flexible: 8 },
  {
    groupId: string,
    generationIdOrMemberEpoch: int32.since(1).default(-1).ignorable(),
    memberId: string.since(1).ignorable(),
    groupInstanceId: string.since(7).nullable().default(null),
    retentionTimeMs: int53.versions(2, 4).default(-1).ignorable(),
    topics: array({
      name: string.until(9).ignorable(),
      topicId: uuid.since(10).ignorable(),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int53,
        committedLeaderEpoch: int32.since(6).default(-1).ignorable(),
        commitTimestamp: int53.versions(1, 1).default(-1),
        committedMetadata: string.nullable(),
      }),
    }),
  },
)
export type OffsetCommitRequest = typeof OffsetCommitRequest.T

export const OffsetCommitResponse = message(
  'OffsetCommitResponse',
  { key: 8, versions: [0, 10], flexible: 8 },
  {
    throttleTimeMs: int32.since(3).ignorable(),
    topics: array({
      name: string.until(9).ignorable(),
      topicId: uuid.since(10).ignorable(),
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
)
export type OffsetCommitResponse = typeof OffsetCommitResponse.T
