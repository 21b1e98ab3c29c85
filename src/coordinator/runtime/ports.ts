import type { ErrorCode } from '../../../protocol/errors.ts'

/**
 * The internal topic that a coordinator keeps its state in, as `src/node` wires it to the replica manager.
 */
export interface CoordinatorLog {
  /**
   * Appends one v2 batch as leader with origin 'coordinator' and the semantics of acks=-1. Resolves once the high
   * watermark is past the batch; rejects with ProtocolError.
   *
   * It may take as long as it takes: the runtime itself gives up on replies. After REQUEST_TIMED_OUT,
   * NOT_ENOUGH_REPLICAS_AFTER_APPEND or an error without a code it is unknown whether the batch is in the log, and the
   * shard is loaded anew; every other code says that the batch is not in the log.
   */
  append(partition: number, batch: Buffer): Promise<{ lastOffset: number }>
  /** Whole batches from the log start offset to the log end offset, one or more in each buffer. */
  read(partition: number): AsyncIterable<Buffer>
}

/** The bytes of a record in the log. A value of null is a tombstone. */
export interface EncodedRecord {
  key: Buffer
  value: Buffer | null
}

export interface RecordCodec<Record> {
  encode(record: Record): EncodedRecord
  /** Undefined for a record of a type that this coordinator does not know: it is skipped, and stays in the log. */
  decode(key: Buffer, value: Buffer | null): Record | undefined
}

/** The producer in whose name a batch is written; its records count once the transaction ends (fact E12). */
export interface TransactionalProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Where a replayed record comes from. */
export interface RecordOrigin {
  /** Grows from record to record: the offset while loading, a continuation of it afterwards. */
  readonly position: number
  /** Set for records whose transaction is not over. */
  readonly producer: TransactionalProducer | undefined
}

/** What an operation decided. */
export interface Outcome<Record, Response> {
  /** Written in one batch, all or none unless divisible, and replayed at once. */
  readonly records: readonly Record[]
  /** Given out when the records are committed; if there are none, when everything written before them is. */
  readonly response: Response
  /** The records may be spread over several batches, which others may come between: no need for all or none. */
  readonly isDivisible?: boolean
  /** Puts the records into a batch of their own. */
  readonly producer?: TransactionalProducer
  /**
   * Called once with NONE when the records are committed, or with the reason why they are not known to be; the state
   * has been taken back by then if they are not in the log. May decide something further.
   */
  readonly settled?: (code: ErrorCode) => Outcome<Record, void> | undefined
}

/**
 * The state of one partition of the internal topic.
 *
 * What is in records changes in `replay` and `endTransaction` only, in maps of the shard's timeline. What is in none,
 * such as who is connected and waits for what, belongs to the leader alone and is changed by operations.
 */
export interface CoordinatorState<Record> {
  replay(record: Record, origin: RecordOrigin): void
  /** The marker that ends a transaction was read while loading. */
  endTransaction(producer: TransactionalProducer, committed: boolean): void
  /** All of the log is replayed and requests come next: arm timers. */
  loaded(): void
  /** Uncommitted records were taken back: drop what stood on them. */
  reverted(code: ErrorCode): void
  /** The shard is given up with this code: answer whoever waits. Timers are gone already. */
  unloaded(code: ErrorCode): void
}

/** Timers of a shard, by name. Their operations write like any other. */
export interface ShardTimers<Record> {
  /** Replaces a timer of the same name. */
  schedule(name: string, delayMs: number, operation: () => Outcome<Record, void>): void
  cancel(name: string): void
}
