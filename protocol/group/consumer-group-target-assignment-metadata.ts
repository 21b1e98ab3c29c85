import { message } from '../schema/message.ts'
import { int32, int53, string } from '../schema/types.ts'

/** Epoch of a consumer group's target assignment (KIP-848). */

export const ConsumerGroupTargetAssignmentMetadataKey = message(
  'ConsumerGroupTargetAssignmentMetadataKey',
  { key: 6, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type ConsumerGroupTargetAssignmentMetadataKey = typeof ConsumerGroupTargetAssignmentMetadataKey.T

export const ConsumerGroupTargetAssignmentMetadataValue = message(
  'ConsumerGroupTargetAssignmentMetadataValue',
  { key: 6, versions: [0, 0], flexible: 0 },
  {
    assignmentEpoch: int32,
    assignmentTimestamp: int53.default(0).tag(0),
  },
)
export type ConsumerGroupTargetAssignmentMetadataValue = typeof ConsumerGroupTargetAssignmentMetadataValue.T
