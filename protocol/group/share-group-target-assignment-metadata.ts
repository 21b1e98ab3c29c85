import { message } from '../schema/message.ts'
import { int32, int53, string } from '../schema/types.ts'

/** Epoch of a share group's target assignment (KIP-932). */

export const ShareGroupTargetAssignmentMetadataKey = message(
  'ShareGroupTargetAssignmentMetadataKey',
  { key: 12, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
  },
)
export type ShareGroupTargetAssignmentMetadataKey = typeof ShareGroupTargetAssignmentMetadataKey.T

export const ShareGroupTargetAssignmentMetadataValue = message(
  'ShareGroupTargetAssignmentMetadataValue',
  { key: 12, versions: [0, 0], flexible: 0 },
  {
    assignmentEpoch: int32,
    assignmentTimestamp: int53.default(0).tag(0),
  },
)
export type ShareGroupTargetAssignmentMetadataValue = typeof ShareGroupTargetAssignmentMetadataValue.T
