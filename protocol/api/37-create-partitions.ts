import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string } from '../schema/types.ts'

/**
 * CreatePartitions: adds partitions to topics (KIP-195).
 * v2 flexible; v3 THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */

export const CreatePartitionsRequest = message(
  'CreatePartitionsRequest',
  { key: 37, versions: [0, 3], flexible: 2 },
  {
    topics: array({
      name: string,
      count: int32,
      assignments: array({ brokerIds: array(int32) }).nullable(),
    }),
    timeoutMs: int32,
    validateOnly: boolean,
  },
)
export type CreatePartitionsRequest = typeof CreatePartitionsRequest.T

export const CreatePartitionsResponse = message(
  'CreatePartitionsResponse',
  { key: 37, versions: [0, 3], flexible: 2 },
  {
    throttleTimeMs: int32,
    results: array({
      name: string,
      errorCode: int16,
      errorMessage: string.nullable().default(null),
    }),
  },
)
export type CreatePartitionsResponse = typeof CreatePartitionsResponse.T
