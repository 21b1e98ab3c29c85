import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { Offset } from '../base/brand.ts'
import { MetadataLoader } from '../metadata/loader.ts'
import type { SnapshotId } from '../raft/types.ts'
import type { MetadataBatch } from './batches.ts'
import type { MetadataLog } from './metadata-log.ts'

/** Told of a batch when it is committed. `offset` is that of its last record. */
export type CommitListener = (records: readonly MetadataRecord[], offset: Offset, epoch: number) => void

type DataBatch = MetadataBatch & { readonly control: false }

/** Hands committed batches on, in the order of the log: to the image first, then to listeners. */
export class Committer {
  readonly loader = new MetadataLoader()
  readonly #log: MetadataLog
  readonly #listeners: CommitListener[] = []
  /** Batches that this node appended as the leader and that need not be read from the log again. */
  #own: DataBatch[] = []
  #nextOffset: Offset = 0
  #lastTimestamp = 0
  #bytes = 0
  #begun = false

  constructor(log: MetadataLog) {
    this.#log = log
  }

  /** Everything below has been handed on. */
  get nextOffset(): Offset {
    return this.#nextOffset
  }

  /** Of the last batch of records, in ms. */
  get lastTimestamp(): number {
    return this.#lastTimestamp
  }

  /** Of all batches handed on; grows only. */
  get bytes(): number {
    return this.#bytes
  }

  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener)
  }

  appended(batch: DataBatch): void {
    this.#own.push(batch)
  }

  /** What was appended may be cut off and be another thing in the end. */
  forgetAppended(): void {
    this.#own = []
  }

  /** Everything below `upTo` is committed. */
  advance(upTo: Offset): void {
    this.#begin()
    while (this.#nextOffset < upTo && (this.#handOwn(upTo) || this.#handStored(upTo)));
  }

  /** A snapshot stands for everything below its end (fact A76). */
  reload(id: SnapshotId): void {
    this.#begun = true
    const records: MetadataRecord[] = []
    for (const batch of this.#log.snapshots.batches(id)) if (!batch.control) records.push(...batch.records)
    this.loader.load(records, id.offset - 1, id.epoch)
    this.#nextOffset = id.offset
    this.#lastTimestamp = this.#log.snapshots.timestampOf(id)
  }

  /** The newest snapshot spares the log below it. */
  #begin(): void {
    const { latest } = this.#log.snapshots
    if (!this.#begun && latest) this.reload(latest)
    this.#begun = true
  }

  #handOwn(upTo: Offset): boolean {
    const batch = this.#own[0]
    if (batch?.baseOffset !== this.#nextOffset || batch.lastOffset >= upTo) return false
    this.#own.shift()
    this.#hand(batch)
    return true
  }

  /** Up to where our own begin. False: there is no whole batch below `upTo`. */
  #handStored(upTo: Offset): boolean {
    let handed = false
    const ownFrom = this.#own[0]?.baseOffset
    for (const batch of this.#log.batches(this.#nextOffset)) {
      if (batch.lastOffset >= upTo || batch.baseOffset === ownFrom) break
      this.#hand(batch)
      handed = true
    }
    return handed
  }

  #hand(batch: MetadataBatch): void {
    this.#nextOffset = batch.lastOffset + 1
    this.#bytes += batch.sizeInBytes
    if (batch.control) return
    this.#lastTimestamp = batch.timestamp
    const { records, lastOffset, epoch } = batch
    this.loader.handle(records, lastOffset, epoch)
    for (const listener of this.#listeners) listener(records, lastOffset, epoch)
  }
}
