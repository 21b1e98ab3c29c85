import { message } from '../schema/message.ts'
import { array, int32, string, uuid } from '../schema/types.ts'

/** Target assignment of a consumer group's member (KIP-848). */

export const ConsumerGroupTargetAssignmentMemberKey = message(
  'ConsumerGroupTargetAssignmentMemberKey',
  { key: 7, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type ConsumerGroupTargetAssignmentMemberKey = typeof ConsumerGroupTargetAssignmentMemberKey.T

export const ConsumerGroupTargetAssignmentMemberValue = message(
  'ConsumerGroupTargetAssignmentMemberValue',
  { key: 7, versions: [0, 0], flexible: 0 },
  {
    topicPartitions: array({ topicId: uuid, partitions: array(int32) }),
  },
)
export type ConsumerGroupTargetAssignmentMemberValue = typeof ConsumerGroupTargetAssignmentMemberValue.T
