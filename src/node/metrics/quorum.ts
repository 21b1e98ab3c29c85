import { gauge, type Metric, type RecentValues } from '../../base/metrics.ts'
import type { MetadataQuorum } from '../../quorum/metadata-quorum.ts'

const RAFT = 'kafka_server_raftmetrics'
const BROKER = 'kafka_server_brokermetadatametrics'

export interface QuorumTimes {
  /** From an append here to its commit, in ms. */
  readonly commits: RecentValues
  /** From a leader that is gone to the next one known here, in ms. */
  readonly elections: RecentValues
}

/** This node in the metadata quorum (facts E10, E11, E14), in the spelling of the dashboards for KRaft. */
export function quorumMetrics(quorum: MetadataQuorum, { commits, elections }: QuorumTimes, nowMs: number): Metric[] {
  const { loader, leader, epoch, highWatermark, nextOffset, log, state } = quorum
  const { offset } = loader.image
  return [
    gauge(RAFT, 'What this node is in the metadata quorum.', [{ value: 1, labels: { current_state: state } }]),
    gauge(`${RAFT}_current_leader`, 'Id of the leader; -1 if nobody is known.', leader.id),
    gauge(`${RAFT}_current_epoch`, 'Epoch of the quorum.', epoch),
    gauge(`${RAFT}_high_watermark`, 'Everything below is committed; -1 if not known.', highWatermark),
    gauge(`${RAFT}_log_end_offset`, 'The next offset of the log here.', nextOffset),
    gauge(`${RAFT}_log_end_epoch`, 'Epoch of the last batch of the log here.', log.latestEpoch),
    gauge(`${RAFT}_commit_latency_avg`, 'Ms from an append to its commit, of late.', commits.average(nowMs)),
    gauge(`${RAFT}_commit_latency_max`, 'The longest of them.', commits.max(nowMs)),
    gauge(`${RAFT}_election_latency_avg`, 'Ms without a known leader, of late.', elections.average(nowMs)),
    gauge(`${RAFT}_election_latency_max`, 'The longest of them.', elections.max(nowMs)),
    gauge(`${BROKER}_last_applied_record_offset`, 'Of the metadata log, in the image here.', offset),
    gauge(
      `${BROKER}_last_applied_record_lag`,
      'Committed records that the image here lacks.',
      highWatermark - 1 - offset,
    ),
  ]
}
