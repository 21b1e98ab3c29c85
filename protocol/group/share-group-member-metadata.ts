import { message } from '../schema/message.ts'
import { array, string } from '../schema/types.ts'

/** What a share group's member has said about itself (KIP-932). */

export const ShareGroupMemberMetadataKey = message(
  'ShareGroupMemberMetadataKey',
  { key: 10, versions: [0, 0], flexible: 'never' },
  {
    groupId: string,
    memberId: string,
  },
)
export type ShareGroupMemberMetadataKey = typeof ShareGroupMemberMetadataKey.T

export const ShareGroupMemberMetadataValue = message(
  'ShareGroupMemberMetadataValue',
  { key: 10, versions: [0, 0], flexible: 0 },
  {
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  },
)
export type ShareGroupMemberMetadataValue = typeof ShareGroupMemberMetadataValue.T
