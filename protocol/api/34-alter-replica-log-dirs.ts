import { message } from '../schema/message.ts'
import { array, int16, int32, string } from '../schema/types.ts'

/**
 * AlterReplicaLogDirs: moves replicas between the log directories of a broker (KIP-113).
 * v2 flexible.
 */

export const AlterReplicaLogDirsRequest = message(
  'AlterReplicaLogDirsRequest',
  { key: 34, versions: [0, 2], flexible: 2 },
  {
    dirs: array({
      path: string,
      topics: array({ name: string, partitions: array(int32) }),
    }),
  },
)
export type AlterReplicaLogDirsRequest = typeof AlterReplicaLogDirsRequest.T

export const AlterReplicaLogDirsResponse = message(
  'AlterReplicaLogDirsResponse',
  { key: 34, versions: [0, 2], flexible: 2 },
  {
    throttleTimeMs: int32,
    results: array({
      topicName: string,
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
)
export type AlterReplicaLogDirsResponse = typeof AlterReplicaLogDirsResponse.T
