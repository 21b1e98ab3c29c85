import { message } from '../schema/message.ts'
import { array, boolean, bytes, int16, int32, string } from '../schema/types.ts'

/**
 * JoinGroup: enters a classic group, or takes part in its next generation.
 * v1 rebalance timeout of its own (KIP-62); v2 throttle time; v4 the member id comes first, in an answer of its own
 * (KIP-394); v5 static members (KIP-345); v6 flexible; v7 protocol type in the answer (KIP-559); v8 the reason for
 * joining (KIP-800); v9 the leader may skip assigning (KIP-814).
 */

export const JoinGroupRequest = message(
  'JoinGroupRequest',
  { key: 11, versions: [0, 9], flexible: 6 },
  {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32.since(1).default(-1).ignorable(),
    memberId: string,
    groupInstanceId: string.since(5).nullable().default(null),
    protocolType: string,
    protocols: array({ name: string, metadata: bytes }),
    reason: string.since(8).nullable().default(null).ignorable(),
  },
)
export type JoinGroupRequest = typeof JoinGroupRequest.T

export const JoinGroupResponse = message(
  'JoinGroupResponse',
  { key: 11, versions: [0, 9], flexible: 6 },
  {
    throttleTimeMs: int32.since(2).ignorable(),
    errorCode: int16,
    generationId: int32.default(-1),
    protocolType: string.since(7).nullable().default(null).ignorable(),
    protocolName: string.nullableSince(7),
    leader: string,
    skipAssignment: boolean.since(9).default(false),
    memberId: string,
    members: array({
      memberId: string,
      groupInstanceId: string.since(5).nullable().default(null).ignorable(),
      metadata: bytes,
    }),
  },
)
export type JoinGroupResponse = typeof JoinGroupResponse.T
