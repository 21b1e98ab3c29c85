import { message } from '../schema/message.ts'
import { array, int16, int32, string, struct, uuid } from '../schema/types.ts'

/**
 * ConsumerGroupHeartbeat: the one request of a member of the consumer protocol: joins, reports, leaves, and gets its
 * assignment (KIP-848).
 * v1 subscription by regular expression, and member ids made by the client (KIP-848, KIP-1082).
 */

export const ConsumerGroupHeartbeatRequest = message(
  'ConsumerGroupHeartbeatRequest',
  { key: 68, versions: [0, 1], flexible: 0 },
  {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: int32.default(-1),
    subscribedTopicNames: array(string).nullable().default(null),
    subscribedTopicRegex: string.since(1).nullable().default(null),
    serverAssignor: string.nullable().default(null),
    topicPartitions: array({ topicId: uuid, partitions: array(int32) })
      .nullable()
      .default(null),
  },
)
export type ConsumerGroupHeartbeatRequest = typeof ConsumerGroupHeartbeatRequest.T

export const ConsumerGroupHeartbeatResponse = message(
  'ConsumerGroupHeartbeatResponse',
  { key: 68, versions: [0, 1], flexible: 0 },
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
export type ConsumerGroupHeartbeatResponse = typeof ConsumerGroupHeartbeatResponse.T
