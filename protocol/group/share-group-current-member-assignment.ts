import { message } from '../schema/message.ts'
import { array, int8, int32, string, uuid } from '../schema/types.ts'

/** What a share group's member owns (KIP-932). */

export const ShareGroupCurrentMemberAssignmentKey = message(
  'ShareGroupCurrentMemberAssignmentKey',
  { key: 14, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type ShareGroupCurrentMemberAssignmentKey = typeof ShareGroupCurrentMemberAssignmentKey.T

export const ShareGroupCurrentMemberAssignmentValue = message(
  'ShareGroupCurrentMemberAssignmentValue',
  { key: 14, versions: [0, 0], flexible: 0 },
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array({ topicId: uuid, partitions: array(int32) }),
  },
)
export type ShareGroupCurrentMemberAssignmentValue = typeof ShareGroupCurrentMemberAssignmentValue.T
