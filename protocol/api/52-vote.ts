import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int53, string, uint16, uuid } from '../schema/types.ts'

/**
 * Vote: a candidate asks for a vote in the quorum (KIP-595).
 * v1 directory ids, and the voter that is addressed (KIP-853); v2 PreVote (KIP-996).
 */

export const VoteRequest = message(
  'VoteRequest',
  { key: 52, versions: [0, 2], flexible: 0 },
  {
    clusterId: string.nullable().default(null),
    voterId: int32.since(1).default(-1).ignorable(),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        replicaEpoch: int32,
        replicaId: int32,
        replicaDirectoryId: uuid.since(1).ignorable(),
        voterDirectoryId: uuid.since(1).ignorable(),
        lastOffsetEpoch: int32,
        lastOffset: int53,
        preVote: boolean.since(2),
      }),
    }),
  },
)
export type VoteRequest = typeof VoteRequest.T

export const VoteResponse = message(
  'VoteResponse',
  { key: 52, versions: [0, 2], flexible: 0 },
  {
    errorCode: int16,
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        leaderId: int32,
        leaderEpoch: int32,
        voteGranted: boolean,
      }),
    }),
    nodeEndpoints: array({ nodeId: int32, host: string, port: uint16 }).tag(0, 1),
  },
)
export type VoteResponse = typeof VoteResponse.T
