import { boolean, type ConfigOf, configTable, int, list, long, string } from '../base/config.ts'

const MIN_SEGMENT_BYTES = 8388608
const WEEK_MS = 7 * 24 * 3600 * 1000

/** The metadata log and who votes on it. */
export const quorumConfig = configTable({
  'controller.listener.names': string({
    default: null,
    doc: 'Listeners on which controllers are reached, comma-separated; the first one is used between them.',
  }),
  'controller.quorum.auto.join.enable': boolean({
    default: false,
    doc: 'A controller that is no voter adds itself to the voters of its quorum (KIP-1186).',
  }),
  'controller.quorum.bootstrap.servers': list({
    default: [],
    doc: 'Addresses at which a quorum is found whose voters are in its own log (KIP-853), as host:port.',
  }),
  'controller.quorum.election.backoff.max.ms': int({
    default: 1000,
    min: 0,
    doc: 'Longest wait, in ms, of a follower before it stands for election after its leader has resigned.',
  }),
  'controller.quorum.election.timeout.ms': int({
    default: 1000,
    min: 1,
    doc: 'Milliseconds that a voter waits for a leader, up to twice as long by chance, before it asks for votes.',
  }),
  'controller.quorum.fetch.max.bytes': int({
    default: 1048576,
    min: 1,
    doc: 'Bytes of the metadata log that a follower asks for at once, at most.',
  }),
  'controller.quorum.fetch.snapshot.max.bytes': int({
    default: 1048576,
    min: 1,
    doc: 'Bytes of a metadata snapshot that a follower asks for at once, at most.',
  }),
  'controller.quorum.fetch.timeout.ms': int({
    default: 2000,
    min: 1,
    doc: 'Milliseconds without a successful fetch after which a follower gives its leader up; a leader that no majority fetches from for one and a half times as long resigns.',
  }),
  'controller.quorum.request.timeout.ms': int({
    default: 2000,
    min: 1,
    doc: 'Milliseconds that a node of the quorum waits for the answer of another one.',
  }),
  'controller.quorum.retry.backoff.ms': int({
    default: 20,
    min: 0,
    doc: 'Milliseconds before a node of the quorum is asked again after a request to it has failed.',
  }),
  'controller.quorum.voters': list({
    default: [],
    doc: 'Voters of a quorum that never change, as id@host:port. Leave it empty for voters kept in the log (KIP-853).',
  }),
  'metadata.log.dir': string({
    default: null,
    doc: 'Directory of the metadata log; the first of log.dirs where not set.',
  }),
  'metadata.log.max.record.bytes.between.snapshots': long({
    default: 20971520,
    min: 1,
    doc: 'Bytes of the metadata log after which a snapshot is taken.',
  }),
  'metadata.log.max.snapshot.interval.ms': long({
    default: 3600000,
    min: 0,
    doc: 'Milliseconds after which a snapshot is taken if there is anything new; 0 for never because of time.',
  }),
  'metadata.log.segment.bytes': int({
    default: 1073741824,
    min: MIN_SEGMENT_BYTES,
    doc: 'Bytes after which the metadata log begins a new segment.',
  }),
  'metadata.log.segment.ms': long({
    default: WEEK_MS,
    doc: 'Milliseconds after which the metadata log begins a new segment.',
  }),
  'metadata.max.retention.bytes': long({
    default: 104857600,
    doc: 'Bytes of metadata log and snapshots together beyond which the oldest go; negative for no limit.',
  }),
  'metadata.max.retention.ms': long({
    default: WEEK_MS,
    doc: 'Age in ms beyond which metadata log and snapshots go; negative for no limit.',
  }),
})

export type QuorumConfig = ConfigOf<typeof quorumConfig>
