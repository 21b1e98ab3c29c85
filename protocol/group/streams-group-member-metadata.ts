import { message } from '../schema/message.ts'
import { array, int32, string, struct, uint16 } from '../schema/types.ts'

/** What a streams group's member has said about itself (KIP-1071). */

export const StreamsGroupMemberMetadataKey = message(
  'StreamsGroupMemberMetadataKey',
  { key: 19, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type StreamsGroupMemberMetadataKey = typeof StreamsGroupMemberMetadataKey.T

export const StreamsGroupMemberMetadataValue = message(
  'StreamsGroupMemberMetadataValue',
  { key: 19, versions: [0, 0], flexible: 0 },
  {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: int32.default(-1),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
    clientTags: array({ key: string, value: string }),
  },
)
export type StreamsGroupMemberMetadataValue = typeof StreamsGroupMemberMetadataValue.T
