import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Offset } from '../base/brand.ts'
import { giveBack } from '../base/slabs.ts'
import type { FetchSlice } from '../log/log-read.ts'
import type { ReplicaContext } from './context.ts'
import { errorCodeOf } from './error-code.ts'
import { downConvertResult } from './fetch-convert.ts'
import { MIN_OLD_FETCH_BYTES } from './fetch-memory.ts'
import type { Partition } from './partition.ts'
import { NO_PREFERENCE, preferredReadReplica, REPLICA_SELECTOR } from './preferred-replica.ts'
import type { FetchPartition, FetchPartitionResult, FetchRequest } from './types.ts'

/** Fetch versions from which on something holds. */
const SINCE = {
  /** One whole batch is given whatever the limits. */
  wholeBatch: 3,
  /** KAFKA_STORAGE_ERROR is known to clients. */
  storageError: 6,
  /** Bytes go out as they are stored, zstd among them (fact N-F7); before, they are converted. */
  storedBytes: 4,
  /** Consumers may read from followers (KIP-392). */
  anyReplica: 11,
  /** Refusals name the leader (KIP-951). */
  currentLeader: 16,
} as const

export const READ_COMMITTED = 1

/** What one pass over the partitions of a fetch gave. */
export interface ReadOutcome {
  results: FetchPartitionResult[]
  /** Replicas read, by the place of the partition; undefined where there is none. */
  partitions: (Partition | undefined)[]
  /** Of records. */
  bytes: number
  /** An error, a divergence or a redirection: nothing is waited for. */
  isUrgent: boolean
}

/** A follower outside of the ISR whose replication is throttled gets nothing for the moment (D94). */
export const isHeldBack = (context: ReplicaContext, partition: Partition, request: FetchRequest): boolean =>
  isFollower(request) && context.traffic.leaderQuota.holdsBack(partition, request.replicaId)

export const isFollower = (request: FetchRequest): boolean => request.replicaId >= 0

/** Consumers of old versions and followers read from the leader only (D23 of the replication facts). */
export const leaderOnly = (request: FetchRequest): boolean =>
  isFollower(request) || request.apiVersion < SINCE.anyReplica

/** Nothing at or above is read: what is written, committed or stable (D10, D11). */
export function readBound(partition: Partition, request: FetchRequest): Offset {
  if (isFollower(request)) return partition.writtenEnd
  return request.isolationLevel === READ_COMMITTED ? partition.lastStableOffset : partition.highWatermark
}

/** Where the log of a client that comes with the epoch of its last record left ours; undefined if it did not (D16). */
export function divergence(
  partition: Pick<Partition, 'log'>,
  asked: Pick<FetchPartition, 'fetchOffset' | 'lastFetchedEpoch'>,
): { epoch: number; endOffset: number } | 'out of range' | undefined {
  if (asked.lastFetchedEpoch < 0) return undefined
  const end = partition.log.endOffsetForEpoch(asked.lastFetchedEpoch)
  if (end.epoch < 0 || end.endOffset < 0) return 'out of range'
  if (asked.fetchOffset < partition.log.logStartOffset) return 'out of range'
  const agrees = end.epoch >= asked.lastFetchedEpoch && end.endOffset >= asked.fetchOffset
  return agrees ? undefined : { epoch: end.epoch, endOffset: end.endOffset }
}

/**
 * Reads all partitions in order within the limits of the request. Asynchronous only where a log has to read outside of
 * memory. `noteFollower`: this is the arrival of a follower's fetch, which tells how far the follower is.
 */
export function readAll(
  context: ReplicaContext,
  request: FetchRequest,
  asked: readonly FetchPartition[],
  noteFollower: boolean,
): ReadOutcome | Promise<ReadOutcome> {
  return new ReadPass(context, request, asked, noteFollower).run()
}

class ReadPass {
  readonly #context: ReplicaContext
  readonly #request: FetchRequest
  readonly #asked: readonly FetchPartition[]
  readonly #noteFollower: boolean
  readonly #outcome: ReadOutcome = { results: [], partitions: [], bytes: 0, isUrgent: false }
  #remaining: number
  /** Until something was read, one whole batch is given whatever its size (D2). */
  #minOneBatch: boolean
  /** Of the memory for fetches. */
  #takenBytes = 0

  constructor(context: ReplicaContext, request: FetchRequest, asked: readonly FetchPartition[], noteFollower: boolean) {
    this.#context = context
    this.#request = request
    this.#asked = asked
    this.#noteFollower = noteFollower
    this.#remaining = Math.max(0, request.maxBytes)
    this.#minOneBatch = request.apiVersion >= SINCE.wholeBatch
  }

  /** Memory is taken while anything is read from the disk, and until all has been: then the reply holds it. */
  run(): ReadOutcome | Promise<ReadOutcome> {
    const outcome = this.#from(0)
    if (!(outcome instanceof Promise)) return outcome
    return outcome.finally(() => this.#context.fetchMemory.release(this.#takenBytes))
  }

  #from(first: number): ReadOutcome | Promise<ReadOutcome> {
    for (let place = first; place < this.#asked.length; place++) {
      const read = this.#read(this.#asked[place]!)
      if (read instanceof Promise) {
        return read.then((result) => {
          this.#take(result)
          return this.#from(place + 1)
        })
      }
      this.#take(read)
    }
    return this.#outcome
  }

  #take(result: FetchPartitionResult): void {
    const outcome = this.#outcome
    let bytes = 0
    for (const buffer of result.records) bytes += buffer.length
    if (bytes > 0) this.#minOneBatch = false
    outcome.bytes += bytes
    this.#remaining = Math.max(0, this.#remaining - bytes)
    if (
      result.errorCode !== ErrorCode.NONE ||
      result.divergingEpoch !== undefined ||
      result.preferredReadReplica >= 0
    ) {
      outcome.isUrgent = true
    }
    const old = this.#request.apiVersion < 4 && bytes > 0
    outcome.results.push(old ? downConvertResult(result, this.#asked[outcome.results.length]!, this.#request) : result)
  }

  #read(asked: FetchPartition): FetchPartitionResult | Promise<FetchPartitionResult> {
    const request = this.#request
    const partition = this.#context.find(asked)
    if (typeof partition === 'number') {
      this.#outcome.partitions.push(undefined)
      return this.#refuse(asked, partition)
    }
    this.#outcome.partitions.push(partition)
    if (asked.topicId !== ZERO_UUID && asked.topicId !== partition.topicId) {
      return this.#refuse(asked, ErrorCode.INCONSISTENT_TOPIC_ID)
    }
    const unfit = this.#check(partition, asked)
    if (unfit !== ErrorCode.NONE) return this.#refuse(asked, unfit)
    if (request.apiVersion < SINCE.storedBytes && partition.config['compression.type'] === 'zstd') {
      return this.#refuse(asked, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    }

    const result = empty(asked, partition)
    result.preferredReadReplica = this.#preferred(partition, asked)
    if (result.preferredReadReplica !== NO_PREFERENCE) return result
    const { logStartOffset, logEndOffset } = partition.log
    const diverging = divergence(partition, asked)
    if (diverging === 'out of range') return this.#refuse(asked, ErrorCode.OFFSET_OUT_OF_RANGE)
    if (diverging !== undefined) {
      result.divergingEpoch = diverging
      return result
    }
    if (asked.fetchOffset < logStartOffset || asked.fetchOffset > logEndOffset) {
      return this.#refuse(asked, ErrorCode.OFFSET_OUT_OF_RANGE)
    }
    const committed = request.isolationLevel === READ_COMMITTED && !isFollower(request)
    if (committed) result.abortedTransactions = []
    const upTo = readBound(partition, request)
    const hasBytes = asked.fetchOffset < upTo && !isHeldBack(this.#context, partition, request)
    const read = hasBytes ? this.#readLog(partition, asked, upTo, committed, result) : result
    this.#note(partition, asked, logEndOffset)
    return read
  }

  #check(partition: Partition, asked: FetchPartition): ErrorCode {
    const request = this.#request
    const code = partition.check(asked.currentLeaderEpoch, leaderOnly(request))
    if (code !== ErrorCode.NONE || !isFollower(request)) return code
    // The leader may be behind in metadata that already names a new replica (D24 of the replication facts).
    if (partition.remote(request.replicaId) === undefined) {
      return asked.currentLeaderEpoch < 0 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_LEADER_EPOCH
    }
    return this.#isFormerIncarnation() ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE
  }

  /** A consumer that says which rack it is in may be sent to a replica there (KIP-392). */
  #preferred(partition: Partition, { fetchOffset }: FetchPartition): number {
    const { config, image } = this.#context
    const { apiVersion, rackId = '' } = this.#request
    const isOn = config['replica.selector.class'] === REPLICA_SELECTOR.RACK_AWARE
    if (!isOn || apiVersion < SINCE.anyReplica || isFollower(this.#request)) return NO_PREFERENCE
    return preferredReadReplica(partition, { rackId, fetchOffset }, image)
  }

  /** A follower that has restarted must not be counted by what its former self had (KIP-903). */
  #isFormerIncarnation(): boolean {
    const { replicaId, replicaEpoch = -1 } = this.#request
    const broker = this.#context.image.cluster.brokers.get(replicaId)
    return replicaEpoch >= 0 && broker !== undefined && !broker.fenced && replicaEpoch < broker.epoch
  }

  #note(partition: Partition, asked: FetchPartition, leaderEndOffset: Offset): void {
    if (!this.#noteFollower || !isFollower(this.#request)) return
    const { replicaId, replicaEpoch = -1 } = this.#request
    const moved = partition.noteFetch(replicaId, {
      fetchOffset: asked.fetchOffset,
      logStartOffset: asked.logStartOffset,
      brokerEpoch: replicaEpoch,
      nowMs: this.#context.clock.monotonicMs(),
      leaderEndOffset,
    })
    // First, so that the high watermark waits for it (D68).
    this.#context.isr?.maybeExpand(partition, replicaId)
    if (moved && partition.advanceHighWatermark()) this.#context.changed(partition)
    else this.#context.deletions.check(partition)
  }

  #readLog(
    partition: Partition,
    asked: FetchPartition,
    upTo: Offset,
    committed: boolean,
    result: FetchPartitionResult,
  ): FetchPartitionResult | Promise<FetchPartitionResult> {
    const maxBytes = Math.max(0, Math.min(asked.partitionMaxBytes, this.#remaining, this.#room()))
    const minOneBatch = this.#minOneBatch
    if (maxBytes === 0 && !minOneBatch) return result
    const failed = (error: unknown): FetchPartitionResult => {
      const code = errorCodeOf(error)
      // What became of the partition during the read says more than that its log is closed.
      const unfit = this.#check(partition, asked)
      return this.#refuse(asked, unfit === ErrorCode.NONE ? code : unfit)
    }
    const fill = (slice: FetchSlice): FetchPartitionResult => {
      const blank = slice.firstBatchIncomplete && this.#request.apiVersion >= SINCE.wholeBatch
      if (blank) giveBack(slice.records)
      result.records = blank ? [] : slice.records
      if (committed) result.abortedTransactions = blank ? null : (slice.abortedTransactions ?? [])
      return result
    }
    try {
      const read = partition.log.read({
        offset: asked.fetchOffset,
        maxBytes,
        upTo,
        minOneBatch,
        isolated: committed,
      })
      if (!(read instanceof Promise)) return fill(read)
      this.#takenBytes += maxBytes
      this.#context.fetchMemory.take(maxBytes)
      return read.then(fill).catch(failed)
    } catch (error) {
      return failed(error)
    }
  }

  #room(): number {
    const { room } = this.#context.fetchMemory
    return this.#request.apiVersion >= SINCE.wholeBatch ? room : Math.max(room, MIN_OLD_FETCH_BYTES)
  }

  #refuse(asked: FetchPartition, code: ErrorCode): FetchPartitionResult {
    const { apiVersion } = this.#request
    const result = empty(asked, undefined)
    const isUnknownToClient = code === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion < SINCE.storageError
    result.errorCode = isUnknownToClient ? ErrorCode.NOT_LEADER_OR_FOLLOWER : code
    if (apiVersion < SINCE.currentLeader) return result
    if (code === ErrorCode.NOT_LEADER_OR_FOLLOWER || code === ErrorCode.FENCED_LEADER_EPOCH) {
      const leader = this.#context.currentLeader(asked)
      if (leader !== undefined) result.currentLeader = leader
    }
    return result
  }
}

function empty(asked: FetchPartition, partition: Partition | undefined): FetchPartitionResult {
  return {
    topic: asked.topic,
    topicId: asked.topicId,
    partition: asked.partition,
    errorCode: ErrorCode.NONE,
    highWatermark: partition?.highWatermark ?? -1,
    lastStableOffset: partition?.lastStableOffset ?? -1,
    logStartOffset: partition?.log.logStartOffset ?? -1,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: [],
  }
}
