import { message } from '../schema/message.ts'
import { array, int16, int32, int64, uuid } from '../schema/types.ts'

/** AssignReplicasToDirs: a broker tells the controller which log directory holds which replica (KIP-858). */

export const AssignReplicasToDirsRequest = message(
  'AssignReplicasToDirsRequest',
  { key: 73, versions: [0, 0], flexible: 0 },
  {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
    directories: array({
      id: uuid,
      topics: array({
        topicId: uuid,
        partitions: array({ partitionIndex: int32 }),
      }),
    }),
  },
)
export type AssignReplicasToDirsRequest = typeof AssignReplicasToDirsRequest.T

export const AssignReplicasToDirsResponse = message(
  'AssignReplicasToDirsResponse',
  { key: 73, versions: [0, 0], flexible: 0 },
  {
    throttleTimeMs: int32,
    errorCode: int16,
    directories: array({
      id: uuid,
      topics: array({
        topicId: uuid,
        partitions: array({ partitionIndex: int32, errorCode: int16 }),
      }),
    }),
  },
)
export type AssignReplicasToDirsResponse = typeof AssignReplicasToDirsResponse.T
