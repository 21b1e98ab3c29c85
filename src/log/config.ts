import { boolean, type ConfigOf, configTable, double, enumeration, int, LONG_MAX, list, long } from '../base/config.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const MIN_SEGMENT_BYTES = 1024 * 1024

const COMPRESSION_TYPES = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] as const
const TIMESTAMP_TYPES = ['CreateTime', 'LogAppendTime'] as const
const CLEANUP_POLICIES = ['compact', 'delete'] as const

const throttledReplicas = (value: readonly string[]) =>
  (value.length === 1 && value[0] === '*') || value.every((entry) => /^\d+:\d+$/.test(entry))
    ? undefined
    : 'expected * or a comma-separated list of partition:broker'

/**
 * What may be set for one topic. The default of a key is the first of its broker synonyms that is set; see
 * `defaultsFromSynonyms`. All may be changed at any time and hold from the next append, roll or check on.
 */
export const topicConfig = configTable({
  'cleanup.policy': list({
    default: ['delete'],
    values: CLEANUP_POLICIES,
    synonyms: ['log.cleanup.policy'],
    update: 'cluster-wide',
    doc: 'How old data goes: delete drops whole segments by age and size, compact keeps the newest record of each key. Empty: nothing goes.',
  }),
  'compression.gzip.level': int({
    default: -1,
    min: 1,
    max: 9,
    also: [-1],
    synonyms: ['compression.gzip.level'],
    update: 'cluster-wide',
    doc: 'Level at which the broker compresses where compression.type is gzip; -1 is the library default.',
  }),
  'compression.lz4.level': int({
    default: 9,
    min: 1,
    max: 17,
    synonyms: ['compression.lz4.level'],
    update: 'cluster-wide',
    doc: 'Level at which the broker compresses where compression.type is lz4.',
  }),
  'compression.type': enumeration({
    default: 'producer',
    values: COMPRESSION_TYPES,
    synonyms: ['compression.type'],
    update: 'cluster-wide',
    doc: 'Codec in which batches are stored; producer keeps each batch as it came.',
  }),
  'compression.zstd.level': int({
    default: 3,
    min: -131072,
    max: 22,
    synonyms: ['compression.zstd.level'],
    update: 'cluster-wide',
    doc: 'Level at which the broker compresses where compression.type is zstd.',
  }),
  'delete.retention.ms': long({
    default: DAY_MS,
    min: 0,
    synonyms: ['log.cleaner.delete.retention.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds for which a tombstone stays readable in a compacted topic.',
  }),
  'file.delete.delay.ms': long({
    default: MINUTE_MS,
    min: 0,
    synonyms: ['log.segment.delete.delay.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds between the renaming of a file that is to go and its removal.',
  }),
  'flush.messages': long({
    default: LONG_MAX,
    min: 1,
    synonyms: ['log.flush.interval.messages'],
    update: 'cluster-wide',
    doc: 'Records that may be unflushed before an append waits for fsync; 1 flushes every append.',
  }),
  'flush.ms': long({
    default: LONG_MAX,
    min: 0,
    synonyms: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds after which unflushed records are flushed.',
  }),
  'follower.replication.throttled.replicas': list({
    default: [],
    validate: throttledReplicas,
    update: 'cluster-wide',
    doc: 'Replicas, as partition:broker, that the quota throttles on the follower side; * for all.',
  }),
  'index.interval.bytes': int({
    default: 4096,
    min: 0,
    synonyms: ['log.index.interval.bytes'],
    update: 'cluster-wide',
    doc: 'Bytes of log between two entries of the offset and time indexes.',
  }),
  'internal.segment.bytes': int({
    default: null,
    update: 'cluster-wide',
    internal: true,
    doc: 'For tests: a segment.bytes below the floor of the public key.',
  }),
  'leader.replication.throttled.replicas': list({
    default: [],
    validate: throttledReplicas,
    update: 'cluster-wide',
    doc: 'Replicas, as partition:broker, that the quota throttles on the leader side; * for all.',
  }),
  'local.retention.bytes': long({
    default: -2,
    min: -2,
    synonyms: ['log.local.retention.bytes'],
    update: 'cluster-wide',
    doc: 'Bytes of a tiered partition kept on this disk; -2 follows retention.bytes.',
  }),
  'local.retention.ms': long({
    default: -2,
    min: -2,
    synonyms: ['log.local.retention.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds for which a tiered segment stays on this disk; -2 follows retention.ms.',
  }),
  'max.compaction.lag.ms': long({
    default: LONG_MAX,
    min: 1,
    synonyms: ['log.cleaner.max.compaction.lag.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds for which a record of a compacted topic may stay out of reach of compaction.',
  }),
  'max.message.bytes': int({
    default: 1048588,
    min: 0,
    synonyms: ['message.max.bytes'],
    update: 'cluster-wide',
    doc: 'Bytes of the largest batch accepted, header included, compressed as it is stored.',
  }),
  'message.timestamp.after.max.ms': long({
    default: HOUR_MS,
    min: 0,
    synonyms: ['log.message.timestamp.after.max.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds by which the timestamp of a record may be ahead of the broker, under CreateTime.',
  }),
  'message.timestamp.before.max.ms': long({
    default: LONG_MAX,
    min: 0,
    synonyms: ['log.message.timestamp.before.max.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds by which the timestamp of a record may be behind the broker, under CreateTime.',
  }),
  'message.timestamp.type': enumeration({
    default: 'CreateTime',
    values: TIMESTAMP_TYPES,
    synonyms: ['log.message.timestamp.type'],
    update: 'cluster-wide',
    doc: 'Whose clock stamps the records: CreateTime the producer, LogAppendTime the broker.',
  }),
  'min.cleanable.dirty.ratio': double({
    default: 0.5,
    min: 0,
    max: 1,
    synonyms: ['log.cleaner.min.cleanable.ratio'],
    update: 'cluster-wide',
    doc: 'Share of a compacted log that must be uncompacted before it is compacted.',
  }),
  'min.compaction.lag.ms': long({
    default: 0,
    min: 0,
    synonyms: ['log.cleaner.min.compaction.lag.ms'],
    update: 'cluster-wide',
    doc: 'Milliseconds for which a record is safe from compaction.',
  }),
  'min.insync.replicas': int({
    default: 1,
    min: 1,
    synonyms: ['min.insync.replicas'],
    update: 'cluster-wide',
    doc: 'In-sync replicas without which acks=all is refused.',
  }),
  preallocate: boolean({
    default: false,
    synonyms: ['log.preallocate'],
    update: 'cluster-wide',
    doc: 'Whether a new segment file is given its full size at once.',
  }),
  'remote.log.copy.disable': boolean({
    default: false,
    update: 'cluster-wide',
    doc: 'Whether a tiered topic stops copying segments to remote storage.',
  }),
  'remote.log.delete.on.disable': boolean({
    default: false,
    update: 'cluster-wide',
    doc: 'Whether remote data is deleted when tiering is switched off.',
  }),
  'remote.storage.enable': boolean({
    default: false,
    update: 'cluster-wide',
    doc: 'Whether segments are copied to remote storage.',
  }),
  'retention.bytes': long({
    default: -1,
    synonyms: ['log.retention.bytes'],
    update: 'cluster-wide',
    doc: 'Bytes that a partition may hold before its oldest segments go; -1 for no limit.',
  }),
  'retention.ms': long({
    default: 7 * DAY_MS,
    min: -1,
    synonyms: [
      'log.retention.ms',
      { key: 'log.retention.minutes', multiply: MINUTE_MS },
      { key: 'log.retention.hours', multiply: HOUR_MS },
    ],
    update: 'cluster-wide',
    doc: 'Milliseconds after which a segment goes; -1 for no limit.',
  }),
  'segment.bytes': int({
    default: 1073741824,
    min: MIN_SEGMENT_BYTES,
    synonyms: ['log.segment.bytes'],
    update: 'cluster-wide',
    doc: 'Bytes after which a new segment is begun.',
  }),
  'segment.index.bytes': int({
    default: 10485760,
    min: 4,
    synonyms: ['log.index.size.max.bytes'],
    update: 'cluster-wide',
    doc: 'Bytes of the largest index of a segment; a full one begins a new segment.',
  }),
  'segment.jitter.ms': long({
    default: 0,
    min: 0,
    synonyms: ['log.roll.jitter.ms', { key: 'log.roll.jitter.hours', multiply: HOUR_MS }],
    update: 'cluster-wide',
    doc: 'Milliseconds by which segment.ms is shortened at random, so that segments do not all end at once.',
  }),
  'segment.ms': long({
    default: 7 * DAY_MS,
    min: 1,
    synonyms: ['log.roll.ms', { key: 'log.roll.hours', multiply: HOUR_MS }],
    update: 'cluster-wide',
    doc: 'Milliseconds of record time after which the next append begins a new segment.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    synonyms: ['unclean.leader.election.enable'],
    update: 'cluster-wide',
    doc: 'Whether a replica outside the ISR may lead when no other is left, at the price of lost records.',
  }),
})

/** The values in force for one topic. */
export type TopicConfig = ConfigOf<typeof topicConfig>

/** What a broker may set about its logs: directories, schedules, and the defaults of the topic keys. */
export const logConfig = configTable({
  'compression.gzip.level': int({
    default: -1,
    min: 1,
    max: 9,
    also: [-1],
    update: 'cluster-wide',
    doc: 'Default of the topic key of the same name.',
  }),
  'compression.lz4.level': int({
    default: 9,
    min: 1,
    max: 17,
    update: 'cluster-wide',
    doc: 'Default of the topic key of the same name.',
  }),
  'compression.type': enumeration({
    default: 'producer',
    values: COMPRESSION_TYPES,
    update: 'cluster-wide',
    doc: 'Default of the topic key of the same name.',
  }),
  'compression.zstd.level': int({
    default: 3,
    min: -131072,
    max: 22,
    update: 'cluster-wide',
    doc: 'Default of the topic key of the same name.',
  }),
  'cordoned.log.dirs': list({
    default: [],
    update: 'per-broker',
    doc: 'Log directories that get no new partitions; * for all of them.',
  }),
  'log.cleaner.backoff.ms': long({
    default: 15000,
    min: 0,
    update: 'cluster-wide',
    doc: 'Milliseconds for which an idle cleaner waits before it looks for work again.',
  }),
  'log.cleaner.dedupe.buffer.size': long({
    default: 134217728,
    update: 'cluster-wide',
    doc: 'Bytes for the table of keys, over all cleaner threads.',
  }),
  'log.cleaner.delete.retention.ms': long({
    default: DAY_MS,
    min: 0,
    update: 'cluster-wide',
    doc: 'Default of the topic key delete.retention.ms.',
  }),
  'log.cleaner.enable': boolean({
    default: true,
    doc: 'Whether compacted topics are compacted. Deprecated since 4.1.',
  }),
  'log.cleaner.io.buffer.load.factor': double({
    default: 0.9,
    update: 'cluster-wide',
    doc: 'How full the table of keys may get: higher saves memory and costs collisions.',
  }),
  'log.cleaner.io.buffer.size': int({
    default: 524288,
    min: 0,
    update: 'cluster-wide',
    doc: 'Bytes for reading and writing, over all cleaner threads.',
  }),
  'log.cleaner.io.max.bytes.per.second': double({
    default: Number.MAX_VALUE,
    update: 'cluster-wide',
    doc: 'Bytes a second that the cleaner may read and write in sum.',
  }),
  'log.cleaner.max.compaction.lag.ms': long({
    default: LONG_MAX,
    min: 1,
    update: 'cluster-wide',
    doc: 'Default of the topic key max.compaction.lag.ms.',
  }),
  'log.cleaner.min.cleanable.ratio': double({
    default: 0.5,
    min: 0,
    max: 1,
    update: 'cluster-wide',
    doc: 'Default of the topic key min.cleanable.dirty.ratio.',
  }),
  'log.cleaner.min.compaction.lag.ms': long({
    default: 0,
    min: 0,
    update: 'cluster-wide',
    doc: 'Default of the topic key min.compaction.lag.ms.',
  }),
  'log.cleaner.threads': int({
    default: 1,
    min: 0,
    update: 'cluster-wide',
    doc: 'Logs that are compacted side by side, at most.',
  }),
  'log.cleanup.policy': list({
    default: ['delete'],
    values: CLEANUP_POLICIES,
    update: 'cluster-wide',
    doc: 'Default of the topic key cleanup.policy.',
  }),
  'log.dir': list({
    default: ['/tmp/kafka-logs'],
    notEmpty: true,
    doc: 'Directory of the logs, used where log.dirs is not set.',
  }),
  'log.dir.failure.timeout.ms': long({
    default: 30000,
    min: 1,
    doc: 'Milliseconds in which the controller must learn of a failed log directory, or the broker stops.',
  }),
  'log.dirs': list({
    default: null,
    notEmpty: true,
    doc: 'Directories of the logs, usually one per disk; log.dir where not set.',
  }),
  'log.flush.interval.messages': long({
    default: LONG_MAX,
    min: 1,
    update: 'cluster-wide',
    doc: 'Default of the topic key flush.messages.',
  }),
  'log.flush.interval.ms': long({
    default: null,
    update: 'cluster-wide',
    doc: 'Default of the topic key flush.ms; log.flush.scheduler.interval.ms where not set.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int({
    default: MINUTE_MS,
    min: 0,
    doc: 'Milliseconds between two writes of the recovery points.',
  }),
  'log.flush.scheduler.interval.ms': long({
    default: LONG_MAX,
    doc: 'Milliseconds between two checks for logs that are due for a flush by flush.ms.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int({
    default: MINUTE_MS,
    min: 0,
    doc: 'Milliseconds between two writes of the log start offsets.',
  }),
  'log.index.interval.bytes': int({
    default: 4096,
    min: 0,
    update: 'cluster-wide',
    doc: 'Default of the topic key index.interval.bytes.',
  }),
  'log.index.size.max.bytes': int({
    default: 10485760,
    min: 4,
    update: 'cluster-wide',
    doc: 'Default of the topic key segment.index.bytes.',
  }),
  'log.initial.task.delay.ms': long({
    default: 30000,
    min: 0,
    internal: true,
    doc: 'Milliseconds from the start to the first run of the periodic tasks.',
  }),
  'log.local.retention.bytes': long({
    default: -2,
    min: -2,
    update: 'cluster-wide',
    doc: 'Default of the topic key local.retention.bytes.',
  }),
  'log.local.retention.ms': long({
    default: -2,
    min: -2,
    update: 'cluster-wide',
    doc: 'Default of the topic key local.retention.ms.',
  }),
  'log.message.timestamp.after.max.ms': long({
    default: HOUR_MS,
    min: 0,
    update: 'cluster-wide',
    doc: 'Default of the topic key message.timestamp.after.max.ms.',
  }),
  'log.message.timestamp.before.max.ms': long({
    default: LONG_MAX,
    min: 0,
    update: 'cluster-wide',
    doc: 'Default of the topic key message.timestamp.before.max.ms.',
  }),
  'log.message.timestamp.type': enumeration({
    default: 'CreateTime',
    values: TIMESTAMP_TYPES,
    update: 'cluster-wide',
    doc: 'Default of the topic key message.timestamp.type.',
  }),
  'log.preallocate': boolean({
    default: false,
    update: 'cluster-wide',
    doc: 'Default of the topic key preallocate.',
  }),
  'log.retention.bytes': long({
    default: -1,
    update: 'cluster-wide',
    doc: 'Default of the topic key retention.bytes.',
  }),
  'log.retention.check.interval.ms': long({
    default: 5 * MINUTE_MS,
    min: 1,
    doc: 'Milliseconds between two checks for segments that may go.',
  }),
  'log.retention.hours': int({
    default: 168,
    doc: 'Default of the topic key retention.ms, in hours; the finer units go before it.',
  }),
  'log.retention.minutes': int({
    default: null,
    doc: 'Default of the topic key retention.ms, in minutes; log.retention.ms goes before it.',
  }),
  'log.retention.ms': long({
    default: null,
    update: 'cluster-wide',
    doc: 'Default of the topic key retention.ms; -1 for no limit.',
  }),
  'log.roll.hours': int({
    default: 168,
    min: 1,
    doc: 'Default of the topic key segment.ms, in hours; log.roll.ms goes before it.',
  }),
  'log.roll.jitter.hours': int({
    default: 0,
    min: 0,
    doc: 'Default of the topic key segment.jitter.ms, in hours; log.roll.jitter.ms goes before it.',
  }),
  'log.roll.jitter.ms': long({
    default: null,
    update: 'cluster-wide',
    doc: 'Default of the topic key segment.jitter.ms.',
  }),
  'log.roll.ms': long({
    default: null,
    update: 'cluster-wide',
    doc: 'Default of the topic key segment.ms.',
  }),
  'log.segment.bytes': int({
    default: 1073741824,
    min: MIN_SEGMENT_BYTES,
    update: 'cluster-wide',
    doc: 'Default of the topic key segment.bytes.',
  }),
  'log.segment.delete.delay.ms': long({
    default: MINUTE_MS,
    min: 0,
    update: 'cluster-wide',
    doc: 'Default of the topic key file.delete.delay.ms; also how long the directory of a deleted topic stays.',
  }),
  'message.max.bytes': int({
    default: 1048588,
    min: 0,
    update: 'cluster-wide',
    doc: 'Default of the topic key max.message.bytes.',
  }),
  'num.recovery.threads.per.data.dir': int({
    default: 2,
    min: 1,
    update: 'cluster-wide',
    doc: 'Accepted; logs are loaded one after the other.',
  }),
  'producer.id.expiration.check.interval.ms': int({
    default: 600000,
    min: 1,
    internal: true,
    doc: 'Milliseconds between two checks for producers whose state may go.',
  }),
  'producer.id.expiration.ms': int({
    default: DAY_MS,
    min: 1,
    update: 'cluster-wide',
    doc: 'Milliseconds of record time after which the sequence numbers of an idle producer are forgotten.',
  }),
  'transaction.partition.verification.enable': boolean({
    default: true,
    update: 'cluster-wide',
    doc: 'Whether a leader asks the coordinator that a partition belongs to the transaction before it takes its records.',
  }),
})

export type LogConfig = ConfigOf<typeof logConfig>

/** Bytes at which a segment of this topic ends. */
export function segmentBytes(config: TopicConfig): number {
  return config['internal.segment.bytes'] ?? config['segment.bytes']
}

export function isCompacted(config: TopicConfig): boolean {
  return config['cleanup.policy'].includes('compact')
}

/** The directories of the logs: log.dirs, or log.dir where that is not set. */
export function logDirsOf(config: Pick<LogConfig, 'log.dir' | 'log.dirs'>): readonly string[] {
  return config['log.dirs'] ?? config['log.dir']
}
