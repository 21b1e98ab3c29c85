import { message } from '../schema/message.ts'
import { array, boolean, int8, int16, int32, string } from '../schema/types.ts'

/**
 * DescribeCluster: cluster id, brokers and controllers (KIP-700).
 * v1 endpoint type, brokers or controllers (KIP-919); v2 fenced brokers (KIP-1073).
 */

export const DescribeClusterRequest = message(
  'DescribeClusterRequest',
  { key: 60, versions: [0, 2], flexible: 0 },
  {
    includeClusterAuthorizedOperations: boolean,
    endpointType: int8.since(1).default(1),
    includeFencedBrokers: boolean.since(2),
  },
)
export type DescribeClusterRequest = typeof DescribeClusterRequest.T

export const DescribeClusterResponse = message(
  'DescribeClusterResponse',
  { key: 60, versions: [0, 2], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    endpointType: int8.since(1).default(1),
    clusterId: string,
    controllerId: int32.default(-1),
    brokers: array({
      brokerId: int32,
      host: string,
      port: int32,
      rack: string.nullable().default(null),
      isFenced: boolean.since(2),
    }),
    clusterAuthorizedOperations: int32.default(-2147483648),
  },
)
export type DescribeClusterResponse = typeof DescribeClusterResponse.T
