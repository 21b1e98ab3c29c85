import { boolean, type ConfigOf, configTable, int, long } from '../base/config.ts'

/** What the controller decides by. */
export const controllerConfig = configTable({
  'num.partitions': int({
    default: 1,
    min: 1,
    doc: 'Partitions of a topic that is created without saying how many.',
  }),
  'default.replication.factor': int({
    default: 1,
    doc: 'Replicas of a topic that is created without saying how many.',
  }),
  'delete.topic.enable': boolean({
    default: true,
    doc: 'Whether topics can be deleted.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    update: 'cluster-wide',
    doc: 'Default of the topic key of the same name.',
  }),
  'broker.session.timeout.ms': int({
    default: 9000,
    doc: 'Milliseconds without a heartbeat after which the controller takes a broker for dead.',
  }),
  'broker.heartbeat.interval.ms': int({
    default: 2000,
    doc: 'Milliseconds between two heartbeats of a broker.',
  }),
  'metadata.max.idle.interval.ms': int({
    default: 500,
    min: 0,
    doc: 'Milliseconds after which the active controller writes a record that says nothing, so that the log moves; 0: never.',
  }),
  'auto.leader.rebalance.enable': boolean({
    default: true,
    doc: 'Whether leadership goes back to the first replica of each partition from time to time.',
  }),
  'leader.imbalance.check.interval.seconds': long({
    default: 300,
    min: 1,
    doc: 'Seconds between two looks at whether preferred replicas lead.',
  }),
  'unclean.leader.election.interval.ms': long({
    default: 300000,
    min: 1,
    internal: true,
    doc: 'Milliseconds between two tries to find a leader for partitions whose topic takes any replica.',
  }),
  'odradek.rebalance.enable': boolean({
    default: false,
    doc: 'Whether replicas and leaders are evened out when a broker has come, or is gone for good.',
  }),
  'odradek.rebalance.delay.ms': long({
    default: 600_000,
    min: 0,
    doc: 'Milliseconds that a broker has to be gone before its replicas are given to others.',
  }),
  'odradek.rebalance.max.moves': int({
    default: 5,
    min: 1,
    doc: 'Partitions that are reassigned at a time, those that somebody else reassigns included.',
  }),
  'odradek.rebalance.throttle.bytes.per.second': long({
    default: 0,
    min: 0,
    doc: 'Bytes a second that each broker may send, and get, for the sake of rebalancing; 0 for no limit.',
  }),
})

export type ControllerConfig = ConfigOf<typeof controllerConfig>
