import type { CoordinatorRuntime } from '../../runtime/runtime.ts'
import type { GroupConfig } from '../config.ts'
import type { GroupShard } from '../group-shard.ts'
import type { TopicDirectory } from '../ports.ts'
import type { GroupRecord } from '../records.ts'

/** What requests are answered with. */
export interface RequestDeps {
  readonly config: GroupConfig
  readonly runtime: CoordinatorRuntime<GroupShard, GroupRecord>
  readonly topics: TopicDirectory
  /** Wall clock in ms. */
  nowMs(): number
  partitionFor(groupId: string): number
}
