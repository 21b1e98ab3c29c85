import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string, uuid } from '../schema/types.ts'

/**
 * DescribeShareGroupOffsets: where share groups begin to read their partitions (KIP-932).
 * v1 lag (KIP-1226).
 */

export const DescribeShareGroupOffsetsRequest = message(
  'DescribeShareGroupOffsetsRequest',
  { key: 90, versions: [0, 1], flexible: 0 },
  {
    groups: array({
      groupId: string,
      topics: array({ topicName: string, partitions: array(int32) }).nullable(),
    }),
  },
)
export type DescribeShareGroupOffsetsRequest = typeof DescribeShareGroupOffsetsRequest.T

export const DescribeShareGroupOffsetsResponse = message(
  'DescribeShareGroupOffsetsResponse',
  { key: 90, versions: [0, 1], flexible: 0 },
  {
    throttleTimeMs: int32,
    groups: array({
      groupId: string,
      topics: array({
        topicName: string,
        topicId: uuid,
        partitions: array({
          partitionIndex: int32,
          startOffset: int53,
          leaderEpoch: int32,
          lag: int53.since(1).default(-1).ignorable(),
          errorCode: int16,
          errorMessage: string.nullable().default(null),
        }),
      }),
      errorCode: int16,
      errorMessage: string.nullable().default(null),
    }),
  },
)
export type DescribeShareGroupOffsetsResponse = typeof DescribeShareGroupOffsetsResponse.T
