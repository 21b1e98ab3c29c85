import { message } from '../schema/message.ts'
import { int8, string, uuid } from '../schema/types.ts'

/** A new access control entry (KIP-801). */

export const AccessControlEntryRecord = message(
  'AccessControlEntryRecord',
  { key: 18, versions: [0, 0], flexible: 0 },
  {
    id: uuid,
    resourceType: int8,
    resourceName: string,
    patternType: int8,
    principal: string,
    host: string,
    operation: int8,
    permissionType: int8,
  },
)
export type AccessControlEntryRecord = typeof AccessControlEntryRecord.T
