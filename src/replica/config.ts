import { className, configTable, int, LONG_MAX, long } from '../base/config.ts'
import { REPLICA_SELECTOR } from './preferred-replica.ts'

/** What a broker may set about the replicas it holds, who fetches from it, and how it fetches from others. */
export const replicaConfig = configTable({
  'min.insync.replicas': int({
    default: 1,
    min: 1,
    update: 'cluster-wide',
    doc: 'Members that the ISR must have for acks=all to be accepted; the topic key of the same name overrides it.',
  }),
  'fetch.max.bytes': int({
    default: 57671680,
    min: 1024,
    doc: 'Bytes of records in one Fetch response, at most, whatever the request allows. One whole batch always fits.',
  }),
  'max.incremental.fetch.session.cache.slots': int({
    default: 1000,
    min: 0,
    doc: 'Incremental fetch sessions (KIP-227) kept at the same time.',
  }),
  'replica.selector.class': className({
    default: null,
    validate: (name) =>
      Object.values<string>(REPLICA_SELECTOR).includes(name)
        ? undefined
        : `expected ${Object.values(REPLICA_SELECTOR).join(' or ')}: classes of others are not loaded`,
    doc: 'How a consumer is sent to a replica near it (KIP-392); unset: consumers read from leaders.',
  }),
  'replica.high.watermark.checkpoint.interval.ms': long({
    default: 5000,
    doc: 'Milliseconds between two writes of the high watermarks to replication-offset-checkpoint.',
  }),
  'replica.lag.time.max.ms': long({
    default: 30000,
    doc: 'Milliseconds after which a follower that has not caught up leaves the ISR.',
  }),
  'num.replica.fetchers': int({
    default: 1,
    min: 1,
    update: 'cluster-wide',
    doc: 'Fetchers that replicate from each other broker, side by side.',
  }),
  'replica.fetch.max.bytes': int({
    default: 1048576,
    min: 0,
    doc: 'Bytes that a follower asks for in one partition; a larger first batch comes whole.',
  }),
  'replica.fetch.response.max.bytes': int({
    default: 10485760,
    min: 0,
    doc: 'Bytes that a follower asks for in one response.',
  }),
  'replica.fetch.min.bytes': int({
    default: 1,
    doc: 'Bytes that a leader waits for before it answers a follower.',
  }),
  'replica.fetch.wait.max.ms': int({
    default: 500,
    doc: 'Milliseconds that a leader waits for those bytes, at most.',
  }),
  'replica.fetch.backoff.ms': int({
    default: 1000,
    min: 0,
    doc: 'Milliseconds that a follower waits after a failed fetch of a partition.',
  }),
  'replica.socket.timeout.ms': int({
    default: 30000,
    doc: 'Milliseconds without an answer after which a follower gives up a request.',
  }),
  'replica.socket.receive.buffer.bytes': int({
    default: 65536,
    doc: 'Receive buffer of the sockets to leaders.',
  }),
  'leader.replication.throttled.rate': long({
    default: LONG_MAX,
    min: 0,
    update: 'per-broker',
    doc: 'Bytes a second that the listed replicas led here may be sent, unless they are in the ISR (KIP-73).',
  }),
  'follower.replication.throttled.rate': long({
    default: LONG_MAX,
    min: 0,
    update: 'per-broker',
    doc: 'Bytes a second that the listed replicas here may fetch while they lag (KIP-73).',
  }),
  'num.replica.alter.log.dirs.threads': int({
    default: null,
    min: 1,
    doc: 'Replicas that move between log directories side by side; unset: as many as there are directories.',
  }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long({
    default: LONG_MAX,
    min: 0,
    update: 'per-broker',
    doc: 'Bytes a second that replicas which move between log directories may copy, all together.',
  }),
  'alter.log.dirs.replication.quota.window.num': int({
    default: 11,
    min: 1,
    doc: 'Windows over which that rate is measured.',
  }),
  'alter.log.dirs.replication.quota.window.size.seconds': int({
    default: 1,
    min: 1,
    doc: 'Seconds of each such window.',
  }),
  'replication.quota.window.num': int({
    default: 11,
    min: 1,
    doc: 'Windows over which replication quotas measure.',
  }),
  'replication.quota.window.size.seconds': int({
    default: 1,
    min: 1,
    doc: 'Seconds of each such window.',
  }),
  'fetch.purgatory.purge.interval.requests': int({
    default: 1000,
    doc: 'Accepted; parked fetches leave their watch lists as they complete, so nothing needs purging.',
  }),
  'producer.purgatory.purge.interval.requests': int({
    default: 1000,
    doc: 'Accepted; parked produce requests leave their watch lists as they complete, so nothing needs purging.',
  }),
  'delete.records.purgatory.purge.interval.requests': int({
    default: 1,
    doc: 'Accepted; parked DeleteRecords leave their watch lists as they complete, so nothing needs purging.',
  }),
})
