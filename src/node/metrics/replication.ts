import { counter, gauge, type Metric } from '../../base/metrics.ts'
import type { ReplicaManager } from '../../replica/replica-manager.ts'

const MANAGER = 'kafka_server_replicamanager'
const FETCHERS = 'kafka_server_replicafetchermanager'
const TRAFFIC = 'kafka_server_brokertopicmetrics'
const PURGATORY = 'kafka_server_delayedoperationpurgatory'

/** The replicas of this broker and how they keep up (facts E1 to E3, E15, E17, E19, E24). */
export function replicationMetrics(replicas: ReplicaManager): Metric[] {
  const { isr, fetchers, traffic } = replicas
  const { leaderQuota, followerQuota } = traffic
  return [
    ...countMetrics(replicas),
    counter(`${MANAGER}_isrshrinks_total`, 'In-sync sets that a leader here has shrunk.', isr?.shrinks ?? 0),
    counter(`${MANAGER}_isrexpands_total`, 'In-sync sets that a leader here has expanded.', isr?.expands ?? 0),
    counter(`${MANAGER}_failedisrupdates_total`, 'Changes of in-sync sets that were refused.', isr?.failures ?? 0),
    gauge(`${FETCHERS}_maxlag`, 'Records that the follower here lacks that is furthest behind.', [
      replica(fetchers?.maxLag ?? 0),
    ]),
    gauge(`${FETCHERS}_failedpartitionscount`, 'Followers that failed and do not fetch.', [
      replica(fetchers?.failedPartitions ?? 0),
    ]),
    counter(`${TRAFFIC}_replicationbytesin_total`, 'Record bytes got from leaders.', traffic.bytesIn),
    counter(`${TRAFFIC}_replicationbytesout_total`, 'Record bytes given to followers.', traffic.bytesOut),
    counter(`${TRAFFIC}_reassignmentbytesin_total`, 'Of these, for reassignments.', traffic.reassignmentBytesIn),
    counter(`${TRAFFIC}_reassignmentbytesout_total`, 'Of these, for reassignments.', traffic.reassignmentBytesOut),
    gauge('kafka_server_leaderreplication_byte_rate', 'Throttled bytes a second to followers.', leaderQuota.byteRate),
    gauge(
      'kafka_server_followerreplication_byte_rate',
      'Throttled bytes a second from leaders.',
      followerQuota.byteRate,
    ),
    ...purgatoryMetrics(replicas),
  ]
}

const replica = (value: number) => ({ value, labels: { clientId: 'Replica' } })

function countMetrics(replicas: ReplicaManager): Metric[] {
  const counts = replicas.counts()
  const under = 'Partitions led here with'
  return [
    gauge(`${MANAGER}_leadercount`, 'Partitions led here.', counts.leaderCount),
    gauge(`${MANAGER}_partitioncount`, 'Replicas here.', counts.partitionCount),
    gauge(`${MANAGER}_offlinereplicacount`, 'Replicas here without a log.', counts.offlineReplicaCount),
    gauge(`${MANAGER}_underreplicatedpartitions`, `${under} replicas out of sync.`, counts.underReplicatedPartitions),
    gauge(`${MANAGER}_underminisrpartitioncount`, `${under} too few in sync.`, counts.underMinIsrPartitionCount),
    gauge(`${MANAGER}_atminisrpartitioncount`, `${under} just enough in sync.`, counts.atMinIsrPartitionCount),
    gauge(`${MANAGER}_reassigningpartitions`, `${under} a reassignment.`, counts.reassigningPartitions),
  ]
}

function purgatoryMetrics({ produces, fetches, deletions }: ReplicaManager): Metric[] {
  const all = { Produce: produces, Fetch: fetches, DeleteRecords: deletions }
  const sizes = Object.entries(all).map(([name, { size }]) => ({ value: size, labels: { delayedOperation: name } }))
  return [
    gauge(`${PURGATORY}_purgatorysize`, 'Requests that wait.', sizes),
    gauge(`${PURGATORY}_numdelayedoperations`, 'Requests that wait.', sizes),
    counter('kafka_server_delayedproducemetrics_expires_total', 'Produce: time ran out.', produces.expirations),
    counter('kafka_server_delayedfetchmetrics_expires_total', 'Fetch: time ran out.', fetches.expirations),
    counter('kafka_server_delayeddeleterecordsmetrics_expires_total', 'Likewise.', deletions.expirations),
  ]
}
