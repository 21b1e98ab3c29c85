import { message } from '../schema/message.ts'
import { array, int8, int32, string, uuid } from '../schema/types.ts'

/** What a consumer group's member owns and what it still has to give up (KIP-848). */

const TopicPartitions = {
  topicId: uuid,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().default(null).tag(0),
}

export const ConsumerGroupCurrentMemberAssignmentKey = message(
  'ConsumerGroupCurrentMemberAssignmentKey',
  { key: 8, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type ConsumerGroupCurrentMemberAssignmentKey = typeof ConsumerGroupCurrentMemberAssignmentKey.T

export const ConsumerGroupCurrentMemberAssignmentValue = message(
  'ConsumerGroupCurrentMemberAssignmentValue',
  { key: 8, versions: [0, 0], flexible: 0 },
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(TopicPartitions),
    partitionsPendingRevocation: array(TopicPartitions),
  },
)
export type ConsumerGroupCurrentMemberAssignmentValue = typeof ConsumerGroupCurrentMemberAssignmentValue.T
