import { message } from '../schema/message.ts'
import { uuid } from '../schema/types.ts'

/** An access control entry is gone (KIP-801). */

export const RemoveAccessControlEntryRecord = message(
  'RemoveAccessControlEntryRecord',
  { key: 19, versions: [0, 0], flexible: 0 },
  {
    id: uuid,
  },
)
export type RemoveAccessControlEntryRecord = typeof RemoveAccessControlEntryRecord.T
