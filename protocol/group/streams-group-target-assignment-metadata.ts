import { message } from '../schema/message.ts'
import { int32, int53, string } from '../schema/types.ts'

/** Epoch of a streams group's target assignment (KIP-1071). */

export const StreamsGroupTargetAssignmentMetadataKey = message(
  'StreamsGroupTargetAssignmentMetadataKey',
  { key: 20, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type StreamsGroupTargetAssignmentMetadataKey = typeof StreamsGroupTargetAssignmentMetadataKey.T

export const StreamsGroupTargetAssignmentMetadataValue = message(
  'StreamsGroupTargetAssignmentMetadataValue',
  { key: 20, versions: [0, 0], flexible: 0 },
  {
    assignmentEpoch: int32,
    assignmentTimestamp: int53.default(0).tag(0),
  },
)
export type StreamsGroupTargetAssignmentMetadataValue = typeof StreamsGroupTargetAssignmentMetadataValue.T
