import path from 'node:path'
import type { ControlRecord } from '../../protocol/control/index.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import { defaultsOf } from '../base/config.ts'
import { topicConfig } from '../log/config.ts'
import type { LogEnvironment } from '../log/environment.ts'
import { Log } from '../log/log.ts'
import { METADATA_TOPIC } from '../metadata/topic-names.ts'
import type { EpochEnd, LogRead, LogView, SnapshotId } from '../raft/types.ts'
import { decodeBatches, decodeControls, encodeControls, encodeRecords, type MetadataBatch } from './batches.ts'
import type { QuorumConfig } from './config.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { VoterHistory } from './voter-history.ts'

/** Fixed (KIP-516). */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

const MAX_BATCH_BYTES = 8 * 1024 * 1024

/** Of the metadata log: below `metadata.log.dir`. */
export const metadataLogDir = (dir: string): string => path.join(dir, `${METADATA_TOPIC}-0`)

/** The log begins above 0, and no snapshot leads there (fact A67). */
export class MissingSnapshot extends Error {
  override name = 'MissingSnapshot'
}

interface MetadataLogOptions {
  readonly environment: LogEnvironment
  /** metadata.log.dir */
  readonly dir: string
  readonly config: Pick<QuorumConfig, 'metadata.log.segment.bytes' | 'metadata.log.segment.ms'>
}

/**
 * The metadata log with its snapshots, as raft sees it and as the driver changes it.
 *
 * Invariants: there is a snapshot that ends at or behind `startOffset`, unless that is 0. What is appended has been handed
 * to the system; `syncedOffset` tells what is on the medium.
 */
export class MetadataLog implements LogView {
  readonly log: Log
  readonly snapshots: SnapshotStore
  readonly #voters = new VoterHistory()
  readonly #environment: LogEnvironment

  /** @throws MissingSnapshot, QuorumError, DecodeError, ProtocolError CORRUPT_MESSAGE, DiskError */
  constructor({ environment, dir, config }: MetadataLogOptions) {
    this.#environment = environment
    this.log = openLog(environment, metadataLogDir(dir), config)
    this.snapshots = new SnapshotStore(environment, this.log.dir)
    const { latest } = this.snapshots
    if (latest) this.snapshots.ensureWhole(latest)
    this.#reconcile()
    this.#loadVoters()
  }

  /** A crash between two steps of a snapshot's arrival, or of power, may have left a log that does not reach it. */
  #reconcile(): void {
    const { latest } = this.snapshots
    if (latest && (latest.offset > this.log.logEndOffset || latest.epoch > this.log.latestEpoch)) {
      this.log.truncateFullyAndStartAt(latest.offset)
    }
    if (this.startOffset > (latest?.offset ?? 0)) {
      throw new MissingSnapshot(`begins at offset ${this.startOffset} and no snapshot leads there`)
    }
    this.snapshots.removeBelow(this.startOffset)
  }

  #loadVoters(): void {
    const newest = this.snapshots.ids.at(-1)
    if (newest) this.#voters.restart(this.snapshots.controls(newest), newest.offset)
    for (const bytes of this.log.batches(newest?.offset ?? 0)) this.#noteControls(bytes)
  }

  /** What formatting wrote about the voters has been put beside the empty log. */
  formatted(): void {
    this.snapshots.refresh()
    this.#loadVoters()
  }

  get dir(): string {
    return this.log.dir
  }

  get startOffset(): Offset {
    return this.log.logStartOffset
  }

  get endOffset(): Offset {
    return this.log.logEndOffset
  }

  get syncedOffset(): Offset {
    return this.log.recoveryPoint
  }

  get lastEpoch(): number {
    const epoch = this.endOffset > this.startOffset ? this.log.epochOf(this.endOffset - 1) : -1
    return epoch >= 0 ? epoch : (this.snapshots.latest?.epoch ?? 0)
  }

  endOfEpoch(epoch: number): EpochEnd {
    const { entries } = this.log.epochs
    const found = entries.findLastIndex((entry) => entry.epoch <= epoch)
    const entry = entries[found]
    if (entry) return { epoch: entry.epoch, endOffset: entries[found + 1]?.startOffset ?? this.endOffset }
    const oldest = this.snapshots.oldest
    return oldest ? { epoch: oldest.epoch, endOffset: oldest.offset } : { epoch: 0, endOffset: 0 }
  }

  get latestSnapshot(): SnapshotId | undefined {
    return this.snapshots.latest
  }

  get oldestSnapshot(): SnapshotId | undefined {
    return this.snapshots.oldest
  }

  snapshotSize(id: SnapshotId): number | undefined {
    return id.offset === 0 ? undefined : this.snapshots.sizeOf(id)
  }

  get voterSet(): LogView['voterSet'] {
    return this.#voters.latest
  }

  get previousVoters(): LogView['previousVoters'] {
    return this.#voters.previous
  }

  get kraftVersion(): 0 | 1 {
    return this.#voters.kraftVersion
  }

  /** The voters for a snapshot that ends at `endOffset`. */
  votersBelow(endOffset: Offset) {
    return this.#voters.below(endOffset)
  }

  beginEpoch(epoch: number): void {
    this.log.assignEpoch(epoch, this.endOffset)
  }

  /** One atomic batch. */
  appendRecords(records: readonly MetadataRecord[], epoch: number): MetadataBatch & { readonly control: false } {
    const timestamp = this.#wallMs
    const batch = encodeRecords(records, { leaderEpoch: epoch, timestamp })
    const sizeInBytes = batch.length
    const lastOffset = this.#append(batch, epoch)
    const baseOffset = lastOffset - records.length + 1
    return { control: false, records, baseOffset, lastOffset, epoch, timestamp, sizeInBytes }
  }

  appendControls(records: readonly ControlRecord[], leaderEpoch: number): void {
    const batch = encodeControls(records, { leaderEpoch, timestamp: this.#wallMs })
    this.#voters.add(records, this.#append(batch, leaderEpoch))
  }

  /** What the leader sent, verbatim; without what is of a later epoch or cut off (N-A39). */
  appendFromLeader(records: Buffer, leaderEpoch: number): void {
    const from = this.endOffset
    this.log.appendAsFollower(records, { leaderEpoch })
    this.log.write()
    for (const batch of decodeControls(records)) {
      if (batch.baseOffset >= from && batch.lastOffset < this.endOffset)
        this.#voters.add(batch.records, batch.lastOffset)
    }
  }

  truncateTo(offset: Offset): void {
    this.log.truncateTo(offset)
    this.#voters.truncateTo(offset)
  }

  /** The log begins and ends where a snapshot does that has just arrived; older snapshots go. */
  resetTo(id: SnapshotId): void {
    this.log.truncateFullyAndStartAt(id.offset)
    this.#voters.restart(this.snapshots.controls(id), id.offset)
    this.snapshots.removeBelow(id.offset)
  }

  /** Stored bytes for a reply to Fetch. */
  async read({ offset, maxBytes }: LogRead): Promise<Buffer[]> {
    const { records } = await this.log.read({ offset, maxBytes, upTo: this.endOffset, minOneBatch: true })
    return records
  }

  /** Decoded, in order, from the batch that begins at `offset` on. Reads the disk synchronously. */
  *batches(offset: Offset): Generator<MetadataBatch, void, undefined> {
    for (const bytes of this.log.batches(offset)) yield* decodeBatches(bytes)
  }

  /** Moves the log start up to where a snapshot ends; what is wholly below goes, older snapshots too (fact A73). */
  startAt(offset: Offset): void {
    this.log.advanceLogStart(offset)
    this.snapshots.removeBelow(offset)
    const below = this.log.segments.filter((_, index, all) => (all[index + 1]?.baseOffset ?? offset + 1) <= offset)
    this.log.removeOldest(below.length)
  }

  get #wallMs(): number {
    return this.#environment.clock.wallMs()
  }

  #append(batch: Buffer, leaderEpoch: number): Offset {
    assert(batch.length <= MAX_BATCH_BYTES, `a metadata batch of ${batch.length} bytes`)
    const { lastOffset } = this.log.appendAsLeader(batch, { leaderEpoch, origin: 'raft', nowMs: this.#wallMs })
    this.log.write()
    return lastOffset
  }

  #noteControls(bytes: Buffer): void {
    for (const batch of decodeControls(bytes)) this.#voters.add(batch.records, batch.lastOffset)
  }
}

function openLog(environment: LogEnvironment, dir: string, config: MetadataLogOptions['config']): Log {
  return Log.open({
    environment,
    dir,
    topic: METADATA_TOPIC,
    partition: 0,
    topicId: METADATA_TOPIC_ID,
    config: {
      ...defaultsOf(topicConfig),
      'segment.bytes': config['metadata.log.segment.bytes'],
      'segment.ms': config['metadata.log.segment.ms'],
      'max.message.bytes': MAX_BATCH_BYTES,
      'retention.ms': -1,
      'retention.bytes': -1,
    },
  })
}
