import { message } from '../schema/message.ts'
import { array, int8, int16, int32, int64, string, uuid } from '../schema/types.ts'

/**
 * AlterPartition: a leader asks the controller to change the in-sync replicas (KIP-497).
 * v1 leader recovery state (KIP-704); v2 topic ids in place of names; v3 broker epochs of the replicas (KIP-903).
 */

export const AlterPartitionRequest = message(
  'AlterPartitionRequest',
  { key: 56, versions: [0, 3], flexible: 0 },
  {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
    topics: array({
      topicName: string.until(1).ignorable(),
      topicId: uuid.since(2).ignorable(),
      partitions: array({
        partitionIndex: int32,
        leaderEpoch: int32,
        newIsr: array(int32).until(2),
        newIsrWithEpochs: array({ brokerId: int32, brokerEpoch: int64.default(-1n) }).since(3),
        leaderRecoveryState: int8.since(1).default(0),
        partitionEpoch: int32,
      }),
    }),
  },
)
export type AlterPartitionRequest = typeof AlterPartitionRequest.T

export const AlterPartitionResponse = message(
  'AlterPartitionResponse',
  { key: 56, versions: [0, 3], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    topics: array({
      topicName: string.until(1).ignorable(),
      topicId: uuid.since(2).ignorable(),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        leaderId: int32,
        leaderEpoch: int32,
        isr: array(int32),
        leaderRecoveryState: int8.since(1).default(0).ignorable(),
        partitionEpoch: int32,
      }),
    }),
  },
)
export type AlterPartitionResponse = typeof AlterPartitionResponse.T
