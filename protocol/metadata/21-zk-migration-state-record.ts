import { message } from '../schema/message.ts'
import { int8 } from '../schema/types.ts'

/** How far the migration from ZooKeeper has come (KIP-866). */

export const ZkMigrationStateRecord = message(
  'ZkMigrationStateRecord',
  { key: 21, versions: [0, 0], flexible: 0 },
  {
    zkMigrationState: int8,
  },
)
export type ZkMigrationStateRecord = typeof ZkMigrationStateRecord.T
