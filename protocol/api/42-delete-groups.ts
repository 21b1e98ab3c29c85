import { message } from '../schema/message.ts'
import { array, int16, int32, string } from '../schema/types.ts'

/**
 * DeleteGroups: removes empty groups with their offsets (KIP-229).
 * v2 flexible.
 */

export const DeleteGroupsRequest = message(
  'DeleteGroupsRequest',
  { key: 42, versions: [0, 2], flexible: 2 },
  {
    groupsNames: array(string),
  },
)
export type DeleteGroupsRequest = typeof DeleteGroupsRequest.T

export const DeleteGroupsResponse = message(
  'DeleteGroupsResponse',
  { key: 42, versions: [0, 2], flexible: 2 },
  {
    throttleTimeMs: int32,
    results: array({ groupId: string, errorCode: int16 }),
  },
)
export type DeleteGroupsResponse = typeof DeleteGroupsResponse.T
