import { message } from '../schema/message.ts'
import { array, int16, int32, string } from '../schema/types.ts'

/**
 * LeaveGroup: members leave a classic group.
 * v1 throttle time; v3 several members at once, by member id or instance id (KIP-345); v4 flexible; v5 the reason
 * (KIP-800).
 */

export const LeaveGroupRequest = message(
  'LeaveGroupRequest',
  { key: 13, versions: [0, 5], flexible: 4 },
  {
    groupId: string,
    memberId: string.until(2),
    members: array({
      memberId: string,
      groupInstanceId: string.nullable().default(null),
      reason: string.since(5).nullable().default(null).ignorable(),
    }).since(3),
  },
)
export type LeaveGroupRequest = typeof LeaveGroupRequest.T

export const LeaveGroupResponse = message(
  'LeaveGroupResponse',
  { key: 13, versions: [0, 5], flexible: 4 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    members: array({ memberId: string, groupInstanceId: string.nullable(), errorCode: int16 }).since(3),
  },
)
export type LeaveGroupResponse = typeof LeaveGroupResponse.T
