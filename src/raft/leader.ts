import type { AddRaftVoterRequest } from '../../protocol/api/80-add-raft-voter.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Offset } from '../base/brand.ts'
import { completeFetches, refuseFetches } from './01-fetch.ts'
import { requestBeginOfEpoch } from './53-begin-quorum-epoch.ts'
import { requestApiVersions } from './80-add-raft-voter.ts'
import { majorityOf, majorityOffset } from './arithmetic.ts'
import type { Candidate } from './candidate.ts'
import type { Core } from './core.ts'
import { NEVER, noteFetch, Replicas } from './progress.ts'
import { type RoleState, UNKNOWN_OFFSET } from './role.ts'
import type { ReplicaKey, Voter, VoterEndpoint, VoterSet } from './types.ts'
import { appendVoters, settleChange, type VoterChange } from './voter-change.ts'
import { isDescribed, isVoter, votersRecords, withVoter } from './voters.ts'

/** In units of the fetch timeout: how long a leader believes that it still leads a majority (fact A40). */
const CHECK_QUORUM = 1.5

export class Leader implements RoleState {
  readonly name = 'leader'
  readonly votedKey = undefined
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly VoterEndpoint[]
  /** Where this epoch begins. Nothing is committed before something at or behind it is (fact A57). */
  readonly epochStartOffset: Offset
  readonly grantingVoters: readonly number[]
  readonly replicas = new Replicas()
  /** When BeginQuorumEpoch went to which voter. */
  readonly lastBeginMs = new Map<number, number>()
  /** Voters of the configuration as they have described themselves (N-A27). */
  readonly reported = new Map<number, Voter>()
  highWatermark: Offset = UNKNOWN_OFFSET
  change: VoterChange | undefined
  /** Who is to be added, until it has said what it can. */
  candidate: { readonly request: AddRaftVoterRequest; isSent: boolean } | undefined
  #voters: VoterSet
  #checkQuorumAtMs: number
  /** Voters heard of since the check began. */
  readonly #heard = new Set<number>()

  constructor(candidate: Candidate, core: Core) {
    this.epoch = candidate.epoch
    this.leaderId = core.local.id
    this.leaderEndpoints = core.options.endpoints
    this.epochStartOffset = core.log.endOffset
    this.grantingVoters = candidate.election.granting
    this.#voters = core.voters
    this.replicas.update(core.otherVoters)
    this.#checkQuorumAtMs = core.nowMs + CHECK_QUORUM * core.config.fetchTimeoutMs
  }

  grantsVote(): boolean {
    return false
  }

  grantsPreVote(): boolean {
    return false
  }

  /** Fact A35: the first batch names the leader, and the voters unless the log has them as they are. */
  begin(core: Core): void {
    const voter = (voterId: number) => ({ voterId, voterDirectoryId: ZERO_UUID })
    const value = {
      version: 0,
      leaderId: this.leaderId,
      voters: this.#voters.map(({ id }) => voter(id)),
      grantingVoters: this.grantingVoters.map(voter),
    }
    core.effects.beginEpoch = this.epoch
    core.effects.control([{ type: ControlType.LEADER_CHANGE, value }, ...this.#unrecordedVoters(core)])
    core.isLogPending = true
  }

  #unrecordedVoters({ log, ownVoter, isVoter }: Core) {
    const { voterSet } = log
    if (log.kraftVersion === 0 || voterSet === undefined) return []
    const isOnRecord = voterSet.offset >= 0 && (!isVoter || isDescribed(voterSet.voters, ownVoter))
    return isOnRecord ? [] : votersRecords(isVoter ? withVoter(voterSet.voters, ownVoter) : voterSet.voters)
  }

  /** Nobody waits for a leader that is none any more. */
  end(core: Core): void {
    refuseFetches(core)
    this.endChange(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }

  appendChange(core: Core, voters: VoterSet): void {
    this.candidate = undefined
    this.change!.voters = voters
    appendVoters(core, voters)
  }

  endChange(errorCode: ErrorCode): void {
    this.change?.answer(errorCode)
    this.change = undefined
    this.candidate = undefined
  }

  /** The other voters, those with the longest logs first (fact A42). */
  get successors(): ReplicaKey[] {
    return this.replicas.voters.toSorted((one, other) => other.endOffset - one.endOffset).map(({ key }) => key)
  }

  poll(core: Core): number {
    settleChange(core, this)
    const isAlone = this.#checkQuorumAtMs <= core.nowMs && this.#requiredVoters(core) > 0
    if (isAlone || this.#hasLeft(core)) {
      core.becomeResigned(this.successors)
      return core.nowMs
    }
    if (this.#checkQuorumAtMs <= core.nowMs) this.#restartCheck(core)
    const nextMs = Math.min(requestBeginOfEpoch(core, this), requestApiVersions(core, this))
    return Math.min(nextMs, this.#checkQuorumAtMs, core.parked.nextMs, this.change?.untilMs ?? Number.POSITIVE_INFINITY)
  }

  /** Fact A40: so many others make a majority with this node. */
  #requiredVoters(core: Core): number {
    return majorityOf(this.#voters.length) - (isVoter(this.#voters, core.local) ? 1 : 0)
  }

  #restartCheck(core: Core): void {
    this.#heard.clear()
    this.#checkQuorumAtMs = core.nowMs + CHECK_QUORUM * core.config.fetchTimeoutMs
  }

  /** A voter is in touch (facts A40, A75, N-A28). */
  heard(key: ReplicaKey, core: Core): void {
    if (this.replicas.voter(key) === undefined) return
    this.#heard.add(key.id)
    if (this.#heard.size >= this.#requiredVoters(core)) this.#restartCheck(core)
  }

  /** A replica has everything below `endOffset` on its medium: that it fetches from there says so (fact A56). */
  acknowledge(key: ReplicaKey, endOffset: Offset, core: Core): void {
    if (key.id < 0 || key.id === core.local.id) return
    const voter = this.replicas.voter(key)
    noteFetch(voter ?? this.replicas.meetObserver(key, core.nowMs), endOffset, core.log.endOffset, core.nowMs)
    if (voter === undefined) return
    if (voter.key.directoryId !== key.directoryId) voter.key = key
    this.heard(key, core)
    this.advance(core)
  }

  lastFetchMs(id: number): number {
    return this.replicas.voters.find(({ key }) => key.id === id)?.lastFetchMs ?? NEVER
  }

  /** The log grew, or more of it is on the medium, or it has other voters. */
  logChanged(core: Core): void {
    if (this.#voters !== core.voters) {
      this.#voters = core.voters
      this.replicas.update(core.otherVoters)
    }
    this.advance(core)
    completeFetches(core, core.parked.takeBelow(core.log.endOffset))
  }

  /**
   * Fact A57. Our own log counts up to what is on the medium. Apache Kafka counts it as it is appended (fact A58): if
   * then the power fails under the leader and one more voter, a committed record may be in no log of a new majority.
   */
  advance(core: Core): void {
    const endOffsets = this.replicas.voters.map(({ endOffset }) => endOffset)
    if (isVoter(this.#voters, core.local)) endOffsets.push(core.log.syncedOffset)
    const highWatermark = majorityOffset(endOffsets)
    if (highWatermark <= this.highWatermark || highWatermark <= this.epochStartOffset) return
    this.highWatermark = highWatermark
    core.effects.highWatermark = highWatermark
    // What is committed is visible a round trip later, not when the next fetch happens to come (N-A20).
    completeFetches(core, core.parked.takeAll())
  }

  /** Fact A88: a leader that removed itself goes when that is committed. */
  #hasLeft({ log, local }: Core): boolean {
    return log.voterSet !== undefined && !isVoter(this.#voters, local) && log.voterSet.offset < this.highWatermark
  }
}
