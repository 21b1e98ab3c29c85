import { message } from '../schema/message.ts'
import { int16, int32, string } from '../schema/types.ts'

/**
 * Heartbeat: a classic group's member is alive; the answer tells it of rebalances.
 * v1 throttle time; v3 static members (KIP-345); v4 flexible.
 */

export const HeartbeatRequest = message(
  'HeartbeatRequest',
  { key: 12, versions: [0, 4], flexible: 4 },
  {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).nullable().default(null),
  },
)
export type HeartbeatRequest = typeof HeartbeatRequest.T

export const HeartbeatResponse = message(
  'HeartbeatResponse',
  { key: 12, versions: [0, 4], flexible: 4 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
  },
)
export type HeartbeatResponse = typeof HeartbeatResponse.T
