import { message } from '../schema/message.ts'
import { int8, string } from '../schema/types.ts'

/** One dynamic configuration value; null removes it. */

export const ConfigRecord = message(
  'ConfigRecord',
  { key: 4, versions: [0, 0], flexible: 0 },
  {
    resourceType: int8,
    resourceName: string,
    name: string,
    value: string.nullable(),
  },
)
export type ConfigRecord = typeof ConfigRecord.T
