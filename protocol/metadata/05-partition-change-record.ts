import { message } from '../schema/message.ts'
import { array, int8, int32, uuid } from '../schema/types.ts'

/**
 * What changes in a partition; a field that is not sent stays as it is (KIP-631).
 * v1 the directory of each replica (KIP-858); v2 eligible and last known leader replicas (KIP-966). Leader -2 means no
 * change, -1 no leader.
 */

export const PartitionChangeRecord = message(
  'PartitionChangeRecord',
  { key: 5, versions: [0, 2], flexible: 0 },
  {
    partitionId: int32.default(-1),
    topicId: uuid,
    isr: array(int32).nullable().default(null).tag(0),
    leader: int32.default(-2).tag(1),
    replicas: array(int32).nullable().default(null).tag(2),
    removingReplicas: array(int32).nullable().default(null).tag(3),
    addingReplicas: array(int32).nullable().default(null).tag(4),
    leaderRecoveryState: int8.default(-1).tag(5),
    directories: array(uuid).nullable().default(null).tag(8, 1),
    eligibleLeaderReplicas: array(int32).nullable().default(null).tag(6, 2),
    lastKnownElr: array(int32).nullable().default(null).tag(7, 2),
  },
)
export type PartitionChangeRecord = typeof PartitionChangeRecord.T
