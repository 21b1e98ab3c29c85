import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'

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

export const INITIAL_EPOCH = 0
export const FINAL_EPOCH = -1
export const MAX_INT32 = 0x7fffffff
export const NO_SESSION = 0

/** The epoch after `epoch`: 1, 2, …, 2147483647, 1. */
export function nextSessionEpoch(epoch: number): number {
  if (epoch < 0) return FINAL_EPOCH
  return epoch === MAX_INT32 ? 1 : epoch + 1
}

/** A partition in a session: what was last asked, and what was last answered. */
export interface CachedPartition extends SessionPartition {
  sentHighWatermark: number
  sentLogStartOffset: number
}

/** What a client and this broker have agreed on: both know it, so only changes are sent. */
export interface Session {
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

/** What tells partitions of a session apart. */
export function keyOf(of: { topic: string; topicId: string; partition: number }): string {
  // A topic's name cannot hold a colon, nor can an id.
  return `${of.topicId === ZERO_UUID ? of.topic : of.topicId}:${of.partition}`
}

export function cached(partition: SessionPartition, highWatermark: number, logStartOffset: number): CachedPartition {
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

/** Takes the changes that an incremental request names (D25). */
export function update(session: Session, request: SessionRequest): void {
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
export function sentHighWatermark(result: SessionResult): number {
  return result.errorCode !== ErrorCode.NONE || result.divergingEpoch !== undefined ? -1 : result.highWatermark
}

export function hasRecords(result: SessionResult): boolean {
  return result.records.length > 0
}

/** Remembers what is sent; false where nothing of it is new to the client. */
export function note(partition: CachedPartition, result: SessionResult): boolean {
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
