import { message } from '../schema/message.ts'
import { array, int32, string } from '../schema/types.ts'

/** Target assignment of a streams group's member (KIP-1071). */

const TaskIds = { subtopologyId: string, partitions: array(int32) }

export const StreamsGroupTargetAssignmentMemberKey = message(
  'StreamsGroupTargetAssignmentMemberKey',
  { key: 21, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type StreamsGroupTargetAssignmentMemberKey = typeof StreamsGroupTargetAssignmentMemberKey.T

export const StreamsGroupTargetAssignmentMemberValue = message(
  'StreamsGroupTargetAssignmentMemberValue',
  { key: 21, versions: [0, 0], flexible: 0 },
  {
    activeTasks: array(TaskIds),
    standbyTasks: array(TaskIds),
    warmupTasks: array(TaskIds),
  },
)
export type StreamsGroupTargetAssignmentMemberValue = typeof StreamsGroupTargetAssignmentMemberValue.T
