import type { ControlRecord } from '../../protocol/control/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { assert } from '../../src/base/assert.ts'
import type { EpochEnd, LogView, SnapshotId, VoterSet } from '../../src/raft/types.ts'
import { votersIn } from '../../src/raft/voters.ts'

/** One record. A list of them as JSON is what stands for batches on the wire. */
export interface Entry {
  epoch: number
  value: string
  voters?: VoterSet
  kraftVersion?: 1
}

interface Snapshot {
  id: SnapshotId
  bytes: Buffer
}

type VoterHistory = { voters: VoterSet; offset: number }[]

/** A log in memory, with what of it survives a power failure. */
export class MemoryLog implements LogView {
  startOffset = 0
  syncedOffset = 0
  entries: Entry[] = []
  snapshots: Snapshot[] = []
  /** Voters of the checkpoint (0, 0), under kraft.version 1. */
  readonly #formatted: VoterSet | undefined
  #epochs: { epoch: number; startOffset: number }[] = []
  #voters: VoterHistory

  constructor(formatted?: VoterSet) {
    this.#formatted = formatted
    this.#voters = formatted ? [{ voters: formatted, offset: -1 }] : []
  }

  get endOffset(): number {
    return this.startOffset + this.entries.length
  }

  get lastEpoch(): number {
    return this.entries.at(-1)?.epoch ?? this.latestSnapshot?.epoch ?? 0
  }

  get latestSnapshot(): SnapshotId | undefined {
    return this.snapshots.at(-1)?.id
  }

  get oldestSnapshot(): SnapshotId | undefined {
    return this.snapshots[0]?.id
  }

  get voterSet(): LogView['voterSet'] {
    return this.#voters.at(-1)
  }

  get previousVoters(): VoterSet | undefined {
    return this.#voters.at(-2)?.voters
  }

  get kraftVersion(): 0 | 1 {
    return this.#formatted !== undefined || this.#voters.length > 0 ? 1 : 0
  }

  endOfEpoch(epoch: number): EpochEnd {
    const at = this.#epochs.findLastIndex((entry) => entry.epoch <= epoch)
    if (at < 0) {
      const oldest = this.oldestSnapshot
      return oldest ? { epoch: oldest.epoch, endOffset: oldest.offset } : { epoch: 0, endOffset: 0 }
    }
    return { epoch: this.#epochs[at]!.epoch, endOffset: this.#epochs[at + 1]?.startOffset ?? this.endOffset }
  }

  snapshotSize(id: SnapshotId): number | undefined {
    return this.#snapshot(id)?.bytes.length
  }

  readSnapshot(id: SnapshotId, position: number, length: number): Buffer {
    return this.#snapshot(id)!.bytes.subarray(position, position + length)
  }

  #snapshot({ offset, epoch }: SnapshotId): Snapshot | undefined {
    return this.snapshots.find(({ id }) => id.offset === offset && id.epoch === epoch)
  }

  assignEpoch(epoch: number): void {
    if (epoch <= (this.#epochs.at(-1)?.epoch ?? -1)) return
    this.#epochs = this.#epochs.filter(({ startOffset }) => startOffset < this.endOffset)
    this.#epochs.push({ epoch, startOffset: this.endOffset })
  }

  append(entry: Entry): void {
    this.assignEpoch(entry.epoch)
    if (entry.voters) this.#voters.push({ voters: entry.voters, offset: this.endOffset })
    this.entries.push(entry)
  }

  /** `many`: how many records stand for a batch that holds them all. */
  appendControls(epoch: number, records: readonly ControlRecord[]): void {
    for (const record of records) {
      const voters = votersIn([record])
      const name = Object.entries(ControlType).find(([, type]) => type === record.type)![0]
      this.append(voters ? { epoch, value: name, voters } : { epoch, value: name })
    }
  }

  truncateTo(offset: number): void {
    assert(offset >= this.startOffset, 'below the start of the log')
    this.entries.length = Math.min(this.entries.length, offset - this.startOffset)
    this.syncedOffset = Math.min(this.syncedOffset, this.endOffset)
    this.#epochs = this.#epochs.filter(({ startOffset }) => startOffset < this.endOffset)
    this.#voters = this.#voters.filter((set) => set.offset < this.endOffset)
  }

  read(offset: number, maxBytes: number): Buffer {
    const entries: Entry[] = []
    let bytes = 0
    for (const entry of this.entries.slice(offset - this.startOffset)) {
      bytes += JSON.stringify(entry).length
      if (entries.length > 0 && bytes > maxBytes) break
      entries.push(entry)
    }
    return Buffer.from(JSON.stringify(entries))
  }

  entry(offset: number): Entry | undefined {
    return this.entries[offset - this.startOffset]
  }

  /** Everything below `offset` in one file; the log before it goes. */
  takeSnapshot(offset: number): void {
    assert(offset > this.startOffset && offset <= this.endOffset, 'no record to take in')
    const id = { offset, epoch: this.entry(offset - 1)!.epoch }
    const below = [...this.#snapshotEntries(), ...this.entries.slice(0, offset - this.startOffset)]
    this.snapshots.push({ id, bytes: Buffer.from(JSON.stringify(below)) })
  }

  #snapshotEntries(): Entry[] {
    const start = this.snapshots.find(({ id }) => id.offset === this.startOffset)
    return start ? JSON.parse(start.bytes.toString()) : []
  }

  /** Removes what the latest snapshot holds, which is on the medium. */
  clean(): void {
    const { id, bytes } = this.snapshots.at(-1)!
    this.snapshots = [{ id, bytes }]
    this.entries = this.entries.slice(id.offset - this.startOffset)
    this.startOffset = id.offset
    this.syncedOffset = Math.max(this.syncedOffset, id.offset)
    this.#epochs = this.#epochs
      .filter(
        ({ startOffset }, at, all) =>
          startOffset >= id.offset || (all[at + 1]?.startOffset ?? Number.POSITIVE_INFINITY) > id.offset,
      )
      .map(({ epoch, startOffset }) => ({ epoch, startOffset: Math.max(startOffset, id.offset) }))
  }

  install(id: SnapshotId, bytes: Buffer): void {
    this.snapshots = [{ id, bytes }]
    this.entries = []
    this.#epochs = []
    this.startOffset = id.offset
    this.syncedOffset = id.offset
    this.#voters = this.#formatted ? [{ voters: this.#formatted, offset: -1 }] : []
    const voters = (JSON.parse(bytes.toString()) as Entry[]).findLast((entry) => entry.voters)?.voters
    if (voters) this.#voters.push({ voters, offset: id.offset - 1 })
  }

  /** The power fails: what was not synced is gone, or some of it is. */
  losePower(kept: number): void {
    this.truncateTo(Math.max(this.syncedOffset, Math.min(kept, this.endOffset)))
    this.syncedOffset = this.endOffset
  }
}
