import path from 'node:path'
import type { ControlRecord } from '../../protocol/control/index.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import type { Disk } from '../base/disk.ts'
import type { SnapshotId, VoterSet } from '../raft/types.ts'
import { votersRecords } from '../raft/voters.ts'
import { encodeControls, encodeRecords } from './batches.ts'

const NAME = /^(\d{20})-(\d{10})\.checkpoint$/
/** A snapshot that was being written or deleted when the process ended. */
const LEFTOVER = /^\d{20}-\d{10}.*\.checkpoint\.(part|deleted)$/

/** Fact A66. */
export const snapshotName = ({ offset, epoch }: SnapshotId): string =>
  `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`

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

/** A snapshot's bytes: header, content, footer (fact A68). bootstrap.checkpoint has the same form (fact A96). */
export function encodeSnapshot(content: SnapshotContent): Buffer {
  const { voters, nowMs: timestamp, epoch: leaderEpoch } = content
  let baseOffset = 0
  const buffers: Buffer[] = []
  const add = (
    count: number,
    encode: (place: { baseOffset: number; leaderEpoch: number; timestamp: number }) => Buffer,
  ) => {
    buffers.push(encode({ baseOffset, leaderEpoch, timestamp }))
    baseOffset += count
  }
  const header = { version: 0, lastContainedLogTimestamp: content.lastTimestamp }
  const head: ControlRecord[] = [{ type: ControlType.SNAPSHOT_HEADER, value: header }]
  if (voters) head.push(...votersRecords(voters))
  add(head.length, (place) => encodeControls(head, place))
  for (const records of chunks(content.records)) add(records.length, (place) => encodeRecords(records, place))
  add(1, (place) => encodeControls([{ type: ControlType.SNAPSHOT_FOOTER, value: { version: 0 } }], place))
  return Buffer.concat(buffers)
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
