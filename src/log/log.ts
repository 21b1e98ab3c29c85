import path from 'node:path'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { BatchView } from '../../protocol/records/batch.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { assert } from '../base/assert.ts'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { type AppendInfo, appended, checkProducers, type LeaderAppend, noteEpochs } from './append.ts'
import { segmentBytes, type TopicConfig } from './config.ts'
import type { LogEnvironment } from './environment.ts'
import { isFutureDir, LEADER_EPOCH_FILE } from './file-names.ts'
import { type FlushedLog, Flusher } from './flusher.ts'
import type { EpochEnd, LeaderEpochs } from './leader-epochs.ts'
import { type LoadedLog, loadLog } from './loader.ts'
import type { FetchSlice, FoundRecord, ReadOptions } from './log-read.ts'
import { LogReader, type ReadableLog } from './log-reader.ts'
import type { ProducerState } from './producer-state.ts'
import { mustRoll, Roller } from './roll.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import { type ShortenedLog, Shortener } from './shorten.ts'
import { Tail } from './tail.ts'
import { TopicIdFile } from './topic-id-file.ts'
import { validateForFollower, validateForLeader } from './validator.ts'
import type { Verification } from './verifications.ts'
import { WriteQueue } from './write-queue.ts'

export type { AppendInfo, LeaderAppend } from './append.ts'
export type { AbortedTransaction, FetchSlice, FoundRecord, ReadOptions } from './log-read.ts'
export { type RecordError, RecordValidationError } from './validator.ts'

export interface LogOptions {
  environment: LogEnvironment
  /** The partition's directory; made if it is not there. */
  dir: string
  topic: string
  partition: number
  /** ZERO_UUID where unknown: then whatever partition.metadata says holds. */
  topicId: string
  config: TopicConfig
  /** The broker stopped in order (B61). A directory that is new counts as clean. */
  clean?: boolean
  /** From the checkpoints; 0 where they say nothing. */
  recoveryPoint?: number
  logStartOffset?: number
  highWatermark?: number
  /** `producer.id.expiration.ms`; default one day. */
  producerIdExpirationMs?: number
  /** The recovery point went back: what a checkpoint says of it must not stay above (B62). */
  onTruncation?: (log: Log) => void
  /** The disk failed under this log: from now on every operation is KAFKA_STORAGE_ERROR. Called once. */
  onFailure?: (log: Log, error: DiskError) => void
}

/**
 * One partition's log.
 *
 * Appending has two steps: `appendAs…` checks, assigns offsets, updates all state and keeps the bytes; `write` hands
 * everything kept to the system, as one gathered write. Nothing may be acknowledged, or shown to readers, before it is
 * below `writtenEndOffset`.
 *
 * Invariants: recoveryPoint <= writtenEndOffset <= logEndOffset, and logStartOffset <= logEndOffset. Segments cover
 * [first base, logEndOffset) without overlap.
 *
 * The operation during which the disk fails throws the DiskError; every one after it KAFKA_STORAGE_ERROR. Nothing is
 * changed on disk any more then, so that recovery finds all that was acknowledged.
 */
export class Log {
  readonly topic: string
  readonly partition: number
  readonly #environment: LogEnvironment
  readonly #logger: Logger
  readonly #onFailure: ((log: Log, error: DiskError) => void) | undefined
  readonly #onTruncation: ((log: Log) => void) | undefined
  readonly #segments: Segments
  readonly #epochs: LeaderEpochs
  readonly #producers: ProducerState
  readonly #tail: Tail
  readonly #queue = new WriteQueue()
  readonly #reader: LogReader
  readonly #flusher: Flusher
  readonly #roller: Roller
  readonly #shortener: Shortener
  readonly #topicIdFile: TopicIdFile
  #dir: string
  #config: TopicConfig
  #logStartOffset: number
  #endOffset: number
  #writtenEndOffset: number
  #highWatermark: number
  #failure: DiskError | undefined
  #closed = false
  #lastFlushMs: number

  /** Loads the log in `dir`, recovering it where needed, or makes a new one. Synchronous. */
  static open(options: LogOptions): Log {
    const { disk } = options.environment
    const isNew = !disk.exists(options.dir)
    const loaded = loadLog({
      environment: options.environment,
      dir: options.dir,
      config: options.config,
      clean: isNew || (options.clean ?? false),
      recoveryPoint: options.recoveryPoint ?? 0,
      logStartOffset: options.logStartOffset ?? 0,
      producerIdExpirationMs: options.producerIdExpirationMs ?? 86_400_000,
    })
    return new Log(options, loaded, isNew)
  }

  private constructor(options: LogOptions, loaded: LoadedLog, isNew: boolean) {
    const { environment, topic, partition } = options
    this.topic = topic
    this.partition = partition
    this.#environment = environment
    this.#logger = environment.logger.child({ topic, partition })
    this.#onFailure = options.onFailure
    this.#onTruncation = options.onTruncation
    this.#dir = options.dir
    this.#config = options.config
    this.#segments = loaded.segments
    this.#epochs = loaded.epochs
    this.#producers = loaded.producers
    this.#tail = new Tail(environment.tails)
    this.#logStartOffset = loaded.logStartOffset
    this.#endOffset = loaded.endOffset
    this.#writtenEndOffset = loaded.endOffset
    this.#highWatermark = clamp(options.highWatermark ?? loaded.logStartOffset, loaded.logStartOffset, loaded.endOffset)
    this.#producers.onHighWatermark(this.#highWatermark)
    this.#lastFlushMs = environment.clock.wallMs()
    this.#topicIdFile = new TopicIdFile(environment.disk, options.dir, this.#logger)
    const inside = this.#inside()
    this.#reader = new LogReader(inside)
    this.#flusher = new Flusher(inside, loaded.recoveryPoint, isNew || loaded.endOffset === 0)
    this.#roller = new Roller(inside)
    this.#shortener = new Shortener(inside, this.#roller)
    if (options.topicId !== ZERO_UUID) this.assignTopicId(options.topicId)
  }

  /** What the parts of this log see of it: who reads, who flushes, who begins segments and who takes records away. */
  #inside(): ReadableLog & FlushedLog & ShortenedLog {
    const log = this
    return {
      environment: this.#environment,
      disk: this.#environment.disk,
      clock: this.#environment.clock,
      flushes: this.#environment.flushes,
      segments: this.#segments,
      epochs: this.#epochs,
      producers: this.#producers,
      topicIdFile: this.#topicIdFile,
      tail: this.#tail,
      queue: this.#queue,
      get flusher() {
        return log.#flusher
      },
      get dir() {
        return log.#dir
      },
      get config() {
        return log.#config
      },
      get logStartOffset() {
        return log.#logStartOffset
      },
      set logStartOffset(offset) {
        log.#logStartOffset = offset
      },
      get logEndOffset() {
        return log.#endOffset
      },
      get writtenEndOffset() {
        return log.#writtenEndOffset
      },
      get highWatermark() {
        return log.#highWatermark
      },
      set highWatermark(offset) {
        log.highWatermark = offset
      },
      get failure() {
        return log.#failure
      },
      get isClosed() {
        return log.#closed
      },
      writeQueued: () => {
        this.#lastFlushMs = this.#environment.clock.wallMs()
        this.#writeQueued()
        return this.#writtenEndOffset
      },
      handOver: () => this.#writeQueued(),
      endsAt: (offset) => {
        this.#endOffset = offset
        this.#writtenEndOffset = offset
      },
      advanceLogStart: (offset) => this.advanceLogStart(offset),
      recoveryPointWentBack: () => this.#onTruncation?.(this),
      // Whoever reads a log that has been closed meanwhile looks for another, as one who comes later does.
      failRead: (error) => (this.#closed && error instanceof DiskError ? this.#closedError(error) : this.#fail(error)),
      fail: (error) => this.#fail(error),
    }
  }

  get dir(): string {
    return this.#dir
  }

  /** A copy on its way to another log directory, that is not its partition's log yet (KIP-113). */
  get isFuture(): boolean {
    return isFutureDir(this.#dir)
  }

  /** ZERO_UUID where the log has none. */
  get topicId(): string {
    return this.#topicIdFile.topicId
  }

  get config(): TopicConfig {
    return this.#config
  }

  /** Holds from the next append, roll or check on. */
  set config(config: TopicConfig) {
    this.#config = config
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** The offset that the next record gets. */
  get logEndOffset(): number {
    return this.#endOffset
  }

  /** Everything below has been handed to the system and survives the death of the process. */
  get writtenEndOffset(): number {
    return this.#writtenEndOffset
  }

  /** Everything below has been flushed to the medium. */
  get recoveryPoint(): number {
    return this.#flusher.recoveryPoint
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Everything below is committed. Clamped to the log. */
  set highWatermark(offset: number) {
    this.#highWatermark = clamp(offset, this.#logStartOffset, this.#endOffset)
    this.#producers.onHighWatermark(this.#highWatermark)
  }

  /** Everything below is committed and of decided transactions (D11). */
  lastStableOffset(highWatermark = this.#highWatermark): number {
    const unstable = this.#producers.firstUnstableOffset
    if (unstable === undefined || unstable >= highWatermark) return highWatermark
    return Math.max(unstable, this.#logStartOffset)
  }

  get failure(): DiskError | undefined {
    return this.#failure
  }

  /** Base offset of the segment that takes appends. */
  get activeSegmentBaseOffset(): number {
    return this.#segments.active.baseOffset
  }

  /** The segments in order, for retention, compaction and statistics. */
  get segments(): readonly Segment[] {
    return this.#segments.all
  }

  /** Whether `offset` lies in a segment before the one that `bound` lies in: no read from it comes to `bound` (D8). */
  isInOlderSegment(offset: number, bound: number): boolean {
    return (this.#segments.holding(offset)?.baseOffset ?? -1) < (this.#segments.holding(bound)?.baseOffset ?? -1)
  }

  get sizeBytes(): number {
    return this.#segments.all.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  get producers(): ProducerState {
    return this.#producers
  }

  get hasPending(): boolean {
    return !this.#queue.isEmpty
  }

  // Topic id

  /** Ties the directory to the topic, once (B39). */
  assignTopicId(topicId: string): void {
    const known = this.#topicIdFile.topicId
    if (topicId === known) return
    if (known !== ZERO_UUID) {
      throw new ProtocolError(
        ErrorCode.INCONSISTENT_TOPIC_ID,
        `${this.#dir} belongs to topic id ${known}, not ${topicId}`,
      )
    }
    this.#guard(() => this.#topicIdFile.write(topicId))
    this.#flusher.namesChanged()
  }

  // Appending

  /**
   * Appends as the leader: offsets and leader epoch are assigned in place, so the buffer is taken over.
   * @throws ProtocolError with the codes of facts C10 to C36; RecordValidationError names records
   */
  appendAsLeader(records: Buffer, options: LeaderAppend): AppendInfo {
    this.#ensureOnline()
    const { origin, nowMs, version, leaderEpoch } = options
    const batches = validateForLeader(records, {
      config: this.#config,
      origin,
      version,
      nowMs,
      baseOffset: this.#endOffset,
      leaderEpoch,
    })
    if (batches.length === 0) return appended(this.#logStartOffset, -1, -1)
    return this.#guard(() => {
      const bytes = this.#prepare(batches)
      const duplicate = checkProducers(this.#producers, batches, options, this.#logStartOffset)
      if (duplicate !== undefined) return duplicate
      this.#appendAll(batches)
      const stamped = this.#config['message.timestamp.type'] === 'LogAppendTime' && origin !== 'raft'
      return appended(this.#logStartOffset, batches[0]!.baseOffset, this.#endOffset - 1, {
        sizeBytes: bytes,
        logAppendTimeMs: stamped ? nowMs : -1,
      })
    })
  }

  /**
   * Appends what the leader sent: offsets and epochs stay. A cut off last batch is left out.
   * @throws ProtocolError CORRUPT_MESSAGE, …
   */
  appendAsFollower(records: Buffer, { leaderEpoch }: { leaderEpoch: number }): AppendInfo {
    this.#ensureOnline()
    const batches = validateForFollower(records, this.#endOffset, leaderEpoch)
    if (batches.length === 0) return appended(this.#logStartOffset, -1, -1)
    return this.#guard(() => {
      const bytes = this.#prepare(batches)
      this.#appendAll(batches)
      return appended(this.#logStartOffset, batches[0]!.baseOffset, this.#endOffset - 1, { sizeBytes: bytes })
    })
  }

  /** Leader epochs, then size, then a new segment where needed: all before the producer's state is looked at (B26, C9). */
  #prepare(batches: readonly BatchView[]): number {
    const bytes = noteEpochs(this.#epochs, batches)
    const limit = segmentBytes(this.#config)
    if (bytes > limit) {
      throw new ProtocolError(ErrorCode.RECORD_LIST_TOO_LARGE, `${bytes} bytes do not fit into a segment of ${limit}`)
    }
    if (mustRoll(this.#segments.active, batches, this.#config, this.#environment.clock.wallMs())) {
      this.#roller.roll(Math.max(batches[0]!.baseOffset, this.#endOffset))
    }
    return bytes
  }

  /**
   * Before the first batch of a transaction: begins to confirm it with the coordinator (KIP-890). Undefined where it is
   * open in this log already. The result goes with the append.
   */
  startVerification(wanted: Omit<Verification, 'sinceMs'>): Verification | undefined {
    this.#ensureOnline()
    return this.#producers.startVerification({ ...wanted, sinceMs: this.#environment.clock.wallMs() })
  }

  #appendAll(batches: readonly BatchView[]): void {
    const segment = this.#segments.active
    const nowMs = this.#environment.clock.monotonicMs()
    for (const batch of batches) {
      const position = segment.append(batch, this.#config['index.interval.bytes'])
      const { baseOffset, lastOffset } = batch
      const kept = this.#tail.add(batch.bytes, baseOffset, lastOffset, segment, position, nowMs)
      this.#queue.add(segment, position, lastOffset, kept)
      if (batch.hasProducerId) {
        const completed = this.#producers.update(batch)
        if (completed?.isAborted) segment.txnIndex.append(completed)
      }
      this.#endOffset = lastOffset + 1
      this.#producers.advanceTo(this.#endOffset)
    }
  }

  // Rolling

  /** Ends the active segment and begins one at the log's end (B22 to B24). The old one is flushed meanwhile. */
  roll(): void {
    this.#ensureOnline()
    this.#guard(() => this.#roller.roll(this.#endOffset))
  }

  // Writing and flushing

  /**
   * Hands everything appended to the system, gathered. A promise where `flush.messages` asks for fsync: what was
   * appended may be acknowledged when it resolves (B69).
   * @throws DiskError (or rejects with it): the log has failed, and what was not written is not in it
   */
  write(): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#writeQueued()
    } catch (error) {
      throw this.#fail(error)
    }
    return this.#flushesEagerly() ? this.flush() : undefined
  }

  #flushesEagerly(): boolean {
    return this.#writtenEndOffset - this.recoveryPoint >= this.#config['flush.messages']
  }

  #writeQueued(): void {
    this.#queue.write((lastOffset) => {
      this.#writtenEndOffset = lastOffset + 1
    })
  }

  /**
   * fsync of everything below `upTo` (default: all that was appended), with its indexes, epochs and names; moves the
   * recovery point. Calls during a flush share the next one.
   */
  flush(upTo = Number.POSITIVE_INFINITY): Promise<void> {
    return this.#flusher.flush(upTo)
  }

  /** Whether flush.ms has passed with something unflushed (B69). */
  isFlushDue(nowMs: number): boolean {
    return this.recoveryPoint < this.#writtenEndOffset && nowMs - this.#lastFlushMs >= this.#config['flush.ms']
  }

  // Reading

  /**
   * Whole stored batches from the one that holds `offset`, or the next one, on. From memory at the tail; a promise
   * where the disk has to be read.
   * @throws ProtocolError OFFSET_OUT_OF_RANGE
   */
  read(options: ReadOptions): FetchSlice | Promise<FetchSlice> {
    this.#ensureOnline()
    return this.#reader.read(options)
  }

  /**
   * All batches from `from` on, for whoever loads its state from the log at start-up. Reads the disk synchronously.
   * Each buffer is one whole batch; it shares memory with its neighbours.
   */
  batches(from = this.#logStartOffset): Generator<Buffer, void, undefined> {
    this.#ensureOnline()
    this.#guard(() => this.#writeQueued())
    return this.#reader.batches(from)
  }

  /** The first record at or after `timestamp` (ms) at or above the log start (D33); undefined where there is none. */
  async offsetForTimestamp(timestamp: number): Promise<FoundRecord | undefined> {
    this.#ensureOnline()
    return this.#reader.offsetForTimestamp(timestamp)
  }

  /** The largest timestamp and the first record that has it (D31); undefined for a log without timestamps. */
  async maxTimestamp(): Promise<FoundRecord | undefined> {
    this.#ensureOnline()
    return this.#reader.maxTimestamp()
  }

  // Leader epochs

  get latestEpoch(): number {
    return this.#epochs.latest
  }

  /** The leader epoch in force at `offset`; -1 where none is known. */
  epochOf(offset: number): number {
    return this.#epochs.epochAt(offset) ?? -1
  }

  get epochs(): LeaderEpochs {
    return this.#epochs
  }

  /** A leader begins: its epoch starts at `startOffset`, before anything is appended in it (B34). */
  assignEpoch(epoch: number, startOffset: number): void {
    this.#ensureOnline()
    this.#guard(() => this.#epochs.assign(epoch, startOffset))
  }

  /** D37; epoch and offset -1 where nothing is known. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#epochs.endOffsetFor(epoch, this.#endOffset)
  }

  // Shortening

  /** Removes everything at and above `offset`; whole batches only. False where the log ends below it anyway. */
  truncateTo(offset: number): boolean {
    this.#ensureOnline()
    return this.#guard(() => this.#shortener.truncateTo(offset))
  }

  /** Empties the log; the next record gets `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    this.#ensureOnline()
    this.#guard(() => this.#shortener.startAt(offset))
  }

  /**
   * Moves the log start up (DeleteRecords, the leader's start at a follower): nothing below is served any more. Whole
   * segments below go with the next retention check (B80). False where it is there already.
   */
  advanceLogStart(offset: number): boolean {
    this.#ensureOnline()
    if (offset <= this.#logStartOffset) return false
    assert(offset <= this.#endOffset, `log start ${offset} above the log end ${this.#endOffset}`)
    this.#guard(() => this.#epochs.truncateStart(offset))
    this.#logStartOffset = offset
    this.#highWatermark = Math.max(this.#highWatermark, offset)
    return true
  }

  /**
   * Removes the oldest `count` segments, never the active one: the log start moves to the next base, files are renamed
   * and removed after `file.delete.delay.ms` (B77). Gives the bytes that go.
   */
  removeOldest(count: number): number {
    this.#ensureOnline()
    return this.#guard(() => this.#shortener.removeOldest(count))
  }

  // Moving

  /** Gives the directory another name; the log goes on, and whoever reads it. */
  relocate(dir: string): void {
    this.#ensureOnline()
    this.#guard(() => {
      for (const segment of this.#segments.all) segment.closeFile()
      this.#environment.disk.rename(this.#dir, dir)
    })
    this.#dir = dir
    for (const segment of this.#segments.all) segment.movedTo(dir)
    this.#epochs.movedTo(path.join(dir, LEADER_EPOCH_FILE))
    this.#producers.snapshots.movedTo(dir)
    this.#topicIdFile.movedTo(dir)
    this.#flusher.renamed()
  }

  /** This log is about to take the place of one with the same records: takes over what records do not tell. */
  inherit(other: Log): void {
    this.#ensureOnline()
    assert(this.#endOffset === other.logEndOffset, `${this.#dir} has not all of ${other.dir}`)
    this.#guard(() => {
      for (const { epoch, startOffset } of other.epochs.entries) {
        if (epoch > this.#epochs.latest) this.#epochs.assign(epoch, startOffset)
      }
    })
    this.advanceLogStart(other.logStartOffset)
    this.highWatermark = other.highWatermark
    this.#producers.verifications = other.producers.verifications
  }

  // The end

  /** Flushes and closes: indexes cut to their entries, producer snapshot at the log's end (B56, B70). */
  async close(): Promise<void> {
    if (this.#closed) return
    if (this.#failure === undefined) {
      await this.flush()
      if (this.#guard(() => this.#finish())) await this.flush()
    }
    this.abandon()
  }

  /** True where something has to be flushed; the indexes of an empty log read the same whatever reached the medium. */
  #finish(): boolean {
    const { active } = this.#segments
    const changed = active.close() && active.sizeBytes > 0
    if (changed) this.#flusher.ended(active)
    this.#epochs.save()
    this.#producers.takeSnapshot()
    return changed
  }

  /** Lets go of everything at once, as a crash would: nothing is written. */
  abandon(): void {
    this.#closed = true
    this.#queue.clear()
    this.#tail.clear()
    for (const segment of this.#segments.all) {
      try {
        segment.closeFile()
      } catch (error) {
        // Nothing more is expected of these files: what had to be kept was flushed before.
        if (!(error instanceof DiskError)) throw error
      }
    }
  }

  /** Closes without flushing and moves the directory, so that it is no log's any more (B81). */
  moveTo(dir: string): void {
    this.#guard(() => {
      this.abandon()
      this.#environment.disk.rename(this.#dir, dir)
      this.#dir = dir
    })
  }

  /** Removes the log from the disk at once. */
  delete(): void {
    this.#guard(() => {
      this.abandon()
      this.#environment.disk.removeTree(this.#dir)
    })
  }

  /** The log directory has failed elsewhere: this log goes with it. */
  markFailed(error: DiskError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.abandon()
  }

  #ensureOnline(): void {
    if (this.#failure !== undefined) throw storageError(this.#failure)
    if (this.#closed) throw this.#closedError()
  }

  #closedError(cause?: DiskError): ProtocolError {
    if (this.#failure !== undefined) return storageError(this.#failure)
    return new ProtocolError(ErrorCode.NOT_LEADER_OR_FOLLOWER, `${this.#dir} is closed`, { cause })
  }

  /** Runs what touches the disk; a failure there is the log's end, unless it has ended already. */
  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw this.#fail(error)
    }
  }

  #fail(error: unknown): unknown {
    if (!(error instanceof DiskError) || this.#closed) return error
    this.#logger.error('the disk failed under a log', { dir: this.#dir, code: error.code, reason: error.message })
    this.markFailed(error)
    this.#onFailure?.(this, error)
    return error
  }
}

function storageError(cause: unknown): ProtocolError {
  return new ProtocolError(ErrorCode.KAFKA_STORAGE_ERROR, undefined, { cause })
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
