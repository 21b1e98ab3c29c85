import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string, struct, uuid } from '../schema/types.ts'

/**
 * ShareGroupDescribe: state and members of share groups (KIP-932).
 * v0 was early access and is not served.
 */

export const ShareGroupDescribeRequest = message(
  'ShareGroupDescribeRequest',
  { key: 77, versions: [1, 1], flexible: 0 },
  {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
  },
)
export type ShareGroupDescribeRequest = typeof ShareGroupDescribeRequest.T

export const ShareGroupDescribeResponse = message(
  'ShareGroupDescribeResponse',
  { key: 77, versions: [1, 1], flexible: 0 },
  {
    throttleTimeMs: int32,
    groups: array({
      errorCode: int16,
      errorMessage: string.nullable().default(null),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      assignorName: string,
      members: array({
        memberId: string,
        rackId: string.nullable().default(null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        assignment: struct({
          topicPartitions: array({ topicId: uuid, topicName: string, partitions: array(int32) }),
        }),
      }),
      authorizedOperations: int32.default(-2147483648),
    }),
  },
)
export type ShareGroupDescribeResponse = typeof ShareGroupDescribeResponse.T
