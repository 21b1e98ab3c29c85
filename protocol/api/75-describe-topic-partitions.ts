import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string, struct, uuid } from '../schema/types.ts'

/** DescribeTopicPartitions: partitions of topics, page by page, with eligible leader replicas (KIP-966). */

export const DescribeTopicPartitionsRequest = message(
  'DescribeTopicPartitionsRequest',
  { key: 75, versions: [0, 0], flexible: 0 },
  {
    topics: array({ name: string }),
    responsePartitionLimit: int32.default(2000),
    cursor: struct({ topicName: string, partitionIndex: int32 }).nullable().default(null),
  },
)
export type DescribeTopicPartitionsRequest = typeof DescribeTopicPartitionsRequest.T

export const DescribeTopicPartitionsResponse = message(
  'DescribeTopicPartitionsResponse',
  { key: 75, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    topics: array({
      errorCode: int16,
      name: string.nullable(),
      topicId: uuid,
      isInternal: boolean.default(false),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: int32.default(-1),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        eligibleLeaderReplicas: array(int32).nullable().default(null),
        lastKnownElr: array(int32).nullable().default(null),
        offlineReplicas: array(int32),
      }),
      topicAuthorizedOperations: int32.default(-2147483648),
    }),
    nextCursor: struct({ topicName: string, partitionIndex: int32 }).nullable().default(null),
  },
)
export type DescribeTopicPartitionsResponse = typeof DescribeTopicPartitionsResponse.T
