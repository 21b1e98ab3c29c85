import { message } from '../schema/message.ts'
import { array, int16, int32, string, uint16, uuid } from '../schema/types.ts'

/**
 * EndQuorumEpoch: a leader steps down and names its preferred successors (KIP-595).
 * v1 flexible, directory ids and endpoints (KIP-853).
 */

export const EndQuorumEpochRequest = message(
  'EndQuorumEpochRequest',
  { key: 54, versions: [0, 1], flexible: 1 },
  {
    clusterId: string.nullable().default(null),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: int32,
        preferredSuccessors: array(int32).until(0).ignorable(),
        preferredCandidates: array({ candidateId: int32, candidateDirectoryId: uuid }).since(1).ignorable(),
      }),
    }),
    leaderEndpoints: array({ name: string, host: string, port: uint16 }).since(1).ignorable(),
  },
)
export type EndQuorumEpochRequest = typeof EndQuorumEpochRequest.T

export const EndQuorumEpochResponse = message(
  'EndQuorumEpochResponse',
  { key: 54, versions: [0, 1], flexible: 1 },
  {
    errorCode: int16,
    topics: array({
      topicName: string,
      partitions: array({ partitionIndex: int32, errorCode: int16, leaderId: int32, leaderEpoch: int32 }),
    }),
    nodeEndpoints: array({ nodeId: int32, host: string, port: uint16 }).tag(0, 1),
  },
)
export type EndQuorumEpochResponse = typeof EndQuorumEpochResponse.T
