import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Random } from '../base/random.ts'
import type { Clock } from '../base/time.ts'

/** One partition as a Fetch request asks for it. `topic` is '' where only an id was given and nobody knows its name. */
export interface SessionPartition {
  topic: string
  topicId: string
  partition: number
  fetchOffset: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  logStartOffset: number
  partitionMaxBytes: number
}

/** The part of a Fetch request that a session is about (KIP-227). */
export interface SessionRequest {
  sessionId: number
  sessionEpoch: number
  /** Fetch v13+ names topics by id. */
  byTopicId: boolean
  /** From a broker: its sessions push out those of consumers. */
  fromFollower: boolean
  /** In the order of the request; names of ids resolved where known. */
  partitions: readonly SessionPartition[]
  forgotten: readonly { topic: string; topicId: string; partition: number }[]
  /** The name of a topic id that was unknown when it entered the session; '' as long as it is unknown. */
  nameOf?: ((topicId: string) => string) | undefined
}

/** What a session looks at in a partition's result. */
export interface SessionResult {
  topic: string
  topicId: string
  partition: number
  errorCode: number
  highWatermark: number
  logStartOffset: number
  preferredReadReplica: number
  records: readonly Uint8Array[]
  divergingEpoch?: { epoch: number; endOffset: number } | undefined
}

export interface SessionAnswer<Result> {
  errorCode: number
  sessionId: number
  /** Neighbours of one topic are together; a topic can come more than once (Kafka's form). */
  responses: { topic: string; topicId: string; partitions: Result[] }[]
}

/** One Fetch request within, or without, a session. */
export interface FetchContext {
  /** Not 0: nothing is to be fetched and `build([])` is the answer. */
  readonly errorCode: number
  /** What is to be fetched, in the order that decides who gets bytes first. */
  readonly partitions: readonly SessionPartition[]
  /** Results in the order of `partitions`; those refused before the fetch come last. */
  build<Result extends SessionResult>(results: readonly Result[]): SessionAnswer<Result>
  /** The answer of a throttled client: no partitions, and nothing is noted as sent (D28). */
  throttled(): SessionAnswer<never>
}

/** Partitions of one node's cache are spread over this many parts, each with its own limit (KAFKA-9401). */
const SHARDS = 8
/** A session unused for longer can be evicted by any newcomer. */
export const SESSION_IDLE_MS = 120_000
const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1
const MAX_INT32 = 0x7fffffff
const NO_SESSION = 0

/** The epoch after `epoch`: 1, 2, …, 2147483647, 1. */
export function nextSessionEpoch(epoch: number): number {
  if (epoch < 0) return FINAL_EPOCH
  return epoch === MAX_INT32 ? 1 : epoch + 1
}

/** A partition in a session: what was last asked, and what was last answered. */
interface CachedPartition extends SessionPartition {
  sentHighWatermark: number
  sentLogStartOffset: number
}

interface Session {
  readonly id: number
  readonly privileged: boolean
  readonly byTopicId: boolean
  readonly createdMs: number
  usedMs: number
  /** Partitions when it was last used: what it is worth against a newcomer. */
  size: number
  /** The epoch that the next request must carry. */
  epoch: number
  readonly partitions: Map<string, CachedPartition>
}

/** The incremental fetch sessions of one broker (D22 to D28 of the storage facts, KIP-227). */
export class FetchSessionCache {
  readonly #clock: Clock
  readonly #shards: Shard[]
  #nextShard = 0

  /** `slots`: `max.incremental.fetch.session.cache.slots`. */
  constructor(options: { clock: Clock; random: Random; slots: number }) {
    this.#clock = options.clock
    const slots = Math.floor(options.slots / SHARDS)
    this.#shards = Array.from({ length: SHARDS }, (_, index) => new Shard(index, slots, options.random))
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.sessions.size, 0)
  }

  /** Partitions in all open sessions (NumIncrementalFetchPartitionsCached). */
  get partitions(): number {
    let sum = 0
    for (const shard of this.#shards) for (const session of shard.sessions.values()) sum += session.size
    return sum
  }

  /** Sessions that had to make room (IncrementalFetchSessionEvictionsPerSec). */
  get evictions(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.evictions, 0)
  }

  /** Finds the session of a request and what it makes of the request's partitions. */
  begin(request: SessionRequest): FetchContext {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      if (sessionId !== NO_SESSION) this.#shardOf(sessionId)?.sessions.delete(sessionId)
      return sessionEpoch === FINAL_EPOCH ? new SessionlessContext(request) : new FullContext(request, this)
    }
    const shard = this.#shardOf(sessionId)
    const session = shard?.sessions.get(sessionId)
    if (shard === undefined || session === undefined) return new ErrorContext(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) return new ErrorContext(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    if (session.byTopicId !== request.byTopicId) return new ErrorContext(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)

    update(session, request)
    if (session.partitions.size === 0) {
      shard.sessions.delete(sessionId)
      return new SessionlessContext(request)
    }
    session.usedMs = this.#clock.monotonicMs()
    session.size = session.partitions.size
    session.epoch = nextSessionEpoch(session.epoch)
    return new IncrementalContext(session)
  }

  /** A session for what a full fetch asked and was answered; 0 where there is no room. */
  open(request: SessionRequest, results: readonly SessionResult[]): number {
    const shard = this.#shards[this.#nextShard]!
    this.#nextShard = (this.#nextShard + 1) % SHARDS
    return shard.open(request, results, this.#clock.monotonicMs())
  }

  #shardOf(sessionId: number): Shard | undefined {
    return this.#shards[Math.floor(sessionId / IDS_PER_SHARD)]
  }
}

const IDS_PER_SHARD = Math.floor(MAX_INT32 / SHARDS)

class Shard {
  readonly sessions = new Map<number, Session>()
  evictions = 0
  readonly #firstId: number
  readonly #slots: number
  readonly #random: Random

  constructor(index: number, slots: number, random: Random) {
    this.#firstId = index * IDS_PER_SHARD
    this.#slots = slots
    this.#random = random
  }

  open(request: SessionRequest, results: readonly SessionResult[], nowMs: number): number {
    const size = results.length
    if (this.sessions.size >= this.#slots && !this.#evict(request.fromFollower, size, nowMs)) return NO_SESSION
    const asked = new Map(request.partitions.map((partition) => [keyOf(partition), partition]))
    const partitions = new Map<string, CachedPartition>()
    for (const result of results) {
      const key = keyOf(result)
      const partition = asked.get(key)
      if (partition !== undefined)
        partitions.set(key, cached(partition, sentHighWatermark(result), result.logStartOffset))
    }
    const id = this.#newId()
    this.sessions.set(id, {
      id,
      privileged: request.fromFollower,
      byTopicId: request.byTopicId,
      createdMs: nowMs,
      usedMs: nowMs,
      size,
      epoch: nextSessionEpoch(INITIAL_EPOCH),
      partitions,
    })
    return id
  }

  /**
   * Makes room for a newcomer: an idle session goes first, else the least valuable one that this newcomer may push out
   * and that is not worth more than it. Consumers' sessions are open to followers from the start, to others (and
   * followers' to all) once they were used after a life of `SESSION_IDLE_MS`.
   */
  #evict(privileged: boolean, size: number, nowMs: number): boolean {
    let idlest: Session | undefined
    let cheapest: Session | undefined
    for (const session of this.sessions.values()) {
      if (idlest === undefined || session.usedMs < idlest.usedMs) idlest = session
      const settled = session.usedMs - session.createdMs > SESSION_IDLE_MS
      if (!settled && !(privileged && !session.privileged)) continue
      if (cheapest === undefined || compareWorth(session, cheapest) < 0) cheapest = session
    }
    if (idlest !== undefined && nowMs - idlest.usedMs > SESSION_IDLE_MS) {
      this.sessions.delete(idlest.id)
      return true
    }
    if (cheapest === undefined || compareWorth({ privileged, size, id: 0 }, cheapest) < 0) return false
    this.sessions.delete(cheapest.id)
    this.evictions += 1
    return true
  }

  #newId(): number {
    for (;;) {
      const id = this.#firstId + this.#random.below(IDS_PER_SHARD)
      if (id !== NO_SESSION && !this.sessions.has(id)) return id
    }
  }
}

type Worth = Pick<Session, 'privileged' | 'size' | 'id'>

function compareWorth(a: Worth, b: Worth): number {
  if (a.privileged !== b.privileged) return a.privileged ? 1 : -1
  return a.size - b.size || a.id - b.id
}

function keyOf(of: { topic: string; topicId: string; partition: number }): string {
  // A topic's name cannot hold a colon, nor can an id.
  return `${of.topicId === ZERO_UUID ? of.topic : of.topicId}:${of.partition}`
}

function cached(partition: SessionPartition, highWatermark: number, logStartOffset: number): CachedPartition {
  return {
    topic: partition.topic,
    topicId: partition.topicId,
    partition: partition.partition,
    fetchOffset: partition.fetchOffset,
    currentLeaderEpoch: partition.currentLeaderEpoch,
    lastFetchedEpoch: partition.lastFetchedEpoch,
    logStartOffset: partition.logStartOffset,
    partitionMaxBytes: partition.partitionMaxBytes,
    sentHighWatermark: highWatermark,
    sentLogStartOffset: logStartOffset,
  }
}

function update(session: Session, request: SessionRequest): void {
  for (const asked of request.partitions) {
    const key = keyOf(asked)
    const known = session.partitions.get(key)
    if (known === undefined) {
      session.partitions.set(key, cached(asked, -1, -1))
      continue
    }
    known.fetchOffset = asked.fetchOffset
    known.currentLeaderEpoch = asked.currentLeaderEpoch
    known.lastFetchedEpoch = asked.lastFetchedEpoch
    known.logStartOffset = asked.logStartOffset
    known.partitionMaxBytes = asked.partitionMaxBytes
  }
  for (const forgotten of request.forgotten) session.partitions.delete(keyOf(forgotten))
  const { nameOf } = request
  if (!session.byTopicId || nameOf === undefined) return
  for (const partition of session.partitions.values()) {
    if (partition.topic === '') partition.topic = nameOf(partition.topicId)
  }
}

/** After an error or a divergence no high watermark counts as sent, so that the partition is sent when it is well. */
function sentHighWatermark(result: SessionResult): number {
  return result.errorCode !== ErrorCode.NONE || result.divergingEpoch !== undefined ? -1 : result.highWatermark
}

function hasRecords(result: SessionResult): boolean {
  return result.records.length > 0
}

function answer<Result extends SessionResult>(
  errorCode: number,
  sessionId: number,
  results: readonly Result[],
): SessionAnswer<Result> {
  const responses: SessionAnswer<Result>['responses'] = []
  let last: SessionAnswer<Result>['responses'][number] | undefined
  for (const result of results) {
    if (last === undefined || last.topicId !== result.topicId || last.topic !== result.topic) {
      last = { topic: result.topic, topicId: result.topicId, partitions: [] }
      responses.push(last)
    }
    last.partitions.push(result)
  }
  return { errorCode, sessionId, responses }
}

class ErrorContext implements FetchContext {
  readonly errorCode: number
  readonly partitions: readonly SessionPartition[] = []

  constructor(errorCode: number) {
    this.errorCode = errorCode
  }

  build(): SessionAnswer<never> {
    return answer(this.errorCode, NO_SESSION, [])
  }

  throttled(): SessionAnswer<never> {
    return this.build()
  }
}

class SessionlessContext implements FetchContext {
  readonly errorCode = ErrorCode.NONE
  readonly partitions: readonly SessionPartition[]

  constructor(request: SessionRequest) {
    this.partitions = request.partitions
  }

  build<Result extends SessionResult>(results: readonly Result[]): SessionAnswer<Result> {
    return answer(ErrorCode.NONE, NO_SESSION, results)
  }

  throttled(): SessionAnswer<never> {
    return answer(ErrorCode.NONE, NO_SESSION, [])
  }
}

/** Everything is asked for and answered, and remembered where there is room. */
class FullContext extends SessionlessContext {
  readonly #request: SessionRequest
  readonly #cache: FetchSessionCache

  constructor(request: SessionRequest, cache: FetchSessionCache) {
    super(request)
    this.#request = request
    this.#cache = cache
  }

  override build<Result extends SessionResult>(results: readonly Result[]): SessionAnswer<Result> {
    return answer(ErrorCode.NONE, this.#cache.open(this.#request, results), results)
  }
}

/** Only changes are asked for, and only changes are answered. */
class IncrementalContext implements FetchContext {
  readonly errorCode = ErrorCode.NONE
  readonly partitions: readonly SessionPartition[]
  readonly #session: Session
  readonly #epoch: number

  constructor(session: Session) {
    this.#session = session
    this.#epoch = session.epoch
    // In the order of now: a later request of the session may add, forget and reorder meanwhile.
    this.partitions = [...session.partitions.values()]
  }

  build<Result extends SessionResult>(results: readonly Result[]): SessionAnswer<Result> {
    const session = this.#session
    if (session.epoch !== this.#epoch) return answer(ErrorCode.INVALID_FETCH_SESSION_EPOCH, session.id, [])
    const changed: Result[] = []
    for (const result of results) {
      const key = keyOf(result)
      const partition = session.partitions.get(key)
      if (partition === undefined) continue
      if (!note(partition, result)) continue
      changed.push(result)
      if (!hasRecords(result)) continue
      session.partitions.delete(key)
      session.partitions.set(key, partition)
    }
    return answer(ErrorCode.NONE, session.id, changed)
  }

  throttled(): SessionAnswer<never> {
    const stale = this.#session.epoch !== this.#epoch
    return answer(stale ? ErrorCode.INVALID_FETCH_SESSION_EPOCH : ErrorCode.NONE, this.#session.id, [])
  }
}

/** Remembers what is sent; false where nothing of it is new to the client. */
function note(partition: CachedPartition, result: SessionResult): boolean {
  const news =
    hasRecords(result) ||
    result.errorCode !== ErrorCode.NONE ||
    result.highWatermark !== partition.sentHighWatermark ||
    result.logStartOffset !== partition.sentLogStartOffset ||
    result.preferredReadReplica >= 0 ||
    result.divergingEpoch !== undefined
  partition.sentHighWatermark = sentHighWatermark(result)
  partition.sentLogStartOffset = result.logStartOffset
  return news
}
