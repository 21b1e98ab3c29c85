import { message } from '../schema/message.ts'
import { array, bytes, int32, int53, string } from '../schema/types.ts'

/**
 * A classic group and its members. v1 rebalance timeout, v2 time of the last change of state, v3 static members
 * (KIP-345), v4 flexible.
 */

export const GroupMetadataKey = message(
  'GroupMetadataKey',
  { key: 2, versions: [0, 0], flexible: 'never' },
  {
    group: string,
  },
)
export type GroupMetadataKey = typeof GroupMetadataKey.T

export const GroupMetadataValue = message(
  'GroupMetadataValue',
  { key: 2, versions: [0, 4], flexible: 4 },
  {
    protocolType: string,
    generation: int32,
    protocol: string.nullable(),
    leader: string.nullable(),
    currentStateTimestamp: int53.since(2).default(-1).ignorable(),
    members: array({
      memberId: string,
      groupInstanceId: string.since(3).nullable().default(null).ignorable(),
      clientId: string,
      clientHost: string,
      rebalanceTimeout: int32.since(1).default(-1).ignorable(),
      sessionTimeout: int32,
      subscription: bytes,
      assignment: bytes,
    }),
  },
)
export type GroupMetadataValue = typeof GroupMetadataValue.T
