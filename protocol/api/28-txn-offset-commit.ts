import { message } from '../schema/message.ts'
import { array, int16, int32, int53, int64, string } from '../schema/types.ts'

/**
 * TxnOffsetCommit: offsets of a group, to take effect when the transaction commits (KIP-98).
 * v2 leader epoch (KIP-320); v3 flexible, generation and member (KIP-447); v4 TRANSACTION_ABORTABLE; v5 adds the
 * offsets topic to the transaction by itself (KIP-890).
 */

export const TxnOffsetCommitRequest = message(
  'TxnOffsetCommitRequest',
  { key: 28, versions: [0, 5], flexible: 3 },
  {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: int32.since(3).default(-1),
    memberId: string.since(3).default(''),
    groupInstanceId: string.since(3).nullable().default(null),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        committedOffset: int53,
        committedLeaderEpoch: int32.since(2).default(-1).ignorable(),
        committedMetadata: string.nullable(),
      }),
    }),
  },
)
export type TxnOffsetCommitRequest = typeof TxnOffsetCommitRequest.T

export const TxnOffsetCommitResponse = message(
  'TxnOffsetCommitResponse',
  { key: 28, versions: [0, 5], flexible: 3 },
  {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
)
export type TxnOffsetCommitResponse = typeof TxnOffsetCommitResponse.T
