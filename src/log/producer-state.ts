import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../protocol/checkpoint/producer-snapshot.ts'
import { DecodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { BatchView } from '../../protocol/records/batch.ts'
import { MAX_SEQUENCE, NO_PRODUCER_EPOCH } from '../../protocol/records/batch.ts'
import { parseMarker } from '../../protocol/records/control.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { assert } from '../base/assert.ts'
import type { Logger } from '../base/logger.ts'
import { JavaHashOrder } from './java-hash-order.ts'
import { type ProducerBatch, ProducerEntry } from './producer-entry.ts'
import type { SnapshotFiles } from './producer-snapshots.ts'
import type { AbortedTxn } from './txn-index.ts'
import { type Verification, Verifications } from './verifications.ts'

/**
 * Who appends. A client's sequences are checked; a coordinator's batches and markers are held to the epoch only; what
 * comes from a leader or is read back at recovery was accepted once and is taken as it is (C36).
 */
export type AppendOrigin = 'client' | 'coordinator' | 'raft' | 'replication'

/** The last epoch there is; its transactions end in it, since no higher one is left (N-D26). */
const MAX_PRODUCER_EPOCH = 32767

/** A transaction whose marker has been appended. */
export interface CompletedTxn extends AbortedTxn {
  isAborted: boolean
}

export interface ProducerStateOptions {
  snapshots: SnapshotFiles
  logger: Logger
  /** `producer.id.expiration.ms` */
  expirationMs: number
}

/**
 * The producers of one partition (facts C25 to C36, B48 to B56): sequence windows, epochs, open transactions.
 *
 * Invariants: `endOffset` is the log's end as far as this state covers it; #ongoing is in order of first offset, because
 * offsets only grow.
 */
export class ProducerState {
  readonly snapshots: SnapshotFiles
  verifications = new Verifications()
  readonly #logger: Logger
  /** A producer that writes nothing for so long is forgotten. */
  expirationMs: number
  #producers = new Map<number, ProducerEntry>()
  readonly #hashOrder = new JavaHashOrder()
  /** Open transactions: first offset to producer. */
  readonly #ongoing = new Map<number, number>()
  /** Decided transactions whose markers lie at or above the high watermark: first offset to marker's offset. */
  readonly #unreplicated = new Map<number, number>()
  #endOffset = 0

  constructor(options: ProducerStateOptions) {
    this.snapshots = options.snapshots
    this.#logger = options.logger
    this.expirationMs = options.expirationMs
  }

  get endOffset(): number {
    return this.#endOffset
  }

  get producers(): ReadonlyMap<number, ProducerEntry> {
    return this.#producers
  }

  get isEmpty(): boolean {
    return this.#producers.size === 0 && this.#unreplicated.size === 0
  }

  /** The batch that a client's batch repeats, if it does (C28). */
  findDuplicate(batch: BatchView): ProducerBatch | undefined {
    return this.#producers
      .get(batch.producerId)
      ?.findDuplicate(batch.producerEpoch, batch.baseSequence, batch.lastSequence)
  }

  /** Refuses a batch that may not follow what the producer has in this log. Changes nothing. */
  check(batch: BatchView, origin: AppendOrigin): void {
    const entry = this.#producers.get(batch.producerId)
    if (origin === 'client') this.#checkPending(entry, batch)
    if (entry === undefined) return
    this.#checkEpoch(entry, batch, origin)
    if (batch.isControl) return
    if (origin === 'client') checkSequence(entry, batch)
    if (entry.txnFirstOffset !== undefined && !batch.isTransactional && origin !== 'replication') {
      throw new ProtocolError(
        ErrorCode.INVALID_TXN_STATE,
        `producer ${batch.producerId} has an open transaction and sent a batch outside of it`,
      )
    }
  }

  /** While the coordinator is asked, only the lowest sequence may come first (C35, N-D12). */
  #checkPending(entry: ProducerEntry | undefined, batch: BatchView): void {
    const pending = this.verifications.get(batch.producerId)
    if (pending === undefined) return
    const isUnknown = entry === undefined || entry.epoch === NO_PRODUCER_EPOCH
    const least = pending.supportsEpochBump && isUnknown ? 0 : pending.lowestSequence
    if (batch.baseSequence > least) {
      throw new ProtocolError(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `producer ${batch.producerId} sent sequence ${batch.baseSequence} before ${least}`,
      )
    }
  }

  /**
   * Begins to confirm a producer's transaction. Undefined where there is nothing to confirm: it is open here already.
   * @throws ProtocolError INVALID_PRODUCER_EPOCH (N-D13)
   */
  startVerification(wanted: Verification): Verification | undefined {
    const entry = this.#producers.get(wanted.producerId)
    if (entry !== undefined && wanted.epoch < entry.epoch)
      throw staleEpoch(wanted.producerId, wanted.epoch, entry.epoch)
    if (this.hasOngoingTxn(wanted.producerId, wanted.epoch)) return undefined
    return this.verifications.start(wanted)
  }

  /**
   * Refuses a batch that would begin a transaction which the coordinator has not confirmed. `given`: what
   * `startVerification` gave for it. Comes after `check`, so that an old epoch is told first (N-D13).
   */
  checkVerified(batch: BatchView, given: Verification | undefined): void {
    if (!batch.isTransactional || this.hasOngoingTxn(batch.producerId, batch.producerEpoch)) return
    if (given !== undefined && given === this.verifications.get(batch.producerId)) return
    throw new ProtocolError(
      ErrorCode.INVALID_TXN_STATE,
      `the partition is not confirmed to be part of the transaction of producer ${batch.producerId}`,
    )
  }

  /** Refuses a marker of a coordinator that has been replaced (C34), and under TV2 one without a new epoch (N-D25, N-D26). */
  checkMarker(batch: BatchView, coordinatorEpoch: number, transactionVersion: number): void {
    const entry = this.#producers.get(batch.producerId)
    if (entry === undefined) return
    const isOpen = entry.txnFirstOffset !== undefined
    if (transactionVersion >= 2 && batch.producerEpoch === entry.epoch && isOpen && entry.epoch < MAX_PRODUCER_EPOCH) {
      throw staleEpoch(batch.producerId, batch.producerEpoch, entry.epoch)
    }
    if (coordinatorEpoch < entry.coordinatorEpoch) {
      throw new ProtocolError(
        ErrorCode.TRANSACTION_COORDINATOR_FENCED,
        `marker of coordinator epoch ${coordinatorEpoch}, but ${entry.coordinatorEpoch} is known`,
      )
    }
  }

  #checkEpoch(entry: ProducerEntry, batch: BatchView, origin: AppendOrigin): void {
    if (batch.producerEpoch >= entry.epoch) return
    if (origin !== 'replication') throw staleEpoch(batch.producerId, batch.producerEpoch, entry.epoch)
    this.#logger.warn('a batch of an old producer epoch is in the log', {
      producerId: batch.producerId,
      epoch: batch.producerEpoch,
      known: entry.epoch,
      offset: batch.baseOffset,
    })
  }

  /** Takes note of an appended batch that has a producer id. Gives the transaction that a marker completed. */
  update(batch: BatchView): CompletedTxn | undefined {
    const entry = this.#entryFor(batch.producerId)
    if (batch.isControl) return this.#applyMarker(entry, batch)
    entry.add(batch.producerEpoch, {
      lastSequence: batch.lastSequence,
      lastOffset: batch.lastOffset,
      offsetDelta: batch.lastOffset - batch.baseOffset,
      timestamp: batch.maxTimestamp,
    })
    if (batch.isTransactional && entry.txnFirstOffset === undefined) {
      entry.txnFirstOffset = batch.baseOffset
      this.#ongoing.set(batch.baseOffset, batch.producerId)
      this.verifications.finish(batch.producerId)
    }
    return undefined
  }

  #applyMarker(entry: ProducerEntry, batch: BatchView): CompletedTxn | undefined {
    const record = batch.recordCount > 0 ? readRecords(batch).next().value : undefined
    const marker = record ? parseMarker(record) : null
    if (marker === null) return undefined
    this.verifications.finish(batch.producerId)
    entry.moveToEpoch(batch.producerEpoch)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = batch.maxTimestamp
    const firstOffset = entry.txnFirstOffset
    if (firstOffset === undefined) return undefined
    entry.txnFirstOffset = undefined
    const lastOffset = batch.baseOffset
    this.#ongoing.delete(firstOffset)
    this.#unreplicated.set(firstOffset, lastOffset)
    const [nextOpen] = this.#ongoing.keys()
    const lastStableOffset = nextOpen ?? lastOffset + 1
    return { producerId: entry.producerId, firstOffset, lastOffset, lastStableOffset, isAborted: !marker.isCommit }
  }

  #entryFor(producerId: number): ProducerEntry {
    let entry = this.#producers.get(producerId)
    if (entry === undefined) {
      entry = new ProducerEntry(producerId)
      this.#producers.set(producerId, entry)
      this.#hashOrder.grewTo(this.#producers.size)
    }
    return entry
  }

  /** The log, up to here, has been taken note of. */
  advanceTo(endOffset: number): void {
    this.#endOffset = endOffset
  }

  /** First offset of the oldest transaction that is open, or decided but not yet below the high watermark (D11). */
  get firstUnstableOffset(): number | undefined {
    let [first] = this.#ongoing.keys()
    for (const decided of this.#unreplicated.keys()) if (first === undefined || decided < first) first = decided
    return first
  }

  /** Markers below the high watermark no longer hold readers back. */
  onHighWatermark(highWatermark: number): void {
    for (const [firstOffset, lastOffset] of this.#unreplicated) {
      if (lastOffset >= highWatermark) continue
      this.#unreplicated.delete(firstOffset)
    }
  }

  /** Whether `producerId` has a transaction open here in this very epoch (N-D7). */
  hasOngoingTxn(producerId: number, epoch: number): boolean {
    const entry = this.#producers.get(producerId)
    return entry?.txnFirstOffset !== undefined && entry.epoch === epoch
  }

  /** Forgets producers whose last record is so long past, unless they have a transaction open (C33). */
  removeExpired(nowMs: number): void {
    this.verifications.removeOlderThan(nowMs - this.expirationMs)
    for (const entry of this.#producers.values()) {
      if (this.#isExpired(entry.lastTimestamp, entry.txnFirstOffset, nowMs)) this.#producers.delete(entry.producerId)
    }
  }

  #isExpired(timestamp: number, txnFirstOffset: number | undefined, nowMs: number): boolean {
    return txnFirstOffset === undefined && nowMs - timestamp >= this.expirationMs
  }

  clear(endOffset: number): void {
    this.#producers = new Map()
    this.#ongoing.clear()
    this.#unreplicated.clear()
    this.#endOffset = endOffset
  }

  /** Writes a snapshot if the last one is older than the state (B25). */
  takeSnapshot(): void {
    if (this.#endOffset <= (this.snapshots.latest() ?? 0)) return
    const entries = this.#hashOrder.order([...this.#producers.keys()]).map((id) => toSnapshot(this.#producers.get(id)!))
    this.snapshots.write(this.#endOffset, encodeProducerSnapshot(entries))
  }

  /**
   * Starts from the newest usable snapshot at or below `endOffset`; gives the offset from which the log must be read to
   * bring the state up to date. Snapshots that cannot be read are removed (B54).
   */
  loadSnapshot(logStartOffset: number, endOffset: number, nowMs: number): number {
    for (;;) {
      const offset = this.snapshots.latest(endOffset)
      if (offset === undefined) {
        this.clear(logStartOffset)
        return logStartOffset
      }
      try {
        this.#restore(offset, nowMs)
        return offset
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        this.#logger.warn('a producer snapshot cannot be read and is removed', { offset, reason: error.message })
        this.snapshots.remove(offset)
      }
    }
  }

  #restore(offset: number, nowMs: number): void {
    const entries = decodeProducerSnapshot(this.snapshots.read(offset))
    this.clear(offset)
    for (const row of [...entries].sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)) {
      const txnFirstOffset = row.currentTxnFirstOffset >= 0 ? row.currentTxnFirstOffset : undefined
      if (this.#isExpired(row.timestamp, txnFirstOffset, nowMs)) continue
      const entry = this.#entryFor(row.producerId)
      const { lastSequence, lastOffset, offsetDelta, timestamp } = row
      entry.epoch = row.epoch
      if (lastOffset >= 0) entry.batches.push({ lastSequence, lastOffset, offsetDelta, timestamp })
      entry.lastTimestamp = timestamp
      entry.coordinatorEpoch = row.coordinatorEpoch
      entry.txnFirstOffset = txnFirstOffset
      if (txnFirstOffset !== undefined) this.#ongoing.set(txnFirstOffset, row.producerId)
    }
    assert(this.#endOffset === offset, 'a restored state ends at its snapshot')
  }
}

function toSnapshot(entry: ProducerEntry) {
  const last = entry.batches.at(-1)
  return {
    producerId: entry.producerId,
    epoch: entry.epoch,
    lastSequence: entry.lastSequence,
    lastOffset: entry.lastOffset,
    offsetDelta: last?.offsetDelta ?? 0,
    timestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnFirstOffset: entry.txnFirstOffset ?? -1,
  }
}

/** C25 to C27, C30: the next sequence, or 0 after a new epoch or the largest one. */
function checkSequence(entry: ProducerEntry, batch: BatchView): void {
  const first = batch.baseSequence
  if (entry.epoch === NO_PRODUCER_EPOCH) return
  const last = batch.producerEpoch === entry.epoch ? entry.lastSequence : -1
  if (first === last + 1 || (first === 0 && last === MAX_SEQUENCE)) return
  throw new ProtocolError(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${batch.producerId} epoch ${batch.producerEpoch} sent sequence ${first} after ${last}`,
  )
}

function staleEpoch(producerId: number, epoch: number, known: number): ProtocolError {
  return new ProtocolError(
    ErrorCode.INVALID_PRODUCER_EPOCH,
    `epoch ${epoch} of producer ${producerId} is older than the known ${known}`,
  )
}
