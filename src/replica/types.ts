import type { ErrorCode } from '../../protocol/errors.ts'

/** Who leads a partition, as far as this broker knows (KIP-951); -1 for nobody. */
export interface CurrentLeader {
  leaderId: number
  leaderEpoch: number
}

/** A partition as a request names it. By name: `topicId` is ZERO_UUID. By id: `topic` may be '' where the name is unknown. */
export interface PartitionName {
  topic: string
  topicId: string
  partition: number
}

export type Acks = -1 | 0 | 1

/** What a Produce request, or a coordinator, wants appended. */
export interface AppendRequest {
  /** -1, 0 or 1; anything else is refused (C1). */
  acks: number
  /** How long acks=-1 waits for the high watermark, in milliseconds. */
  timeoutMs: number
  /** A client's batches are checked in full; a coordinator's skip the sequence checks (C36). */
  origin: 'client' | 'coordinator'
  /** Of Produce; the newest for coordinators. */
  apiVersion: number
  entries: readonly ProduceEntry[]
}

export interface ProduceEntry extends PartitionName {
  /** v3+: exactly one batch of magic 2. v0 to v2: a message set. Taken over: it is written in place and kept. */
  records: Buffer
}

export interface ProduceResult extends PartitionName {
  errorCode: ErrorCode
  /** -1 unless appended, or a duplicate of what was. */
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  recordErrors: readonly RecordError[]
  errorMessage: string | null
  /** With NOT_LEADER_OR_FOLLOWER. */
  currentLeader?: CurrentLeader
}

/** A record at fault, by its place in the batch (KIP-467). */
export interface RecordError {
  batchIndex: number
  message: string | null
}

/** What holds for a whole Fetch request. */
export interface FetchRequest {
  /** A broker's id, or -1 for consumers (-2: a debugging one). */
  replicaId: number
  /** The broker epoch of a follower (KIP-903); -1 or left out where unknown. */
  replicaEpoch?: number
  maxWaitMs: number
  minBytes: number
  /** The request's own limit; `fetch.max.bytes` is applied here. 2147483647 before v3. */
  maxBytes: number
  /** 0 read_uncommitted, 1 read_committed. */
  isolationLevel: number
  apiVersion: number
  /** '' where the client has not said (KIP-392). */
  rackId?: string
}

export interface FetchPartition extends PartitionName {
  fetchOffset: number
  /** -1: unchecked. */
  currentLeaderEpoch: number
  /** -1: unchecked. */
  lastFetchedEpoch: number
  /** Of a follower; -1 from consumers. */
  logStartOffset: number
  partitionMaxBytes: number
}

export interface FetchPartitionResult extends PartitionName {
  errorCode: ErrorCode
  /** -1 with an error, like the two that follow. */
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  /** Null for read_uncommitted, with errors, and where nothing could be read. */
  abortedTransactions: readonly AbortedTransaction[] | null
  /** -1: none. */
  preferredReadReplica: number
  /** Stored bytes by reference, in order; empty for no records. */
  records: readonly Buffer[]
  divergingEpoch?: { epoch: number; endOffset: number }
  /** With NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH. */
  currentLeader?: CurrentLeader
}

export interface AbortedTransaction {
  producerId: number
  firstOffset: number
}

export interface ListOffsetsRequest {
  replicaId: number
  isolationLevel: number
  apiVersion: number
}

export interface ListOffsetsEntry {
  topic: string
  partition: number
  currentLeaderEpoch: number
  /** Milliseconds, or a special one: -1 latest, -2 earliest, -3 largest, -4 earliest local, -5 and -6 tiered. */
  timestamp: number
  /** v0 only. */
  maxNumOffsets?: number
}

export interface ListOffsetsResult {
  topic: string
  partition: number
  errorCode: ErrorCode
  timestamp: number
  offset: number
  leaderEpoch: number
  /** v0 only: newest first. */
  oldStyleOffsets: readonly number[]
}

export interface EpochEndEntry {
  topic: string
  partition: number
  currentLeaderEpoch: number
  leaderEpoch: number
}

export interface EpochEndResult {
  topic: string
  partition: number
  errorCode: ErrorCode
  leaderEpoch: number
  endOffset: number
}

export interface DeleteRecordsEntry {
  topic: string
  partition: number
  /** Everything below goes; -1: everything below the high watermark. */
  offset: number
}

export interface DeleteRecordsResult {
  topic: string
  partition: number
  errorCode: ErrorCode
  /** The least log start offset of the live replicas; -1 with an error. */
  lowWatermark: number
}

/** What somebody wants: the replica of a partition in a log directory, by its absolute path. */
export interface WantedDirectory {
  topic: string
  partition: number
  dir: string
}
