import { message } from '../schema/message.ts'
import { array, int8, int16, int32, string } from '../schema/types.ts'

/**
 * ElectLeaders: elects leaders of partitions now (KIP-183).
 * v0 preferred leaders only; v1 election types, unclean too (KIP-460); v2 flexible.
 */

export const ElectLeadersRequest = message(
  'ElectLeadersRequest',
  { key: 43, versions: [0, 2], flexible: 2 },
  {
    electionType: int8.since(1),
    topicPartitions: array({ topic: string, partitions: array(int32) }).nullable(),
    timeoutMs: int32.default(60000),
  },
)
export type ElectLeadersRequest = typeof ElectLeadersRequest.T

export const ElectLeadersResponse = message(
  'ElectLeadersResponse',
  { key: 43, versions: [0, 2], flexible: 2 },
  {
    throttleTimeMs: int32,
    errorCode: int16.since(1),
    replicaElectionResults: array({
      topic: string,
      partitionResult: array({ partitionId: int32, errorCode: int16, errorMessage: string.nullable() }),
    }),
  },
)
export type ElectLeadersResponse = typeof ElectLeadersResponse.T
