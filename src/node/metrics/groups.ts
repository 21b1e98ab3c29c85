import { gauge, type Metric } from '../../base/metrics.ts'
import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.ts'

const MANAGER = 'kafka_coordinator_group_groupmetadatamanager'

/** What the group coordinator here keeps. */
export function groupMetrics(coordinator: GroupCoordinator): Metric[] {
  const { groups, offsets } = coordinator.counts()
  return [
    gauge(`${MANAGER}_numgroups`, 'Groups that are coordinated here.', groups),
    gauge(`${MANAGER}_numoffsets`, 'Offsets that they have committed.', offsets),
  ]
}
