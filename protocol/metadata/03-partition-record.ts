import { message } from '../schema/message.ts'
import { array, int8, int32, uuid } from '../schema/types.ts'

/**
 * A partition in full (KIP-631).
 * v1 the directory of each replica (KIP-858); v2 eligible and last known leader replicas (KIP-966).
 */

export const PartitionRecord = message(
  'PartitionRecord',
  { key: 3, versions: [0, 2], flexible: 0 },
  {
    partitionId: int32.default(-1),
    topicId: uuid,
    replicas: array(int32),
    isr: array(int32),
    removingReplicas: array(int32),
    addingReplicas: array(int32),
    leader: int32.default(-1),
    leaderRecoveryState: int8.default(0).tag(0),
    leaderEpoch: int32.default(-1),
    partitionEpoch: int32.default(-1),
    directories: array(uuid).since(1),
    eligibleLeaderReplicas: array(int32).nullable().default(null).tag(1, 2),
    lastKnownElr: array(int32).nullable().default(null).tag(2, 2),
  },
)
export type PartitionRecord = typeof PartitionRecord.T
