import { message } from '../schema/message.ts'
import { uuid } from '../schema/types.ts'

/** A topic is gone, with all its partitions. */

export const RemoveTopicRecord = message(
  'RemoveTopicRecord',
  { key: 9, versions: [0, 0], flexible: 0 },
  {
    topicId: uuid,
  },
)
export type RemoveTopicRecord = typeof RemoveTopicRecord.T
