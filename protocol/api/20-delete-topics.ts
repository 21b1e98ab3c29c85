import { message } from '../schema/message.ts'
import { array, int16, int32, string, uuid } from '../schema/types.ts'

/**
 * DeleteTopics: removes topics.
 * v1 throttle time; v3 TOPIC_DELETION_DISABLED; v4 flexible; v5 error texts and THROTTLING_QUOTA_EXCEEDED (KIP-599);
 * v6 by topic id (KIP-516).
 */

export const DeleteTopicsRequest = message(
  'DeleteTopicsRequest',
  { key: 20, versions: [0, 6], flexible: 4 },
  {
    topics: array({ name: string.nullable().default(null), topicId: uuid }).since(6),
    topicNames: array(string).until(5).ignorable(),
    timeoutMs: int32,
  },
)
export type DeleteTopicsRequest = typeof DeleteTopicsRequest.T

export const DeleteTopicsResponse = message(
  'DeleteTopicsResponse',
  { key: 20, versions: [0, 6], flexible: 4 },
  {
    throttleTimeMs: int32.since(1).ignorable(),
    responses: array({
      name: string.nullableSince(6),
      topicId: uuid.since(6).ignorable(),
      errorCode: int16,
      errorMessage: string.since(5).nullable().default(null).ignorable(),
    }),
  },
)
export type DeleteTopicsResponse = typeof DeleteTopicsResponse.T
