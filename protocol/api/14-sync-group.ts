import { message } from '../schema/message.ts'
import { array, bytes, int16, int32, string } from '../schema/types.ts'

/**
 * SyncGroup: the leader hands in the assignment of a classic group's generation, every member gets its own.
 * v1 throttle time; v3 static members (KIP-345); v4 flexible; v5 protocol type and name (KIP-559).
 */

export const SyncGroupRequest = message(
  'SyncGroupRequest',
  { key: 14, versions: [0, 5], flexible: 4 },
  {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).nullable().default(null),
    protocolType: string.since(5).nullable().default(null).ignorable(),
    protocolName: string.since(5).nullable().default(null).ignorable(),
    assignments: array({ memberId: string, assignment: bytes }),
  },
)
export type SyncGroupRequest = typeof SyncGroupRequest.T

export const SyncGroupResponse = message(
  'SyncGroupResponse',
  { key: 14, versions: [0, 5], flexible: 4 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    protocolType: string.since(5).nullable().default(null).ignorable(),
    protocolName: string.since(5).nullable().default(null).ignorable(),
    assignment: bytes,
  },
)
export type SyncGroupResponse = typeof SyncGroupResponse.T
