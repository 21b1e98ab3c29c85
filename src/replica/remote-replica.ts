import type { BrokerEpoch, Offset } from '../base/brand.ts'

/** A log end offset that is not known: less than any, so that it holds the high watermark back. */
export const UNKNOWN_OFFSET = -1

/** A follower's Fetch as far as it tells about the follower (KIP-903 for the epoch). */
export interface FollowerProgress {
  /** What the follower has: everything below. */
  fetchOffset: Offset
  logStartOffset: Offset
  /** -1: the follower did not say. */
  brokerEpoch: BrokerEpoch
  /** Monotonic. */
  nowMs: number
  /** The leader's log end offset when the fetch arrived. */
  leaderEndOffset: Offset
}

/** What a leader knows of one follower. Changes only by that follower's fetches (D28, D29 of the replication facts). */
export class RemoteReplica {
  readonly brokerId: number
  /** UNKNOWN_OFFSET until the first fetch under this leader. */
  logEndOffset: Offset = UNKNOWN_OFFSET
  logStartOffset: Offset = UNKNOWN_OFFSET
  brokerEpoch: BrokerEpoch = -1
  /** Last time at which it had everything the leader had then. */
  lastCaughtUpMs: number
  #lastFetchMs = Number.NEGATIVE_INFINITY
  #leaderEndAtLastFetch: Offset = 0

  constructor(brokerId: number, lastCaughtUpMs: number) {
    this.brokerId = brokerId
    this.lastCaughtUpMs = lastCaughtUpMs
  }

  /** True where the log end offset changed. */
  update(progress: FollowerProgress): boolean {
    const { fetchOffset, leaderEndOffset, nowMs } = progress
    if (fetchOffset >= leaderEndOffset) this.lastCaughtUpMs = Math.max(this.lastCaughtUpMs, nowMs)
    else if (fetchOffset >= this.#leaderEndAtLastFetch)
      this.lastCaughtUpMs = Math.max(this.lastCaughtUpMs, this.#lastFetchMs)
    const moved = fetchOffset !== this.logEndOffset
    this.logEndOffset = fetchOffset
    this.logStartOffset = progress.logStartOffset
    this.brokerEpoch = progress.brokerEpoch
    this.#leaderEndAtLastFetch = leaderEndOffset
    this.#lastFetchMs = nowMs
    return moved
  }

  /** A leader that leads on in another epoch keeps what it knows; members of the ISR count as caught up (D12). */
  newEpoch(lastCaughtUpMs: number, epochStartOffset: Offset): void {
    this.lastCaughtUpMs = lastCaughtUpMs
    this.#lastFetchMs = lastCaughtUpMs
    this.#leaderEndAtLastFetch = epochStartOffset
  }

  isCaughtUp(leaderEndOffset: Offset, nowMs: number, maxLagMs: number): boolean {
    return this.logEndOffset === leaderEndOffset || nowMs - this.lastCaughtUpMs <= maxLagMs
  }
}
