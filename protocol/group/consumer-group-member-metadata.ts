import { message } from '../schema/message.ts'
import { array, bytes, int32, string, struct } from '../schema/types.ts'

/**
 * What a consumer group's member has said about itself (KIP-848). Classic metadata is there while the member speaks
 * the classic protocol.
 */

export const ConsumerGroupMemberMetadataKey = message(
  'ConsumerGroupMemberMetadataKey',
  { key: 5, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type ConsumerGroupMemberMetadataKey = typeof ConsumerGroupMemberMetadataKey.T

export const ConsumerGroupMemberMetadataValue = message(
  'ConsumerGroupMemberMetadataValue',
  { key: 5, versions: [0, 0], flexible: 0 },
  {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: string.nullable(),
    rebalanceTimeoutMs: int32.default(-1),
    serverAssignor: string.nullable(),
    classicMemberMetadata: struct({
      sessionTimeoutMs: int32,
      supportedProtocols: array({ name: string, metadata: bytes }),
    })
      .nullable()
      .default(null)
      .tag(0),
  },
)
export type ConsumerGroupMemberMetadataValue = typeof ConsumerGroupMemberMetadataValue.T
