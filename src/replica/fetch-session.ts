import { ErrorCode } from '../../protocol/errors.ts'
import type { Random } from '../base/random.ts'
import type { Clock } from '../base/time.ts'
import { ErrorContext, FullContext, IncrementalContext, SessionlessContext } from './fetch-context.ts'
import {
  type FetchContext,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  MAX_INT32,
  NO_SESSION,
  nextSessionEpoch,
  type SessionRequest,
  type SessionResult,
  update,
} from './session.ts'
import { SessionShard } from './session-shard.ts'

export type { FetchContext, SessionAnswer, SessionPartition, SessionRequest, SessionResult } from './session.ts'

/** Sessions of one node are spread over so many parts, each with its own limit (KAFKA-9401). */
const SHARDS = 8
/** Partitions in all sessions together, at most: a client may name as many as fit into a request, in each. */
export const MAX_CACHED_PARTITIONS = 500_000
const IDS_PER_SHARD = Math.floor(MAX_INT32 / SHARDS)

/** The incremental fetch sessions of one broker (D22 to D28 of the storage facts, KIP-227). */
export class FetchSessionCache {
  readonly #clock: Clock
  readonly #shards: SessionShard[]
  readonly #maxPartitions: number
  #nextShard = 0

  /** `slots`: `max.incremental.fetch.session.cache.slots`. */
  constructor(options: { clock: Clock; random: Random; slots: number; maxPartitions?: number }) {
    this.#clock = options.clock
    this.#maxPartitions = options.maxPartitions ?? MAX_CACHED_PARTITIONS
    const slots = Math.floor(options.slots / SHARDS)
    this.#shards = Array.from({ length: SHARDS }, (_, index) => {
      return new SessionShard({ firstId: index * IDS_PER_SHARD, ids: IDS_PER_SHARD, slots, random: options.random })
    })
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
      return sessionEpoch === FINAL_EPOCH ? new SessionlessContext(request) : new FullContext(request, this.#open)
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
    const added = session.partitions.size - session.size
    session.size = session.partitions.size
    if (added > 0 && !this.#hasRoom(0)) {
      shard.sessions.delete(sessionId)
      return new ErrorContext(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    }
    session.epoch = nextSessionEpoch(session.epoch)
    return new IncrementalContext(session)
  }

  readonly #open = (request: SessionRequest, results: readonly SessionResult[]): number => {
    if (!this.#hasRoom(results.length)) return NO_SESSION
    const shard = this.#shards[this.#nextShard]!
    this.#nextShard = (this.#nextShard + 1) % SHARDS
    return shard.open(request, results, this.#clock.monotonicMs())
  }

  /** Whether so many partitions more can be remembered; sessions that nobody has used for long make way. */
  #hasRoom(added: number): boolean {
    if (this.partitions + added <= this.#maxPartitions) return true
    for (const shard of this.#shards) shard.dropIdle(this.#clock.monotonicMs())
    return this.partitions + added <= this.#maxPartitions
  }

  #shardOf(sessionId: number): SessionShard | undefined {
    return this.#shards[Math.floor(sessionId / IDS_PER_SHARD)]
  }
}
