import { message } from '../schema/message.ts'
import { array, int16, int32, string, struct, uuid } from '../schema/types.ts'

/**
 * ShareGroupHeartbeat: the one request by which a member joins, stays in and leaves a share group (KIP-932).
 * v0 was early access and is not served.
 */

export const ShareGroupHeartbeatRequest = message(
  'ShareGroupHeartbeatRequest',
  { key: 76, versions: [1, 1], flexible: 0 },
  {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    rackId: string.nullable().default(null),
    subscribedTopicNames: array(string).nullable().default(null),
  },
)
export type ShareGroupHeartbeatRequest = typeof ShareGroupHeartbeatRequest.T

export const ShareGroupHeartbeatResponse = message(
  'ShareGroupHeartbeatResponse',
  { key: 76, versions: [1, 1], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: struct({
      topicPartitions: array({ topicId: uuid, partitions: array(int32) }),
    })
      .nullable()
      .default(null),
  },
)
export type ShareGroupHeartbeatResponse = typeof ShareGroupHeartbeatResponse.T
