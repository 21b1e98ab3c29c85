import type { Random } from '../base/random.ts'
import {
  type CachedPartition,
  cached,
  INITIAL_EPOCH,
  keyOf,
  NO_SESSION,
  nextSessionEpoch,
  type Session,
  type SessionRequest,
  type SessionResult,
  sentHighWatermark,
} from './session.ts'

/** A session unused for longer can be evicted by any newcomer. */
export const SESSION_IDLE_MS = 120_000

/** A part of the cache: a range of ids, and a limit of its own (D27). */
export class SessionShard {
  readonly sessions = new Map<number, Session>()
  evictions = 0
  readonly #firstId: number
  readonly #ids: number
  readonly #slots: number
  readonly #random: Random

  constructor(options: { firstId: number; ids: number; slots: number; random: Random }) {
    this.#firstId = options.firstId
    this.#ids = options.ids
    this.#slots = options.slots
    this.#random = options.random
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

  dropIdle(nowMs: number): void {
    for (const session of this.sessions.values()) {
      if (nowMs - session.usedMs <= SESSION_IDLE_MS) continue
      this.sessions.delete(session.id)
      this.evictions += 1
    }
  }

  #newId(): number {
    for (;;) {
      const id = this.#firstId + this.#random.below(this.#ids)
      if (id !== NO_SESSION && !this.sessions.has(id)) return id
    }
  }
}

type Worth = Pick<Session, 'privileged' | 'size' | 'id'>

function compareWorth(a: Worth, b: Worth): number {
  if (a.privileged !== b.privileged) return a.privileged ? 1 : -1
  return a.size - b.size || a.id - b.id
}
