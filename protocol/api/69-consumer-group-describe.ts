import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string, struct, uuid } from '../schema/types.ts'

/**
 * ConsumerGroupDescribe: state and members of consumer groups (KIP-848).
 * v1 member type, classic or consumer (KIP-1099).
 */

const TopicPartitions = { topicId: uuid, topicName: string, partitions: array(int32) }

const Assignment = { topicPartitions: array(TopicPartitions) }

export const ConsumerGroupDescribeRequest = message(
  'ConsumerGroupDescribeRequest',
  { key: 69, versions: [0, 1], flexible: 0 },
  {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
  },
)
export type ConsumerGroupDescribeRequest = typeof ConsumerGroupDescribeRequest.T

export const ConsumerGroupDescribeResponse = message(
  'ConsumerGroupDescribeResponse',
  { key: 69, versions: [0, 1], flexible: 0 },
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
        instanceId: string.nullable().default(null),
        rackId: string.nullable().default(null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        subscribedTopicRegex: string.nullable().default(null),
        assignment: struct(Assignment),
        targetAssignment: struct(Assignment),
        memberType: int8.since(1).default(-1).ignorable(),
      }),
      authorizedOperations: int32.default(-2147483648),
    }),
  },
)
export type ConsumerGroupDescribeResponse = typeof ConsumerGroupDescribeResponse.T
