import { boolean, type ConfigOf, configTable, int } from '../base/config.ts'

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
})

export type ControllerConfig = ConfigOf<typeof controllerConfig>
