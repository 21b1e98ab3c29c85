import { gauge, type Metric, type Sample } from '../../base/metrics.ts'
import type { Partition } from '../../replica/partition.ts'
import type { ReplicaManager } from '../../replica/replica-manager.ts'
import { isUnderReplicated } from '../../replica/replica-metrics.ts'

/** A few numbers for every replica here (facts E4, E16, E21): many series, so they have to be asked for. */
export function partitionMetrics(brokerId: number, replicas: ReplicaManager): Metric[] {
  const here = [...replicas.partitions()].filter(({ state }) => state !== 'offline' && state !== 'deleted')
  const led = here.filter(({ isLeader }) => isLeader)
  const of = (partitions: readonly Partition[], value: (partition: Partition) => number): Sample[] =>
    partitions.map((partition) => ({ value: value(partition), labels: labelsOf(partition) }))
  const flag = (holds: boolean) => (holds ? 1 : 0)
  const lags = [...(replicas.fetchers?.lags() ?? [])].map(({ partition, lag }) => ({
    value: lag,
    labels: { clientId: `broker-${brokerId}-fetcher`, ...labelsOf(partition) },
  }))
  return [
    gauge(
      'kafka_log_log_size',
      'Bytes of the log here.',
      of(here, ({ log }) => log.sizeBytes),
    ),
    gauge(
      'kafka_log_log_logstartoffset',
      'Its first offset.',
      of(here, ({ log }) => log.logStartOffset),
    ),
    gauge(
      'kafka_log_log_logendoffset',
      'Its next offset.',
      of(here, ({ log }) => log.logEndOffset),
    ),
    gauge('kafka_server_fetcherlagmetrics_consumerlag', 'Records that a follower here lacks.', lags),
    gauge(
      'kafka_cluster_partition_underreplicated',
      '1: not all are in sync.',
      of(led, (one) => flag(isUnderReplicated(one))),
    ),
    gauge(
      'kafka_cluster_partition_insyncreplicascount',
      'Replicas in sync.',
      of(led, ({ isr }) => isr.length),
    ),
    gauge(
      'kafka_cluster_partition_replicascount',
      'Replicas.',
      of(led, (one) => one.replicas.length),
    ),
    gauge(
      'kafka_cluster_partition_underminisr',
      '1: too few are in sync.',
      of(led, ({ isr, effectiveMinIsr }) => flag(isr.length < effectiveMinIsr)),
    ),
    gauge(
      'kafka_cluster_partition_atminisr',
      '1: just enough are in sync.',
      of(led, ({ isr, effectiveMinIsr }) => flag(isr.length === effectiveMinIsr)),
    ),
  ]
}

const labelsOf = ({ topic, index }: Partition) => ({ topic, partition: String(index) })
