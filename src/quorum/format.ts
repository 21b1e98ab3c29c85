import path from 'node:path'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Disk } from '../base/disk.ts'
import type { Voter, VoterSet } from '../raft/types.ts'
import { KRAFT_VERSIONS } from '../raft/voters.ts'
import { decodeBatches } from './batches.ts'
import { metadataLogDir } from './metadata-log.ts'
import { encodeSnapshot, snapshotName } from './snapshot.ts'

/**
 * What `kafka-storage format` leaves in a directory (facts A96 to A98): bootstrap.checkpoint, with what the first controller
 * of a cluster writes first, and with -s or -I the checkpoint (0, 0), with the voters. Neither is ever sent to another node.
 */

const FORMAT_EPOCH = 0
const bootstrapFile = (dir: string): string => path.join(dir, 'bootstrap.checkpoint')

export interface FormatStamp {
  readonly nowMs: number
  /** Whether it is to outlive a loss of power at once. Default false: whoever formats syncs it later. */
  readonly sync?: boolean
}

/** Puts bootstrap.checkpoint into a log directory; gives its path. */
export function formatBootstrap(
  disk: Disk,
  dir: string,
  records: readonly MetadataRecord[],
  { nowMs, sync = false }: FormatStamp,
): string {
  const content = { lastTimestamp: 0, nowMs, epoch: FORMAT_EPOCH, records, voters: undefined }
  disk.replaceFile(bootstrapFile(dir), encodeSnapshot(content), { sync })
  return bootstrapFile(dir)
}

/** Puts the voters into the directory of the metadata log below `dir`; gives the path. */
export function formatVoters(disk: Disk, dir: string, voters: VoterSet, { nowMs, sync = false }: FormatStamp): string {
  const logDir = metadataLogDir(dir)
  const file = path.join(logDir, snapshotName({ offset: 0, epoch: FORMAT_EPOCH }))
  disk.makeDir(logDir)
  const content = { lastTimestamp: nowMs, nowMs, epoch: FORMAT_EPOCH, records: [], voters }
  disk.replaceFile(file, encodeSnapshot(content), { sync })
  return file
}

/** Empty for a file that is missing or, after a crash during formatting, empty. @throws DecodeError, ProtocolError */
export function readBootstrap(disk: Disk, dir: string): MetadataRecord[] {
  const file = bootstrapFile(dir)
  if (!disk.exists(file)) return []
  return [...decodeBatches(disk.readFile(file))].flatMap((batch) => (batch.control ? [] : batch.records))
}

/**
 * The voters that `-I` lists, as `id@host:port:directoryId` each.
 * @returns a sentence where the text is none of these
 */
export function parseInitialControllers(text: string, listenerName: string): VoterSet | string {
  const voters: Voter[] = []
  for (const item of text.split(',')) {
    const [, id, bracketed, plain, port, directoryId] =
      /^(\d+)@(?:\[([^\]]+)\]|([^:]+)):(\d+):([A-Za-z0-9_-]{22})$/.exec(item.trim()) ?? []
    if (id === undefined) return `expected id@host:port:directoryId, not ${item}`
    if (directoryId === ZERO_UUID) return `controller ${id} needs a directory id`
    if (voters.some((voter) => voter.id === Number(id))) return `controller ${id} is named twice`
    voters.push({
      id: Number(id),
      directoryId: directoryId!,
      endpoints: [{ name: listenerName, host: bracketed ?? plain!, port: Number(port) }],
      kRaftVersionFeature: KRAFT_VERSIONS,
    })
  }
  return voters
}
