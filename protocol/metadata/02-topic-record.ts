import { message } from '../schema/message.ts'
import { string, uuid } from '../schema/types.ts'

/** A new topic: name and id (KIP-516). */

export const TopicRecord = message(
  'TopicRecord',
  { key: 2, versions: [0, 0], flexible: 0 },
  {
    name: string,
    topicId: uuid,
  },
)
export type TopicRecord = typeof TopicRecord.T
