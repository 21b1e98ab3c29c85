import { ErrorCode, ProtocolError } from '../../../protocol/errors.ts'
import type { Clock, Timer, Timers } from '../../base/time.ts'
import { encodeBatch, recordSizeBound, type TimedRecord } from './batches.ts'
import type { EncodedRecord, TransactionalProducer } from './ports.ts'
import type { Timeline } from './timeline.ts'

export interface WriteQueueOptions {
  clock: Clock
  timers: Timers
  /** Wait this long for more writes; 0 or less: until the present turn of the event loop is over (fact N-E34). */
  lingerMs: number
  /** Upper bound of a batch in bytes: the topic's max.message.bytes. */
  maxBatchBytes: number
  /** Number of a compression codec; 0 is none. */
  compression: number
  /** Replies that waited this long for the high watermark are answered with REQUEST_TIMED_OUT. */
  writeTimeoutMs: number
  append: (batch: Buffer) => Promise<unknown>
  /** A batch did not get into the log; the timeline is back at the committed state. */
  onReverted: (code: ErrorCode) => void
  /** It is unknown whether a batch is in the log. */
  onUnknown: (code: ErrorCode) => void
}

/** What waits for a batch. */
type Settle = (code: ErrorCode) => void

interface Batch {
  readonly records: TimedRecord[]
  readonly producer: TransactionalProducer | undefined
  /** Batch header included. */
  bytes: number
  waiting: Settle[]
  timeout: Timer | undefined
}

const BATCH_HEADER_BYTES = 61
/** Codes of a failed append that leave open whether the batch is, or will be, in the log. */
const UNKNOWN_OUTCOME: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.UNKNOWN_SERVER_ERROR,
])

/**
 * The writes of one shard on their way to the log.
 *
 * One batch is in flight; what is written meanwhile gathers in the next. So every uncommitted record is either in the
 * batch in flight or not in the log at all, and when that batch fails, going back to the committed state is right for
 * all that follows it too: nothing that was decided on top of it has been appended. Each batch is one step of the
 * timeline, begun before its first record is replayed and committed when the high watermark has passed it.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions
  readonly #timeline: Timeline
  /** Oldest first. The first one is in flight if `#inFlight`; the last one takes further records if `#open`. */
  #batches: Batch[] = []
  #inFlight = false
  #open = false
  #flushPlanned = false
  #closed = false

  constructor(timeline: Timeline, options: WriteQueueOptions) {
    this.#timeline = timeline
    this.#options = options
  }

  /** How many of the records, from `start` on, fit into one batch (fact E13). */
  fitting(records: readonly EncodedRecord[], start = 0): number {
    let bytes = BATCH_HEADER_BYTES
    for (let i = start; i < records.length; i++) {
      bytes += recordSizeBound(records[i]!)
      if (bytes > this.#options.maxBatchBytes) return i - start
    }
    return records.length - start
  }

  /** Adds records as a whole to a batch; `replay` is called within the batch's step of the timeline. */
  write(
    records: readonly EncodedRecord[],
    producer: TransactionalProducer | undefined,
    settle: Settle | undefined,
    replay: () => void,
  ): void {
    const bytes = sizeOf(records)
    const batch = this.#batchFor(bytes, producer)
    batch.bytes += bytes
    const timestamp = this.#options.clock.wallMs()
    for (const { key, value } of records) batch.records.push({ key, value, timestamp })
    if (settle) batch.waiting.push(settle)
    replay()
    this.#plan()
  }

  /** Settles when all that is written so far is committed: at once if nothing is under way. */
  afterWrites(settle: Settle): void {
    const newest = this.#batches.at(-1)
    if (newest) newest.waiting.push(settle)
    else settle(ErrorCode.NONE)
  }

  /** Gives up all batches without touching the timeline. */
  close(code: ErrorCode): void {
    this.#closed = true
    this.#dropAll(code)
  }

  #batchFor(bytes: number, producer: TransactionalProducer | undefined): Batch {
    const newest = this.#open ? this.#batches.at(-1) : undefined
    if (newest && !producer && newest.bytes + bytes <= this.#options.maxBatchBytes) return newest
    const batch: Batch = { records: [], producer, bytes: BATCH_HEADER_BYTES, waiting: [], timeout: undefined }
    batch.timeout = this.#options.timers.after(this.#options.writeTimeoutMs, () => {
      settleAll(batch, ErrorCode.REQUEST_TIMED_OUT)
    })
    this.#timeline.begin()
    this.#batches.push(batch)
    this.#open = producer === undefined
    return batch
  }

  #plan(): void {
    if (this.#flushPlanned || this.#inFlight || this.#closed || this.#batches.length === 0) return
    this.#flushPlanned = true
    const flush = () => {
      this.#flushPlanned = false
      this.#flush()
    }
    const { lingerMs, timers } = this.#options
    if (lingerMs > 0 && this.#batches.length === 1 && this.#open) timers.after(lingerMs, flush)
    else timers.soon(flush)
  }

  #flush(): void {
    const batch = this.#batches[0]
    if (!batch || this.#inFlight || this.#closed) return
    if (this.#batches.length === 1) this.#open = false
    this.#inFlight = true
    this.#options.append(encodeBatch(batch.records, batch.producer, this.#options.compression)).then(
      () => this.#committed(batch),
      (error) => this.#failed(batch, error),
    )
  }

  #committed(batch: Batch): void {
    if (this.#closed || this.#batches[0] !== batch) return
    this.#batches.shift()
    this.#inFlight = false
    this.#timeline.commitOldest()
    batch.timeout?.cancel()
    settleAll(batch, ErrorCode.NONE)
    this.#plan()
  }

  #failed(batch: Batch, error: unknown): void {
    if (this.#closed || this.#batches[0] !== batch) return
    const code = error instanceof ProtocolError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR
    if (UNKNOWN_OUTCOME.has(code)) {
      this.#options.onUnknown(code)
      return
    }
    this.#timeline.revert()
    this.#inFlight = false
    this.#options.onReverted(code)
    this.#dropAll(code)
  }

  #dropAll(code: ErrorCode): void {
    const batches = this.#batches
    this.#batches = []
    this.#open = false
    for (const batch of batches) {
      batch.timeout?.cancel()
      settleAll(batch, code)
    }
  }
}

function sizeOf(records: readonly EncodedRecord[]): number {
  return records.reduce((sum, record) => sum + recordSizeBound(record), 0)
}

function settleAll(batch: Batch, code: ErrorCode): void {
  const waiting = batch.waiting
  batch.waiting = []
  for (const settle of waiting) settle(code)
}
