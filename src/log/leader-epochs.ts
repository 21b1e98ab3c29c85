import {
  decodeLeaderEpochCheckpoint,
  type EpochEntry,
  encodeLeaderEpochCheckpoint,
} from '../../protocol/checkpoint/leader-epoch-checkpoint.ts'
import { DecodeError } from '../../protocol/errors.ts'
import { assert } from '../base/assert.ts'
import { type Disk, DiskError } from '../base/disk.ts'

/** Answer to "where did this epoch end": -1 and -1 where nothing is known (D37). */
export interface EpochEnd {
  epoch: number
  endOffset: number
}

export const NO_EPOCH = -1
const UNKNOWN: EpochEnd = { epoch: NO_EPOCH, endOffset: -1 }

/**
 * Which leader epoch begins at which offset (KIP-101), kept in `leader-epoch-checkpoint`.
 *
 * Invariant: epochs and start offsets both grow from entry to entry.
 *
 * A new epoch is in the file at once. What a truncation removes leaves the file with the next `save`, which has to come
 * before anything is appended; loading would remove it again. There is no fsync: recovery finds the epochs behind the
 * recovery point in the batches again, and `sync` runs before that point moves.
 */
export class LeaderEpochs {
  readonly #disk: Disk
  #path: string
  #entries: EpochEntry[] = []
  /** What the file says. */
  #saved = ''
  #unsaved = false
  #unsynced = false

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** A file that makes no sense takes the log directory offline, as Apache Kafka does: who knows what else is damaged. */
  load(): void {
    this.#saved = this.#disk.exists(this.#path) ? this.#disk.readFile(this.#path).toString() : ''
    try {
      this.#entries = decodeLeaderEpochCheckpoint(this.#saved)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw new DiskError('EDAMAGED', `${this.#path} is damaged: ${error.message}`, error)
    }
  }

  movedTo(path: string): void {
    this.#path = path
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? NO_EPOCH
  }

  /**
   * Notes that `epoch` begins at `startOffset`. An epoch that is known already is left as it is; what contradicts the
   * new entry, such as an epoch that got no data, goes (B35).
   */
  assign(epoch: number, startOffset: number): void {
    assert(epoch >= 0 && startOffset >= 0, `epoch ${epoch} cannot begin at ${startOffset}`)
    const last = this.#entries.at(-1)
    if (last !== undefined && last.epoch === epoch && startOffset >= last.startOffset) return
    this.#entries = this.#entries.filter((entry) => entry.epoch < epoch && entry.startOffset < startOffset)
    this.#entries.push({ epoch, startOffset })
    this.#unsaved = true
    this.save()
  }

  /** Removes the epochs that begin at or after `endOffset` (B37). */
  truncateEnd(endOffset: number): void {
    if ((this.#entries.at(-1)?.startOffset ?? -1) < endOffset) return
    this.#entries = this.#entries.filter((entry) => entry.startOffset < endOffset)
    this.#unsaved = true
  }

  /** Drops what lies before the new log start; the epoch in force there begins at it from now on (B36). */
  truncateStart(startOffset: number): void {
    const behind = this.#entries.findIndex((entry) => entry.startOffset > startOffset)
    const inForce = (behind < 0 ? this.#entries.length : behind) - 1
    const first = this.#entries[inForce]
    if (first === undefined || (inForce === 0 && first.startOffset === startOffset)) return
    this.#entries = [{ epoch: first.epoch, startOffset }, ...this.#entries.slice(inForce + 1)]
    this.#unsaved = true
  }

  clear(): void {
    if (this.#entries.length === 0) return
    this.#entries = []
    this.#unsaved = true
  }

  /**
   * Where `epoch` ended: the latest epoch ends at the log's end; one in between at the start of the next larger one,
   * named by the largest epoch not above it; one below all known ends where those begin (D37).
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    const entries = this.#entries
    const last = entries.at(-1)
    if (last === undefined || epoch < 0 || epoch > last.epoch) return UNKNOWN
    if (epoch === last.epoch) return { epoch, endOffset: logEndOffset }
    const next = entries.findIndex((entry) => entry.epoch > epoch)
    const floor = entries[next - 1]
    return { epoch: floor?.epoch ?? epoch, endOffset: entries[next]!.startOffset }
  }

  /** The epoch in force at `offset`. */
  epochAt(offset: number): number | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch
  }

  /** The largest epoch below `epoch`. */
  previous(epoch: number): number | undefined {
    return this.#entries.findLast((entry) => entry.epoch < epoch)?.epoch
  }

  /** fsync of the last change; the directory's is the caller's. True where there was something to do. */
  async sync(): Promise<boolean> {
    this.save()
    if (!this.#unsynced) return false
    this.#unsynced = false
    const file = this.#disk.open(this.#path)
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
    return true
  }

  /** Brings the file in line. */
  save(): void {
    if (!this.#unsaved) return
    this.#unsaved = false
    const text = this.#entries.length === 0 ? '' : encodeLeaderEpochCheckpoint(this.#entries)
    if (text === this.#saved) return
    this.#disk.replaceFile(this.#path, text)
    this.#saved = text
    this.#unsynced = true
  }
}
