import { message } from '../schema/message.ts'
import { array, boolean, bytes, int16, int32, string } from '../schema/types.ts'

/**
 * DescribeGroups: state and members of classic groups.
 * v1 throttle time; v3 authorized operations (KIP-430); v4 instance ids (KIP-345); v5 flexible; v6 error text, and
 * GROUP_ID_NOT_FOUND instead of a dead group (KIP-1043).
 */

export const DescribeGroupsRequest = message(
  'DescribeGroupsRequest',
  { key: 15, versions: [0, 6], flexible: 5 },
  {
    groups: array(string),
    includeAuthorizedOperations: boolean.since(3),
  },
)
export type DescribeGroupsRequest = typeof DescribeGroupsRequest.T

export const DescribeGroupsResponse = message(
  'DescribeGroupsResponse',
  { key: 15, versions: [0, 6], flexible: 5 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    groups: array({
      errorCode: int16,
      errorMessage: string.since(6).nullable().default(null),
      groupId: string,
      groupState: string,
      protocolType: string,
      protocolData: string,
      members: array({
        memberId: string,
        groupInstanceId: string.since(4).nullable().default(null).ignorable(),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      authorizedOperations: int32.since(3).default(-2147483648),
    }),
  },
)
export type DescribeGroupsResponse = typeof DescribeGroupsResponse.T
