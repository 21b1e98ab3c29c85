import { addToSequence, NO_PRODUCER_EPOCH, NO_SEQUENCE } from '../../protocol/records/batch.ts'

/** Batches of a producer that are remembered: as many as a client may have in flight. */
export const WINDOW = 5

/** One appended batch of a producer. */
export interface ProducerBatch {
  lastSequence: number
  lastOffset: number
  /** Last offset less first offset. */
  offsetDelta: number
  /** The batch's largest timestamp in ms. */
  timestamp: number
}

export function firstSequence(batch: ProducerBatch): number {
  const first = batch.lastSequence - batch.offsetDelta
  return first >= 0 ? first : addToSequence(0x7fffffff, first + 1)
}

export const firstOffset = (batch: ProducerBatch): number => batch.lastOffset - batch.offsetDelta

/**
 * What a partition knows of one producer (KIP-98). The batches are all of the present epoch, oldest first; a new epoch
 * empties the window, and then the next sequence must be 0 (C31).
 */
export class ProducerEntry {
  readonly producerId: number
  epoch = NO_PRODUCER_EPOCH
  batches: ProducerBatch[] = []
  /** Of the newest marker; -1 before the first. */
  coordinatorEpoch = -1
  /** Of the newest batch or marker, in ms of record time. */
  lastTimestamp = -1
  /** Where the open transaction begins; undefined without one. */
  txnFirstOffset: number | undefined

  constructor(producerId: number) {
    this.producerId = producerId
  }

  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
  }

  get lastOffset(): number {
    return this.batches.at(-1)?.lastOffset ?? -1
  }

  moveToEpoch(epoch: number): void {
    if (epoch === this.epoch) return
    this.batches = []
    this.epoch = epoch
  }

  add(epoch: number, batch: ProducerBatch): void {
    this.moveToEpoch(epoch)
    if (this.batches.length === WINDOW) this.batches.shift()
    this.batches.push(batch)
    this.lastTimestamp = batch.timestamp
  }

  /** The remembered batch with exactly these sequences (C28). */
  findDuplicate(epoch: number, first: number, last: number): ProducerBatch | undefined {
    if (epoch !== this.epoch) return undefined
    return this.batches.find((batch) => batch.lastSequence === last && firstSequence(batch) === first)
  }
}
