import { message } from '../schema/message.ts'
import { array, int16, int32, string } from '../schema/types.ts'

/**
 * ListGroups: the groups that a broker coordinates.
 * v1 throttle time; v3 flexible; v4 states, as filter and in the answer (KIP-518); v5 group types likewise (KIP-848).
 */

export const ListGroupsRequest = message(
  'ListGroupsRequest',
  { key: 16, versions: [0, 5], flexible: 3 },
  {
    statesFilter: array(string).since(4),
    typesFilter: array(string).since(5),
  },
)
export type ListGroupsRequest = typeof ListGroupsRequest.T

export const ListGroupsResponse = message(
  'ListGroupsResponse',
  { key: 16, versions: [0, 5], flexible: 3 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    groups: array({
      groupId: string,
      protocolType: string,
      groupState: string.since(4).ignorable(),
      groupType: string.since(5).ignorable(),
    }),
  },
)
export type ListGroupsResponse = typeof ListGroupsResponse.T
