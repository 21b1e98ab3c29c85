import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { BatchView, wholeBatchSize } from '../../protocol/records/batch.ts'
import type { LeaderEpoch, Offset } from '../base/brand.ts'
import type { Log } from '../log/log.ts'
import type { Truncation } from './follower.ts'
import { truncationAtStart } from './follower.ts'
import type { Partition } from './partition.ts'

/** What is replicated into: a partition that follows, or the copy of one that moves to another log directory. */
export interface FetchTarget {
  readonly topic: string
  readonly index: number
  readonly leaderEpoch: LeaderEpoch
  readonly log: Log
  truncateTo(offset: Offset): void
  restartAt(offset: Offset): void
}

/**
 * How far the replication of one partition is, under one leader epoch. Lives until the epoch or the leader changes, or
 * the partition fails; its fetcher alone changes it, and the log with it.
 */
export class FetchState<Target extends FetchTarget = Partition> {
  readonly partition: Target
  readonly leaderEpoch: LeaderEpoch
  /** The end of what is written here: a follower reports nothing that it could lose with its process. */
  fetchOffset: Offset
  lastFetchedEpoch: LeaderEpoch
  /** Records between here and the leader's high watermark, as of its last answer; undefined before one. */
  lag: number | undefined
  /** Monotonic; not fetched for before. */
  readyAtMs = Number.NEGATIVE_INFINITY

  /** May cut the log (D49); throws where its disk fails. */
  constructor(partition: Target) {
    this.partition = partition
    this.leaderEpoch = partition.leaderEpoch
    this.fetchOffset = partition.log.logEndOffset
    this.lastFetchedEpoch = partition.log.latestEpoch
    this.truncate(truncationAtStart(partition.log))
  }

  /** False where the log is the same as before. */
  truncate(truncation: Truncation): boolean {
    const { partition } = this
    const before = partition.log.logEndOffset
    if (truncation.kind === 'cut') partition.truncateTo(truncation.to)
    else if (truncation.kind === 'restart') partition.restartAt(truncation.at)
    this.fetchOffset = partition.log.logEndOffset
    this.lastFetchedEpoch = partition.log.latestEpoch
    return partition.log.logEndOffset !== before
  }

  /**
   * Appends what the leader sent for `fetchOffset`. False where nothing of it could be kept: a part of a batch, or
   * batches of an epoch that this broker has not heard of (fact N-A39).
   */
  append(records: Buffer): boolean {
    const { partition, leaderEpoch } = this
    const { log } = partition
    if (log.logEndOffset !== this.fetchOffset) {
      const reason = `${partition.topic}-${partition.index} ends at ${log.logEndOffset}, fetched was ${this.fetchOffset}`
      throw new ProtocolError(ErrorCode.UNKNOWN_SERVER_ERROR, reason)
    }
    this.#makeRoomFor(records)
    const info = log.appendAsFollower(records, { leaderEpoch })
    if (info.firstOffset < 0) return false
    this.fetchOffset = log.logEndOffset
    this.lastFetchedEpoch = log.latestEpoch
    return true
  }

  /**
   * A log that is to begin in the middle of a batch (the leader's start is there, after DeleteRecords) gets the batch
   * whole, so it begins where the batch does; the leader's start offset is taken over afterwards.
   */
  #makeRoomFor(records: Buffer): void {
    const { log } = this.partition
    if (log.logStartOffset !== log.logEndOffset) return
    const size = wholeBatchSize(records, 0)
    if (size === 0) return
    const first = new BatchView(records, 0, size)
    if (first.baseOffset < log.logEndOffset && first.lastOffset >= log.logEndOffset)
      this.partition.restartAt(first.baseOffset)
  }

  advanced(leaderHighWatermark: Offset): void {
    this.lag = Math.max(0, leaderHighWatermark - this.fetchOffset)
  }
}
