import { message } from '../schema/message.ts'
import { array, int32, string, uuid } from '../schema/types.ts'

/** Target assignment of a share group's member (KIP-932). */

export const ShareGroupTargetAssignmentMemberKey = message(
  'ShareGroupTargetAssignmentMemberKey',
  { key: 13, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type ShareGroupTargetAssignmentMemberKey = typeof ShareGroupTargetAssignmentMemberKey.T

export const ShareGroupTargetAssignmentMemberValue = message(
  'ShareGroupTargetAssignmentMemberValue',
  { key: 13, versions: [0, 0], flexible: 0 },
  {
    topicPartitions: array({ topicId: uuid, partitions: array(int32) }),
  },
)
export type ShareGroupTargetAssignmentMemberValue = typeof ShareGroupTargetAssignmentMemberValue.T
