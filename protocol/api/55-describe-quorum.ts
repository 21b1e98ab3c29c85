import { message } from '../schema/message.ts'
import { array, int16, int32, int53, string, uint16, uuid } from '../schema/types.ts'

/**
 * DescribeQuorum: leader, voters and observers of the quorum (KIP-595).
 * v1 times of last fetch and last caught-up (KIP-836); v2 directory ids, nodes, error texts (KIP-853).
 */

const ReplicaState = {
  replicaId: int32,
  replicaDirectoryId: uuid.since(2),
  logEndOffset: int53,
  lastFetchTimestamp: int53.since(1).default(-1).ignorable(),
  lastCaughtUpTimestamp: int53.since(1).default(-1).ignorable(),
}

export const DescribeQuorumRequest = message(
  'DescribeQuorumRequest',
  { key: 55, versions: [0, 2], flexible: 0 },
  {
    topics: array({
      topicName: string,
      partitions: array({ partitionIndex: int32 }),
    }),
  },
)
export type DescribeQuorumRequest = typeof DescribeQuorumRequest.T

export const DescribeQuorumResponse = message(
  'DescribeQuorumResponse',
  { key: 55, versions: [0, 2], flexible: 0 },
  {
    errorCode: int16,
    errorMessage: string.since(2).nullable().ignorable(),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.since(2).nullable().ignorable(),
        leaderId: int32,
        leaderEpoch: int32,
        highWatermark: int53,
        currentVoters: array(ReplicaState),
        observers: array(ReplicaState),
      }),
    }),
    nodes: array({
      nodeId: int32,
      listeners: array({ name: string, host: string, port: uint16 }),
    }).since(2),
  },
)
export type DescribeQuorumResponse = typeof DescribeQuorumResponse.T
