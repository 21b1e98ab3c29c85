import path from 'node:path'
import type { ControlRecord } from '../../protocol/control/index.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import type { Disk } from '../base/disk.ts'
import type { Random } from '../base/random.ts'
import type { SnapshotId, VoterSet } from '../raft/types.ts'
import { votersRecords } from '../raft/voters.ts'
import { encodeControls, encodeRecords } from './batches.ts'

const NAME = /^(\d{20})-(\d{10})\.checkpoint$/
/** A snapshot that was being written or deleted when the process ended. */
const LEFTOVER = /^\d{20}-\d{10}.*\.checkpoint\.(part|deleted)$/

const stemOf = ({ offset, epoch }: SnapshotId): string =>
  `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}`

/** Fact A66. */
export const snapshotName = (id: SnapshotId): string => `${stemOf(id)}.checkpoint`

/** Of one that is not complete: no other of that id has it. */
export const partialName = (id: SnapshotId, random: Random): string =>
  `${stemOf(id)}-${random.below(2 ** 31)}.checkpoint.part`

/** Snapshots in a directory, oldest first. Leftovers are removed. */
export function listSnapshots(disk: Disk, dir: string): SnapshotId[] {
  const ids: SnapshotId[] = []
  for (const { name } of disk.exists(dir) ? disk.list(dir) : []) {
    const [, offset, epoch] = NAME.exec(name) ?? []
    if (offset !== undefined) ids.push({ offset: Number(offset), epoch: Number(epoch) })
    else if (LEFTOVER.test(name)) disk.remove(path.join(dir, name))
  }
  return ids.sort((one, other) => one.offset - other.offset || one.epoch - other.epoch)
}

/** Records of one batch of a snapshot, at most (fact A80). */
const BATCH_RECORDS = 10_000

export interface SnapshotContent {
  readonly records: Iterable<MetadataRecord>
  /** kraft.version and voters, where the quorum keeps them in its log; left out for kraft.version 0. */
  readonly voters: VoterSet | undefined
  /** Of the last record that is in it, in ms. */
  readonly lastTimestamp: number
  /** Now, in ms. */
  readonly nowMs: number
  /** 0 for what formatting writes. */
  readonly epoch: number
}

/** A snapshot: header, content, footer (fact A68). bootstrap.checkpoint has the same form (fact A96). */
export const encodeSnapshot = (content: SnapshotContent): Buffer => Buffer.concat([...snapshotBatches(content)])

/** The same batch by batch, for what may be large. */
export function* snapshotBatches(content: SnapshotContent): Generator<Buffer, void, undefined> {
  const { voters, nowMs: timestamp, epoch: leaderEpoch } = content
  const header = { version: 0, lastContainedLogTimestamp: content.lastTimestamp }
  const head: ControlRecord[] = [{ type: ControlType.SNAPSHOT_HEADER, value: header }]
  if (voters) head.push(...votersRecords(voters))
  yield encodeControls(head, { baseOffset: 0, leaderEpoch, timestamp })
  let baseOffset = head.length
  for (const records of chunks(content.records)) {
    yield encodeRecords(records, { baseOffset, leaderEpoch, timestamp })
    baseOffset += records.length
  }
  const footer: ControlRecord[] = [{ type: ControlType.SNAPSHOT_FOOTER, value: { version: 0 } }]
  yield encodeControls(footer, { baseOffset, leaderEpoch, timestamp })
}

function* chunks(records: Iterable<MetadataRecord>): Generator<MetadataRecord[], void, undefined> {
  let chunk: MetadataRecord[] = []
  for (const record of records) {
    chunk.push(record)
    if (chunk.length === BATCH_RECORDS) {
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}
