import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import { RecordValidationError } from '../log/validator.ts'
import type { ReplicaContext } from './context.ts'
import { errorCodeOf } from './error-code.ts'
import type { Partition, WriteWaiter } from './partition.ts'
import { checkRecords, isUnreadable } from './produce-check.ts'
import type { DelayedOperation } from './purgatory.ts'
import type { AppendRequest, ProduceEntry, ProduceResult } from './types.ts'

/** The first Produce version whose refusals name the leader (KIP-951). */
const LEADER_SINCE = 10
/** Waits for every in-sync replica. */
const ACKS_ALL = -1

/**
 * Appends to partitions that this broker leads; each succeeds or fails alone.
 *
 * Resolves, for acks 0 and 1, when the bytes are handed to the system, and for acks=-1 when the high watermark has
 * passed them or the time is up. Results are in the order of the entries. Never rejects for what a client did.
 */
export function append(context: ReplicaContext, request: AppendRequest): Promise<ProduceResult[]> {
  const { entries } = request
  if (request.origin === 'client' && entries.some(({ records }) => isUnreadable(records))) {
    return refuseAll(entries, ErrorCode.CORRUPT_MESSAGE)
  }
  const operation = new ProduceOperation(context, request)
  for (let place = 0; place < entries.length; place++) operation.append(entries[place]!, place)
  return operation.start()
}

function refuseAll(entries: readonly ProduceEntry[], code: ErrorCode): Promise<ProduceResult[]> {
  return Promise.resolve(entries.map((entry) => refusal(entry, code, { errorMessage: errorMessage(code) })))
}

function refusal(entry: ProduceEntry, errorCode: ErrorCode, more: Partial<ProduceResult> = {}): ProduceResult {
  return {
    topic: entry.topic,
    topicId: entry.topicId,
    partition: entry.partition,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
    ...more,
  }
}

/** Errors of an append whose answer leaves out the log start offset (C22). */
const WITHOUT_LOG_START: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
])

/** An entry that is in its log and not yet acknowledged. */
interface Appended {
  readonly partition: Partition
  readonly lastOffset: Offset
  readonly result: ProduceResult
}

/** One produce request on its way: appended -> written -> (acks=-1) replicated -> answered. */
class ProduceOperation implements DelayedOperation<Partition>, WriteWaiter {
  readonly #context: ReplicaContext
  readonly #request: AppendRequest
  readonly #results: ProduceResult[] = []
  /** What is not decided yet. */
  #open: Appended[] = []
  /** Waits for writes: as many calls of `written` or `failed` are to come. */
  #unwritten = 0
  #resolve: ((results: ProduceResult[]) => void) | undefined

  constructor(context: ReplicaContext, request: AppendRequest) {
    this.#context = context
    this.#request = request
  }

  append(entry: ProduceEntry, place: number): void {
    const result = this.#tryAppend(entry)
    this.#results[place] = result
    if (result.errorCode !== ErrorCode.NONE) this.#context.clientTraffic.refused(result.errorCode, entry.records.length)
  }

  start(): Promise<ProduceResult[]> {
    if (this.#open.length === 0) return Promise.resolve(this.#results)
    return new Promise((resolve) => {
      this.#resolve = resolve
      if (this.#unwritten === 0) this.#afterWrite()
    })
  }

  #tryAppend(entry: ProduceEntry): ProduceResult {
    const { acks, origin, apiVersion } = this.#request
    const malformed = origin === 'client' ? checkRecords(entry.records, apiVersion) : ErrorCode.NONE
    if (malformed !== ErrorCode.NONE) return refusal(entry, malformed)
    if (acks !== ACKS_ALL && acks !== 0 && acks !== 1) return refusal(entry, ErrorCode.INVALID_REQUIRED_ACKS)
    const partition = this.#context.find(entry)
    if (typeof partition === 'number') return this.#refuse(entry, partition)
    // A name means the topic that has it now, and no replica of an earlier one outlives the delta that removed it.
    if (entry.topicId !== ZERO_UUID && entry.topicId !== partition.topicId) {
      return this.#refuse(entry, ErrorCode.UNKNOWN_TOPIC_ID, partition)
    }
    const unfit = partition.check(-1, true)
    if (unfit !== ErrorCode.NONE) return this.#refuse(entry, unfit, partition)
    if (acks === ACKS_ALL && !partition.hasEnoughInSync) {
      return this.#refuse(entry, ErrorCode.NOT_ENOUGH_REPLICAS, partition)
    }
    try {
      return this.#appendTo(partition, entry)
    } catch (error) {
      return this.#refuse(entry, errorCodeOf(error), partition, error)
    }
  }

  #appendTo(partition: Partition, entry: ProduceEntry): ProduceResult {
    const { origin, apiVersion } = this.#request
    const info = partition.log.appendAsLeader(entry.records, {
      leaderEpoch: partition.leaderEpoch,
      origin,
      ...(origin === 'client' ? { version: apiVersion } : {}),
      nowMs: this.#context.clock.wallMs(),
    })
    const result = refusal(entry, ErrorCode.NONE, {
      baseOffset: info.firstOffset,
      logAppendTimeMs: info.logAppendTimeMs,
      logStartOffset: info.logStartOffset,
    })
    // A message set of v0 to v2 in which no message was whole: nothing to wait for.
    if (info.firstOffset < 0) return result
    const messages = info.lastOffset - info.firstOffset + 1
    this.#context.clientTraffic.appended(partition.topic, messages, entry.records.length)
    this.#open.push({ partition, lastOffset: info.lastOffset, result })
    if (info.lastOffset >= partition.writtenEnd) {
      this.#unwritten += 1
      partition.whenWritten(this)
      this.#context.writer.add(partition)
    }
    return result
  }

  #refuse(entry: ProduceEntry, code: ErrorCode, partition?: Partition, error?: unknown): ProduceResult {
    const result = refusal(entry, code)
    if (partition !== undefined && !WITHOUT_LOG_START.has(code)) result.logStartOffset = partition.log.logStartOffset
    if (code === ErrorCode.NOT_LEADER_OR_FOLLOWER) this.#pointToLeader(result)
    if (error instanceof RecordValidationError) {
      result.recordErrors = error.recordErrors
      result.errorMessage = error.message
    }
    return result
  }

  #pointToLeader(result: ProduceResult): void {
    if (this.#request.apiVersion < LEADER_SINCE) return
    const leader = this.#context.currentLeader(result)
    if (leader !== undefined) result.currentLeader = leader
  }

  written(): void {
    this.#unwritten -= 1
    if (this.#unwritten === 0 && this.#resolve !== undefined) this.#afterWrite()
  }

  failed(partition: Partition): void {
    const code = partition.state === 'deleted' ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.KAFKA_STORAGE_ERROR
    this.#open = this.#open.filter((appended) => {
      if (appended.partition !== partition) return true
      lose(appended.result, code)
      return false
    })
    this.written()
  }

  #afterWrite(): void {
    if (this.#request.acks !== ACKS_ALL) this.#open = []
    else for (const appended of this.#open) this.#decide(appended)
    this.#settle()
    if (this.#open.length === 0) return
    const partitions = [...new Set(this.#open.map(({ partition }) => partition))]
    this.#context.produces.park(this, partitions, this.#request.timeoutMs)
  }

  tryComplete(changed: Partition): boolean {
    for (const appended of this.#open) if (appended.partition === changed) this.#decide(appended)
    this.#settle()
    return this.#open.length === 0
  }

  expire(): void {
    for (const { result } of this.#open) result.errorCode = ErrorCode.REQUEST_TIMED_OUT
    this.#open = []
    this.#settle()
  }

  /** Takes the entry from the open ones where its fate is known (C7, D4 and D6 of the replication facts). */
  #decide(appended: Appended): void {
    const { partition, lastOffset, result } = appended
    const code = partition.check(-1, true)
    if (code === ErrorCode.NONE) {
      if (partition.highWatermark <= lastOffset) return
      const shrunk = partition.maximalIsr.length < partition.effectiveMinIsr
      if (shrunk) result.errorCode = ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
    } else {
      result.errorCode = code
      if (code === ErrorCode.NOT_LEADER_OR_FOLLOWER) this.#pointToLeader(result)
    }
    this.#open = this.#open.filter((other) => other !== appended)
  }

  #settle(): void {
    if (this.#open.length > 0) return
    assert(this.#resolve !== undefined, 'a produce operation is answered once')
    this.#resolve(this.#results)
    this.#resolve = undefined
  }
}

/** The bytes never reached the disk: no offset is theirs. */
function lose(result: ProduceResult, code: ErrorCode): void {
  result.errorCode = code
  result.baseOffset = -1
  result.logAppendTimeMs = -1
  result.logStartOffset = -1
}
