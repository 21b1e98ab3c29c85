import { gauge, type Metric } from '../../base/metrics.ts'
import type { Rooms } from '../rooms.ts'
import { controllerMetrics } from './controller.ts'
import { groupMetrics } from './groups.ts'
import { partitionMetrics } from './partitions.ts'
import { quorumMetrics } from './quorum.ts'
import { replicationMetrics } from './replication.ts'
import { connectionMetrics, diskMetrics } from './saturation.ts'
import { trafficMetrics } from './traffic.ts'

export interface NodeMetricsOptions {
  readonly nodeId: number
  readonly isBroker: boolean
  readonly isController: boolean
  /** Some series for every replica too. */
  readonly partitions: boolean
  nowMs(): number
}

/** Everything that a node has to say about itself. */
export function nodeMetrics(rooms: Rooms, options: NodeMetricsOptions): Metric[] {
  const { quorum, loader, role, replicas, groups, logs, server, measurements } = rooms
  const nowMs = options.nowMs()
  const { image } = loader
  const metrics = [...quorumMetrics(quorum, measurements, nowMs), ...diskMetrics(logs, nowMs)]
  if (options.isController) {
    metrics.push(
      ...controllerMetrics({
        isActive: role.isActive,
        claims: role.claims,
        counters: measurements.controller,
        image,
        committedOffset: quorum.highWatermark - 1,
      }),
    )
  }
  if (!options.isBroker) return metrics
  const live = [...image.cluster.brokers.values()].filter(({ fenced }) => !fenced).length
  return [
    ...metrics,
    gauge('kafka_brokers', 'Brokers of the cluster that are live.', live),
    ...replicationMetrics(replicas),
    ...trafficMetrics(replicas.clientTraffic),
    ...groupMetrics(groups),
    ...measurements.requests.metrics(),
    ...measurements.loop.metrics(),
    ...connectionMetrics(server),
    ...(options.partitions ? partitionMetrics(options.nodeId, replicas) : []),
  ]
}
