import { message } from '../schema/message.ts'
import { array, int8, int32, string } from '../schema/types.ts'

/** Tasks that a streams group's member has, and those it still has to give up (KIP-1071). */

const TaskIds = {
  subtopologyId: string,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().default(null).tag(0),
}

export const StreamsGroupCurrentMemberAssignmentKey = message(
  'StreamsGroupCurrentMemberAssignmentKey',
  { key: 22, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type StreamsGroupCurrentMemberAssignmentKey = typeof StreamsGroupCurrentMemberAssignmentKey.T

export const StreamsGroupCurrentMemberAssignmentValue = message(
  'StreamsGroupCurrentMemberAssignmentValue',
  { key: 22, versions: [0, 0], flexible: 0 },
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: array(TaskIds),
    standbyTasks: array(TaskIds),
    warmupTasks: array(TaskIds),
    activeTasksPendingRevocation: array(TaskIds),
    standbyTasksPendingRevocation: array(TaskIds),
    warmupTasksPendingRevocation: array(TaskIds),
  },
)
export type StreamsGroupCurrentMemberAssignmentValue = typeof StreamsGroupCurrentMemberAssignmentValue.T
