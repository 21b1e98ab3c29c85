import { boolean, type ConfigOf, configTable, int, list, long, short, string } from '../../base/config.ts'

const INT_MAX = 2147483647
const MIGRATION_POLICIES = ['bidirectional', 'upgrade', 'downgrade', 'disabled']

/** Keys of the group coordinator and of `__consumer_offsets`: names, types, defaults and bounds of Kafka 4.2 and 4.3. */
export const groupConfig = configTable({
  'group.min.session.timeout.ms': int({
    default: 6000,
    doc: 'Shortest session timeout that a member of a classic group may ask for.',
  }),
  'group.max.session.timeout.ms': int({
    default: 1800000,
    doc: 'Longest session timeout that a member of a classic group may ask for.',
  }),
  // Kafka's default is 3000: it serves large deployments and makes every first poll wait. Here it is set when wanted.
  'group.initial.rebalance.delay.ms': int({
    default: 0,
    doc: 'How long the first members of an empty classic group wait for others before they are assigned partitions.',
  }),
  'group.max.size': int({ default: INT_MAX, min: 1, doc: 'Most members of one classic group.' }),
  'group.coordinator.rebalance.protocols': list({
    default: ['classic', 'consumer', 'streams'],
    values: ['consumer', 'classic', 'share', 'streams', 'unknown'],
    notEmpty: true,
    doc: 'Group protocols that are served.',
    validate: (protocols) => (protocols.includes('classic') ? undefined : 'classic cannot be left out'),
  }),
  'group.coordinator.threads': int({
    default: 4,
    min: 1,
    doc: 'Accepted for compatibility: one event loop serves all partitions of the coordinator.',
  }),
  'group.coordinator.background.threads': int({
    default: 2,
    min: 1,
    doc: 'Accepted for compatibility: there are no background threads.',
  }),
  'group.coordinator.append.linger.ms': int({
    default: -1,
    min: -1,
    doc: 'How long writes are gathered into one batch; -1: until no request is waiting.',
  }),
  'group.coordinator.cached.buffer.max.bytes': int({
    default: 1048588,
    min: 524288,
    update: 'cluster-wide',
    doc: 'Accepted for compatibility: append buffers are not kept.',
  }),

  'offset.metadata.max.bytes': int({
    default: 4096,
    doc: 'Longest metadata string that may be committed with an offset.',
  }),
  'offsets.load.buffer.size': int({
    default: 5242880,
    min: 1,
    doc: 'Bytes read at a time while offsets and groups are loaded.',
  }),
  'offsets.topic.replication.factor': short({
    default: 3,
    min: 1,
    doc: 'Replicas of the offsets topic; no more than there are live brokers when it is created.',
  }),
  'offsets.topic.num.partitions': int({
    default: 50,
    min: 1,
    doc: 'Partitions of the offsets topic. Must not change once it exists.',
  }),
  'offsets.topic.segment.bytes': int({
    default: 104857600,
    min: 1,
    doc: 'Segment size of the offsets topic; small ones are compacted and loaded faster.',
  }),
  'offsets.topic.compression.codec': int({
    default: 0,
    doc: 'Codec of batches in the offsets topic: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  }),
  'offsets.retention.minutes': int({
    default: 10080,
    min: 1,
    doc: 'How long offsets are kept after their group became empty, or after the commit where there is no group.',
  }),
  'offsets.retention.check.interval.ms': long({
    default: 600000,
    min: 1,
    doc: 'How often expired offsets are looked for.',
  }),
  'offsets.commit.timeout.ms': int({
    default: 5000,
    min: 1,
    doc: 'How long a write of the coordinator may wait for the high watermark before its request fails.',
  }),

  'group.consumer.session.timeout.ms': int({
    default: 45000,
    min: 1,
    doc: 'Session timeout of members of consumer groups (KIP-848).',
  }),
  'group.consumer.min.session.timeout.ms': int({
    default: 45000,
    min: 1,
    doc: 'Shortest session timeout that may be set for a consumer group.',
  }),
  'group.consumer.max.session.timeout.ms': int({
    default: 60000,
    min: 1,
    doc: 'Longest session timeout that may be set for a consumer group.',
  }),
  'group.consumer.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Heartbeat interval that members of consumer groups are told.',
  }),
  'group.consumer.min.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Shortest heartbeat interval that may be set for a consumer group.',
  }),
  'group.consumer.max.heartbeat.interval.ms': int({
    default: 15000,
    min: 1,
    doc: 'Longest heartbeat interval that may be set for a consumer group.',
  }),
  'group.consumer.max.size': int({ default: INT_MAX, min: 1, doc: 'Most members of one consumer group.' }),
  'group.consumer.assignors': list({
    default: ['uniform', 'range'],
    notEmpty: true,
    doc: 'Assignors that consumer groups may choose; the first is the default.',
  }),
  'group.consumer.migration.policy': string({
    default: 'bidirectional',
    validate: (policy) =>
      MIGRATION_POLICIES.includes(policy.toLowerCase())
        ? undefined
        : `expected one of ${MIGRATION_POLICIES.join(', ')}`,
    doc: 'Whether classic groups turn into consumer groups and back as members of the other kind come and go.',
  }),
  'group.consumer.regex.refresh.interval.ms': int({
    default: 600000,
    min: 10000,
    internal: true,
    doc: 'How often the topics that match subscribed regular expressions are looked for.',
  }),
  'group.consumer.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    update: 'cluster-wide',
    doc: 'Least time between two target assignments of a consumer group.',
  }),
  'group.consumer.min.assignment.interval.ms': int({
    default: 0,
    min: 0,
    doc: 'Shortest assignment interval that may be set for a consumer group.',
  }),
  'group.consumer.max.assignment.interval.ms': int({
    default: 15000,
    min: 0,
    doc: 'Longest assignment interval that may be set for a consumer group.',
  }),

  'group.share.session.timeout.ms': int({ default: 45000, min: 1, doc: 'Session timeout of members of share groups.' }),
  'group.share.min.session.timeout.ms': int({
    default: 45000,
    min: 1,
    doc: 'Shortest session timeout that may be set for a share group.',
  }),
  'group.share.max.session.timeout.ms': int({
    default: 60000,
    min: 1,
    doc: 'Longest session timeout that may be set for a share group.',
  }),
  'group.share.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Heartbeat interval that members of share groups are told.',
  }),
  'group.share.min.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Shortest heartbeat interval that may be set for a share group.',
  }),
  'group.share.max.heartbeat.interval.ms': int({
    default: 15000,
    min: 1,
    doc: 'Longest heartbeat interval that may be set for a share group.',
  }),
  'group.share.max.size': int({ default: 200, min: 1, max: 1000, doc: 'Most members of one share group.' }),
  'group.share.assignors': list({ default: ['simple'], notEmpty: true, doc: 'Assignors of share groups.' }),
  'group.share.max.share.sessions': int({ default: 2000, min: 1, doc: 'Most share sessions of this broker.' }),
  'group.share.delivery.count.limit': int({
    default: 5,
    min: 2,
    max: 10,
    doc: 'How often a record may be delivered to a share group.',
  }),
  'group.share.min.delivery.count.limit': int({
    default: 2,
    min: 2,
    max: 5,
    doc: 'Lowest delivery count limit that may be set for a share group.',
  }),
  'group.share.max.delivery.count.limit': int({
    default: 10,
    min: 5,
    max: 25,
    doc: 'Highest delivery count limit that may be set for a share group.',
  }),
  'group.share.record.lock.duration.ms': int({
    default: 30000,
    min: 1000,
    max: 3600000,
    doc: 'How long a record is acquired for one member of a share group.',
  }),
  'group.share.min.record.lock.duration.ms': int({
    default: 15000,
    min: 1000,
    max: 30000,
    doc: 'Shortest record lock that may be set for a share group.',
  }),
  'group.share.max.record.lock.duration.ms': int({
    default: 60000,
    min: 30000,
    max: 3600000,
    doc: 'Longest record lock that may be set for a share group.',
  }),
  'group.share.partition.max.record.locks': int({
    default: 2000,
    min: 100,
    max: 10000,
    doc: 'Most records of one partition that a share group may hold acquired.',
  }),
  'group.share.min.partition.max.record.locks': int({
    default: 100,
    min: 100,
    max: 2000,
    doc: 'Lowest limit of record locks that may be set for a share group.',
  }),
  'group.share.max.partition.max.record.locks': int({
    default: 4000,
    min: 2000,
    max: 10000,
    doc: 'Highest limit of record locks that may be set for a share group.',
  }),
  'group.share.persister.class.name': string({
    default: 'org.apache.kafka.server.share.persister.DefaultStatePersister',
    internal: true,
    doc: 'Accepted for compatibility: there is one persister.',
  }),
  'group.share.initialize.retry.interval.ms': int({
    default: 30000,
    min: 1,
    internal: true,
    doc: 'How long until the initialization of share partition state is tried again.',
  }),
  'group.share.enable': boolean({
    default: false,
    internal: true,
    doc: 'Accepted for compatibility: share.version alone counts.',
  }),
  'group.share.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    update: 'cluster-wide',
    doc: 'Least time between two target assignments of a share group.',
  }),
  'group.share.min.assignment.interval.ms': int({
    default: 0,
    min: 0,
    doc: 'Shortest assignment interval that may be set for a share group.',
  }),
  'group.share.max.assignment.interval.ms': int({
    default: 15000,
    min: 0,
    doc: 'Longest assignment interval that may be set for a share group.',
  }),

  'group.streams.session.timeout.ms': int({
    default: 45000,
    min: 1,
    doc: 'Session timeout of members of streams groups.',
  }),
  'group.streams.min.session.timeout.ms': int({
    default: 45000,
    min: 1,
    doc: 'Shortest session timeout that may be set for a streams group.',
  }),
  'group.streams.max.session.timeout.ms': int({
    default: 60000,
    min: 1,
    doc: 'Longest session timeout that may be set for a streams group.',
  }),
  'group.streams.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Heartbeat interval that members of streams groups are told.',
  }),
  'group.streams.min.heartbeat.interval.ms': int({
    default: 5000,
    min: 1,
    doc: 'Shortest heartbeat interval that may be set for a streams group.',
  }),
  'group.streams.max.heartbeat.interval.ms': int({
    default: 15000,
    min: 1,
    doc: 'Longest heartbeat interval that may be set for a streams group.',
  }),
  'group.streams.max.size': int({ default: INT_MAX, min: 1, doc: 'Most members of one streams group.' }),
  'group.streams.num.standby.replicas': int({
    default: 0,
    min: 0,
    doc: 'Standby replicas of each task of a streams group.',
  }),
  'group.streams.max.standby.replicas': int({
    default: 2,
    min: 0,
    doc: 'Most standby replicas that may be set for a streams group.',
  }),
  'group.streams.initial.rebalance.delay.ms': int({
    default: 3000,
    min: 0,
    doc: 'How long the first members of an empty streams group wait for others.',
  }),
  'group.streams.assignment.interval.ms': int({
    default: 1000,
    min: 0,
    update: 'cluster-wide',
    doc: 'Least time between two target assignments of a streams group.',
  }),
  'group.streams.min.assignment.interval.ms': int({
    default: 0,
    min: 0,
    doc: 'Shortest assignment interval that may be set for a streams group.',
  }),
  'group.streams.max.assignment.interval.ms': int({
    default: 15000,
    min: 0,
    doc: 'Longest assignment interval that may be set for a streams group.',
  }),
})

export type GroupConfig = ConfigOf<typeof groupConfig>
