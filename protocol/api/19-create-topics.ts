import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string, uuid } from '../schema/types.ts'

/**
 * CreateTopics: new topics, by partition count or by assignment of replicas.
 * v1 a dry run and error texts; v2 throttle time; v4 -1 for the broker's default counts (KIP-464); v5 flexible,
 * configs in the answer (KIP-525); v6 THROTTLING_QUOTA_EXCEEDED (KIP-599); v7 topic ids (KIP-516).
 */

export const CreateTopicsRequest = message(
  'CreateTopicsRequest',
  { key: 19, versions: [0, 7], flexible: 5 },
  {
    topics: array({
      name: string,
      numPartitions: int32,
      replicationFactor: int16,
      assignments: array({ partitionIndex: int32, brokerIds: array(int32) }),
      configs: array({ name: string, value: string.nullable() }),
    }),
    timeoutMs: int32.default(60000),
    validateOnly: boolean.since(1).default(false),
  },
)
export type CreateTopicsRequest = typeof CreateTopicsRequest.T

export const CreateTopicsResponse = message(
  'CreateTopicsResponse',
  { key: 19, versions: [0, 7], flexible: 5 },
  {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array({
      name: string,
      topicId: uuid.since(7).ignorable(),
      errorCode: int16,
      errorMessage: string.since(1).nullable().ignorable(),
      topicConfigErrorCode: int16.tag(0, 5).ignorable(),
      numPartitions: int32.since(5).default(-1).ignorable(),
      replicationFactor: int16.since(5).default(-1).ignorable(),
      configs: array({
        name: string,
        value: string.nullable(),
        readOnly: boolean,
        configSource: int8.default(-1),
        isSensitive: boolean,
      })
        .since(5)
        .nullable()
        .ignorable(),
    }),
  },
)
export type CreateTopicsResponse = typeof CreateTopicsResponse.T
