import { message } from '../schema/message.ts'
import { array, bytes, int32, string } from '../schema/types.ts'

/**
 * What a classic group's leader assigns to a consumer: the assignment of SyncGroup. An int16 version precedes it; the
 * later versions have the same layout.
 */

export const ConsumerProtocolAssignment = message(
  'ConsumerProtocolAssignment',
  { versions: [0, 3], flexible: 'never' },
  {
    assignedPartitions: array({ topic: string, partitions: array(int32) }),
    userData: bytes.nullable().default(null),
  },
)
export type ConsumerProtocolAssignment = typeof ConsumerProtocolAssignment.T
