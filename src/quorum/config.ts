import { type ConfigOf, configTable, int, list, long, string } from '../base/config.ts'

const MIN_SEGMENT_BYTES = 8388608
const WEEK_MS = 7 * 24 * 3600 * 1000

/** The metadata log and who votes on it. */
export const quorumConfig = configTable({
  'controller.listener.names': string({
    default: null,
    doc: 'Listeners on which controllers are reached, comma-separated; the first one is used between them.',
  }),
  'controller.quorum.bootstrap.servers': list({
    default: [],
    doc: 'Addresses at which a quorum is found whose voters are in its own log (KIP-853), as host:port.',
  }),
  'controller.quorum.voters': list({
    default: [],
    doc: 'Voters of a quorum that never change, as id@host:port. Leave it empty for voters kept in the log (KIP-853).',
  }),
  'metadata.log.dir': string({
    default: null,
    doc: 'Directory of the metadata log; the first of log.dirs where not set.',
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
})

export type QuorumConfig = ConfigOf<typeof quorumConfig>
