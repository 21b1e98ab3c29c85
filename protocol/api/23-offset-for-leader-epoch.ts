import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string } from '../schema/types.ts'

/**
 * OffsetForLeaderEpoch: where a leader epoch ends in the log, to find where two logs part (KIP-101, KIP-320).
 * v1 epoch in the answer; v2 current leader epoch and throttle time; v3 replica id; v4 flexible.
 */

export const OffsetForLeaderEpochRequest = message(
  'OffsetForLeaderEpochRequest',
  { key: 23, versions: [0, 4], flexible: 4 },
  {
    replicaId: int32.since(3).default(-2).ignorable(),
    topics: array({
      topic: string,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: int32.since(2).default(-1).ignorable(),
        leaderEpoch: int32,
      }),
    }),
  },
)
export type OffsetForLeaderEpochRequest = typeof OffsetForLeaderEpochRequest.T

export const OffsetForLeaderEpochResponse = message(
  'OffsetForLeaderEpochResponse',
  { key: 23, versions: [0, 4], flexible: 4 },
  {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array({
      topic: string,
      partitions: array({
        errorCode: int16,
        partition: int32,
        leaderEpoch: int32.since(1).default(-1).ignorable(),
        endOffset: int53.default(-1),
      }),
    }),
  },
)
export type OffsetForLeaderEpochResponse = typeof OffsetForLeaderEpochResponse.T
