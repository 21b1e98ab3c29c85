import { assert } from '../base/assert.ts'
import { attemptSpreadMs } from './arithmetic.ts'
import { Candidate } from './candidate.ts'
import { Channel } from './channel.ts'
import { Effects } from './effects.ts'
import { Follower } from './follower.ts'
import { Leader } from './leader.ts'
import { ParkedFetches } from './parked-fetches.ts'
import { Prospective } from './prospective.ts'
import { Resigned } from './resigned.ts'
import { NOBODY, UNKNOWN_OFFSET } from './role.ts'
import type {
  ElectionState,
  Leadership,
  Peer,
  RaftConfig,
  RaftOptions,
  ReplicaKey,
  Voter,
  VoterEndpoint,
  VoterSet,
} from './types.ts'
import { Unattached } from './unattached.ts'
import { endpointOf, isVoter, KRAFT_VERSIONS, matchesKey, otherVoters, voterOf } from './voters.ts'

export type Role = Unattached | Prospective | Candidate | Leader | Follower | Resigned

/** How long a leader that is being shut down waits for another one (fact A44). */
const SHUTDOWN_MS = 5000

/**
 * What all handlers share: the role of this node, and the ways from one role to the next.
 *
 *   from          to            when
 *   any           unattached    another epoch is higher; its leader unknown or out of reach
 *   any           follower      another epoch is higher, and its leader is known
 *   unattached    prospective   no leader showed itself in time (voters)
 *   follower      prospective   the leader has been silent for too long, or its process is gone (voters)
 *   prospective   candidate     a majority would vote for us, or one of them does not know of pre-votes
 *   prospective   follower      lost, and the leader of the epoch is known
 *   prospective   unattached    lost
 *   candidate     leader        a majority voted for us
 *   candidate     prospective   no majority in time
 *   candidate, unattached, prospective, resigned
 *                 follower      the leader of the same epoch shows itself
 *   leader        resigned      no majority in reach, shut down, or told to
 *   resigned      unattached    nobody else led in time: the next epoch
 *   unattached, follower, resigned
 *                 prospective   at the start, if nobody else votes
 *
 * Each but the ones to prospective and resigned is on disk before anybody hears of it (fact A16, N-A11).
 */
export class Core {
  readonly options: RaftOptions
  readonly effects = new Effects()
  readonly channel: Channel
  readonly parked: ParkedFetches
  role: Role
  /** The driver was told to change the log and has not said that it did. */
  isLogPending = false
  /** What is in quorum-state, or will be before anything else is done. */
  #persisted: ElectionState | undefined
  #shutdownAtMs: number | undefined

  constructor(options: RaftOptions) {
    this.options = options
    const { requestTimeoutMs: timeoutMs, retryBackoffMs: backoffMs } = options.config
    this.channel = new Channel(this.effects, options.clock, { timeoutMs, backoffMs })
    this.parked = new ParkedFetches(this)
    this.role = this.#restored()
  }

  get local(): ReplicaKey {
    return this.options.local
  }

  get config(): RaftConfig {
    return this.options.config
  }

  get log(): RaftOptions['log'] {
    return this.options.log
  }

  get nowMs(): number {
    return this.options.clock.monotonicMs()
  }

  /** Fact A83: what the log says, committed or not; else what the configuration says. */
  get voters(): VoterSet {
    return this.log.voterSet?.voters ?? this.options.staticVoters
  }

  get isVoter(): boolean {
    return isVoter(this.voters, this.local)
  }

  /**
   * Voters stand for election. So does a node whose removal may not be committed: its log may be the longest, and then
   * those that still count it can elect nobody else (section 4.2.2 of Ongaro's thesis).
   */
  get canStand(): boolean {
    if (this.isVoter) return true
    const { voterSet, previousVoters = [] } = this.log
    // There is no role yet when the first one is chosen.
    const highWatermark = this.role?.highWatermark ?? UNKNOWN_OFFSET
    const isCommitted = voterSet === undefined || voterSet.offset < highWatermark
    return this.options.controllerRole && !isCommitted && isVoter(previousVoters, this.local)
  }

  get otherVoters(): VoterSet {
    return otherVoters(this.voters, this.local)
  }

  get isSoleVoter(): boolean {
    return this.isVoter && this.voters.length === 1
  }

  /** This node as a voter set should describe it. */
  get ownVoter(): Voter {
    return { ...this.local, endpoints: this.options.endpoints, kRaftVersionFeature: KRAFT_VERSIONS }
  }

  /** Whether what the log ends with may be promised to a leader: a voter's fetch is an acknowledgement (fact A61). */
  get isLogReady(): boolean {
    if (this.isLogPending) return false
    return this.log.syncedOffset >= this.log.endOffset || !(this.options.controllerRole || this.isVoter)
  }

  /** Where to reach a node, given its endpoints. */
  peer(id: number, endpoints: readonly VoterEndpoint[]): Peer | undefined {
    const endpoint = endpointOf(endpoints, this.options.listenerName)
    return endpoint && { id, host: endpoint.host, port: endpoint.port }
  }

  /** Endpoints of a leader: as it was heard of, or else as the voter set has them. */
  endpointsOf(id: number, heard: readonly VoterEndpoint[]): readonly VoterEndpoint[] {
    return heard.length > 0 ? heard : (voterOf(this.voters, id)?.endpoints ?? [])
  }

  /** Where clients of this listener reach the leader. */
  leaderEndpoint(listener: string): VoterEndpoint | undefined {
    return endpointOf(this.role.leaderEndpoints, listener)
  }

  get leadership(): Leadership {
    const { name, epoch, leaderId, leaderEndpoints } = this.role
    const epochStartOffset = this.role.name === 'leader' ? this.role.epochStartOffset : undefined
    return { role: name, epoch, leaderId, endpoints: leaderEndpoints, epochStartOffset }
  }

  drawElectionAtMs(): number {
    const { electionTimeoutMs } = this.config
    return this.nowMs + electionTimeoutMs + this.options.random.below(electionTimeoutMs)
  }

  /** When a voter whose leader is gone stands, or gives up in order to try again, after so many attempts. */
  drawAttemptAtMs(attempts: number): number {
    return this.nowMs + this.options.random.below(attemptSpreadMs(attempts))
  }

  /** To a higher epoch. `leaderId`: known, but out of reach. */
  becomeUnattached(epoch: number, leaderId = NOBODY): void {
    assert(epoch > this.role.epoch, `unattached in epoch ${epoch}, after ${this.role.epoch}`)
    const { highWatermark } = this.role
    const electionAtMs = this.#nextElectionAtMs()
    this.#enter(new Unattached({ epoch, leaderId, votedKey: undefined, highWatermark, electionAtMs }))
    this.#persist()
  }

  /** N-A15: whoever waited already waits no longer than before. */
  #nextElectionAtMs(): number {
    if (!this.canStand) return Number.POSITIVE_INFINITY
    const { role } = this
    if (role.name === 'leader' || role.name === 'follower') return this.drawElectionAtMs()
    if (role.name === 'prospective' && role.election.isLost) return this.drawElectionAtMs()
    return Number.isFinite(role.electionAtMs) ? role.electionAtMs : this.drawElectionAtMs()
  }

  becomeProspective(): void {
    assert(this.canStand, 'an observer cannot stand for election')
    this.#enter(new Prospective(this.role, this))
  }

  /** N-A5. */
  giveUpCandidacy(before: Prospective): void {
    const { epoch, leaderId, leaderEndpoints, votedKey, highWatermark } = before
    if (leaderId !== NOBODY && leaderId !== this.local.id && leaderEndpoints.length > 0) {
      const follower = new Follower({ epoch, leaderId, leaderEndpoints, votedKey, highWatermark }, this)
      follower.attempts = before.attempts
      this.#enter(follower)
    } else {
      const electionAtMs = this.#nextElectionAtMs()
      this.#enter(new Unattached({ epoch, leaderId, votedKey, highWatermark, electionAtMs }))
    }
    this.#persist()
  }

  becomeCandidate(): void {
    const { role } = this
    assert(role.name === 'prospective', `a candidate that was ${role.name}`)
    this.#enter(new Candidate(role.epoch + 1, role.highWatermark, this, role.attempts))
    this.#persist()
  }

  becomeLeader(candidate: Candidate): void {
    const leader = new Leader(candidate, this)
    this.#enter(leader)
    this.#persist()
    leader.begin(this)
  }

  becomeFollower(epoch: number, leaderId: number, leaderEndpoints: readonly VoterEndpoint[]): void {
    const { role } = this
    const isSameEpoch = epoch === role.epoch
    assert(epoch >= role.epoch, `follower in epoch ${epoch}, after ${role.epoch}`)
    assert(!isSameEpoch || role.leaderId === NOBODY || role.leaderId === leaderId, `epoch ${epoch} has two leaders`)
    const votedKey = isSameEpoch ? role.votedKey : undefined
    const { highWatermark } = role
    this.#enter(new Follower({ epoch, leaderId, leaderEndpoints, votedKey, highWatermark }, this))
    this.#persist()
  }

  /** `successors`: best first. */
  becomeResigned(successors: readonly ReplicaKey[]): void {
    this.#enter(new Resigned(this.role.epoch, successors, this))
  }

  /** The candidate has the vote of this epoch; a new one is not tried soon, for this one may well win. */
  giveVote(voter: Unattached | Prospective, candidate: ReplicaKey): void {
    if (voter.votedKey !== undefined) return
    voter.votedKey = candidate
    if (this.canStand) voter.electionAtMs = this.drawElectionAtMs()
    this.#persist()
  }

  get isShuttingDown(): boolean {
    return this.#shutdownAtMs !== undefined
  }

  /** When waiting for another leader ends. */
  get shutdownAtMs(): number {
    return this.#shutdownAtMs ?? Number.POSITIVE_INFINITY
  }

  /** Fact A44: nobody is left who needs this node. Without a term of its own to end it has nobody to wait for either. */
  get isShutDown(): boolean {
    if (!this.isShuttingDown) return false
    const { leaderId, name } = this.role
    const isLed = leaderId !== NOBODY && leaderId !== this.local.id
    return isLed || name !== 'resigned' || !this.isVoter || this.isSoleVoter || this.shutdownAtMs <= this.nowMs
  }

  shutDown(): void {
    this.#shutdownAtMs ??= this.nowMs + SHUTDOWN_MS
    if (this.role.name === 'leader') this.becomeResigned(this.role.successors)
  }

  #enter(role: Role): void {
    const before = this.role
    this.role = role
    this.channel.reset()
    if (before.name === 'leader') before.end(this)
    if (before.name === 'follower' && before.download) this.effects.snapshot({ step: 'drop', id: before.download.id })
  }

  #persist(): void {
    const { epoch, leaderId, votedKey } = this.role
    const known = this.#persisted
    if (known?.epoch === epoch && known.leaderId === leaderId && known.votedKey === votedKey) return
    this.#persisted = { epoch, leaderId, votedKey }
    this.effects.electionState = this.#persisted
  }

  /** Facts A11 to A13, N-A13. */
  #restored(): Role {
    const { log, local } = this
    this.#persisted = this.options.stored
    const stored = this.options.stored ?? { epoch: 0, leaderId: NOBODY, votedKey: undefined }
    const highWatermark = UNKNOWN_OFFSET
    const electionAtMs = this.canStand ? this.drawElectionAtMs() : Number.POSITIVE_INFINITY
    if (log.lastEpoch > stored.epoch) {
      const state = { epoch: log.lastEpoch, leaderId: NOBODY, votedKey: undefined }
      this.#persisted = state
      this.effects.electionState = state
      return new Unattached({ ...state, highWatermark, electionAtMs })
    }
    const { epoch, leaderId, votedKey } = stored
    if (leaderId === local.id) return new Resigned(epoch, [], this)
    if (this.canStand && votedKey !== undefined && matchesKey(votedKey, local)) {
      return new Candidate(epoch, highWatermark, this)
    }
    const leaderEndpoints = this.endpointsOf(leaderId, [])
    if (leaderId !== NOBODY && leaderEndpoints.length > 0) {
      return new Follower({ epoch, leaderId, leaderEndpoints, votedKey, highWatermark }, this)
    }
    return new Unattached({ epoch, leaderId, votedKey, highWatermark, electionAtMs })
  }
}
