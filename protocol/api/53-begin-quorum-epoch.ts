import { message } from '../schema/message.ts'
import { array, int16, int32, string, uint16, uuid } from '../schema/types.ts'

/**
 * BeginQuorumEpoch: a new leader makes itself known to the voters (KIP-595).
 * v1 flexible, directory ids and endpoints (KIP-853).
 */

export const BeginQuorumEpochRequest = message(
  'BeginQuorumEpochRequest',
  { key: 53, versions: [0, 1], flexible: 1 },
  {
    clusterId: string.nullable().default(null),
    voterId: int32.since(1).default(-1).ignorable(),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        voterDirectoryId: uuid.since(1).ignorable(),
        leaderId: int32,
        leaderEpoch: int32,
      }),
    }),
    leaderEndpoints: array({ name: string, host: string, port: uint16 }).since(1).ignorable(),
  },
)
export type BeginQuorumEpochRequest = typeof BeginQuorumEpochRequest.T

export const BeginQuorumEpochResponse = message(
  'BeginQuorumEpochResponse',
  { key: 53, versions: [0, 1], flexible: 1 },
  {
    errorCode: int16,
    topics: array({
      topicName: string,
      partitions: array({ partitionIndex: int32, errorCode: int16, leaderId: int32, leaderEpoch: int32 }),
    }),
    nodeEndpoints: array({ nodeId: int32, host: string, port: uint16 }).tag(0, 1),
  },
)
export type BeginQuorumEpochResponse = typeof BeginQuorumEpochResponse.T
