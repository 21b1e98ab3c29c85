import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import type { Core } from './core.ts'
import { fetchFromBestNode } from './follow.ts'
import { type RoleState, UNKNOWN_OFFSET } from './role.ts'
import type { ReplicaKey, SnapshotId, VoterEndpoint } from './types.ts'

/** Copies the log of a leader that it can reach. */
export class Follower implements RoleState {
  readonly name = 'follower'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly VoterEndpoint[]
  readonly votedKey: ReplicaKey | undefined
  highWatermark: Offset
  /** When a voter gives the leader up; an observer then asks others as well (facts A62, A64). */
  fetchAtMs: number
  /** One successful answer in this epoch makes the leader worth defending (N-A8). */
  hasFetched = false
  /** When to look whether the leader should be told of this voter, or of a controller that wants to be one. */
  reportAtMs: number
  /** Nobody has listened at the leader's address since it was last heard: its process has ended. */
  isLeaderGone = false
  /** How often this voter has stood because of that, in this epoch and without having heard the leader in between. */
  attempts = 0
  /** This leader knows how to reach this voter (N-A27). */
  hasReported = false
  /** A snapshot on its way, and how much of it is there. */
  download: { readonly id: SnapshotId; readonly position: number } | undefined
  /** How often what should have followed this end of the log has come damaged. */
  damage: { readonly endOffset: Offset; readonly times: number } | undefined
  #leaderHighWatermark: Offset = UNKNOWN_OFFSET

  constructor(
    state: Pick<Follower, 'epoch' | 'leaderId' | 'leaderEndpoints' | 'votedKey' | 'highWatermark'>,
    core: Core,
  ) {
    this.epoch = state.epoch
    this.leaderId = state.leaderId
    this.leaderEndpoints = state.leaderEndpoints
    this.votedKey = state.votedKey
    this.highWatermark = state.highWatermark
    this.fetchAtMs = core.nowMs + core.config.fetchTimeoutMs
    this.reportAtMs = this.fetchAtMs
  }

  grantsVote(): boolean {
    return false
  }

  grantsPreVote(isUpToDate: boolean): boolean {
    return isUpToDate && !this.hasFetched
  }

  poll(core: Core): number {
    if (core.canStand && this.fetchAtMs <= core.nowMs) {
      core.becomeProspective()
      return core.nowMs
    }
    return Math.min(
      this.fetchAtMs > core.nowMs ? this.fetchAtMs : Number.POSITIVE_INFINITY,
      fetchFromBestNode(core, this),
    )
  }

  /** The leader answered: it is alive. */
  heard(core: Core): void {
    this.hasFetched = true
    this.isLeaderGone = false
    this.attempts = 0
    this.fetchAtMs = core.nowMs + core.config.fetchTimeoutMs
  }

  /**
   * Nobody listens at the leader's address. Apache Kafka waits for the fetch timeout to end all the same; here a voter
   * defends that leader no longer and stands soon (ADR 10). It goes on asking for the leader until then.
   */
  leaderGone(core: Core): void {
    if (this.isLeaderGone || !core.canStand) return
    this.isLeaderGone = true
    this.hasFetched = false
    this.fetchAtMs = Math.min(this.fetchAtMs, core.drawAttemptAtMs(this.attempts))
  }

  /** Our log is the leader's up to its end, so what the leader has committed is committed here as far as we have it. */
  leaderCommitted(highWatermark: Offset, core: Core): void {
    this.#leaderHighWatermark = Math.max(this.#leaderHighWatermark, highWatermark)
    this.logChanged(core)
  }

  /** The logs differ: until the leader says otherwise, nothing more of ours is known to be committed. */
  diverged(): void {
    this.#leaderHighWatermark = UNKNOWN_OFFSET
  }

  logChanged(core: Core): void {
    this.advance(Math.min(core.log.endOffset, this.#leaderHighWatermark), core)
  }

  /** All that the leader had committed when it last answered is here. */
  get hasAllCommitted(): boolean {
    return this.#leaderHighWatermark !== UNKNOWN_OFFSET && this.highWatermark >= this.#leaderHighWatermark
  }

  advance(highWatermark: Offset, core: Core): void {
    if (highWatermark <= this.highWatermark) return
    assert(highWatermark <= core.log.endOffset, `high watermark ${highWatermark} is behind the end of the log`)
    this.highWatermark = highWatermark
    core.effects.highWatermark = highWatermark
  }
}
