import { message } from '../schema/message.ts'
import { string } from '../schema/types.ts'

/** The eligible and last known leader replicas of a topic's partitions are forgotten, or of all topics (KIP-966). */

export const ClearElrRecord = message(
  'ClearElrRecord',
  { key: 28, versions: [0, 0], flexible: 0 },
  {
    topicName: string,
  },
)
export type ClearElrRecord = typeof ClearElrRecord.T
