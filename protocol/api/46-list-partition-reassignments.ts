import { message } from '../schema/message.ts'
import { array, int16, int32, string } from '../schema/types.ts'

/** ListPartitionReassignments: reassignments under way (KIP-455). */

export const ListPartitionReassignmentsRequest = message(
  'ListPartitionReassignmentsRequest',
  { key: 46, versions: [0, 0], flexible: 0 },
  {
    timeoutMs: int32.default(60000),
    topics: array({ name: string, partitionIndexes: array(int32) })
      .nullable()
      .default(null),
  },
)
export type ListPartitionReassignmentsRequest = typeof ListPartitionReassignmentsRequest.T

export const ListPartitionReassignmentsResponse = message(
  'ListPartitionReassignmentsResponse',
  { key: 46, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32),
        addingReplicas: array(int32),
        removingReplicas: array(int32),
      }),
    }),
  },
)
export type ListPartitionReassignmentsResponse = typeof ListPartitionReassignmentsResponse.T
