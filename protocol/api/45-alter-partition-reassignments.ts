import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, string } from '../schema/types.ts'

/**
 * AlterPartitionReassignments: gives partitions other replicas, or with null calls that off (KIP-455).
 * v1 may forbid a change of the replication factor (KIP-860).
 */

export const AlterPartitionReassignmentsRequest = message(
  'AlterPartitionReassignmentsRequest',
  { key: 45, versions: [0, 1], flexible: 0 },
  {
    timeoutMs: int32.default(60000),
    allowReplicationFactorChange: boolean.since(1).default(true),
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32, replicas: array(int32).nullable().default(null) }),
    }),
  },
)
export type AlterPartitionReassignmentsRequest = typeof AlterPartitionReassignmentsRequest.T

export const AlterPartitionReassignmentsResponse = message(
  'AlterPartitionReassignmentsResponse',
  { key: 45, versions: [0, 1], flexible: 0 },
  {
    throttleTimeMs: int32,
    allowReplicationFactorChange: boolean.since(1).default(true).ignorable(),
    errorCode: int16,
    errorMessage: string.nullable(),
    responses: array({
      name: string,
      partitions: array({ partitionIndex: int32, errorCode: int16, errorMessage: string.nullable() }),
    }),
  },
)
export type AlterPartitionReassignmentsResponse = typeof AlterPartitionReassignmentsResponse.T
