import { message } from '../schema/message.ts'
import { array, boolean, float64, string } from '../schema/types.ts'

/** One quota of an entity; a null entity name is the default entity (KIP-546). */

export const ClientQuotaRecord = message(
  'ClientQuotaRecord',
  { key: 14, versions: [0, 0], flexible: 0 },
  {
    entity: array({ entityType: string, entityName: string.nullable() }),
    key: string,
    value: float64,
    remove: boolean,
  },
)
export type ClientQuotaRecord = typeof ClientQuotaRecord.T
