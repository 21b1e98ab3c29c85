import { ErrorCode } from '../../protocol/errors.ts'
import { assert } from '../base/assert.ts'
import type { BrokerEpoch, LeaderEpoch, Offset, PartitionEpoch } from '../base/brand.ts'
import type { TopicConfig } from '../log/config.ts'
import type { Log } from '../log/log.ts'
import { NO_LEADER, type PartitionImage } from '../metadata/image.ts'
import { hasCommitted, type IsrDecision, type IsrProposal, laggingMembers } from './isr.ts'
import { type FollowerProgress, RemoteReplica } from './remote-replica.ts'

/**
 * new      -> leader | follower      first image that names this broker a replica
 * leader   -> leader | follower      another epoch, another leader
 * follower -> leader | follower
 * any      -> offline                its log directory failed (KIP-112); ends with the process
 * any      -> deleted                topic deleted, or replica moved away; final
 */
export type PartitionState = 'new' | 'leader' | 'follower' | 'offline' | 'deleted'

/** What a partition needs to know of the broker it is on. */
export interface PartitionSurroundings {
  readonly brokerId: number
  /** `replica.lag.time.max.ms`. */
  readonly maxLagMs: number
  monotonicMs(): number
  /** Registered and unfenced. */
  isAlive(brokerId: number): boolean
  /** May this broker join an ISR: registered, unfenced, not in controlled shutdown? */
  isActive(brokerId: number): boolean
  /** Of its registration; undefined where it is not registered. */
  brokerEpochOf(brokerId: number): BrokerEpoch | undefined
}

/** What tells partitions apart, those of a deleted topic and of its successor too. */
export const partitionKey = ({ topicId, index }: { topicId: string; index: number }): string => `${topicId}:${index}`

/** The copy of a partition's log on its way to another directory (KIP-113), as the partition sees it. */
export interface FutureCopy {
  readonly logStartOffset: Offset
  /** What the current log has at and above `offset` is not what it had (D92). */
  cut(offset: Offset): void
  /** Something changed in the current log, or of the partition. */
  wake(): void
}

/** Waits for bytes of one log to be handed to the system. Exactly one of the two is called, once. */
export interface WriteWaiter {
  written(partition: Partition): void
  failed(partition: Partition): void
}

/**
 * This broker's replica of one partition: who leads it, how far its replicas are, and what may be read of it.
 *
 * Offsets, in order: log start <= last stable <= high watermark <= written end <= log end. Consumers see up to the high
 * watermark (the last stable offset), followers up to the written end. Between written end and log end are appends of
 * this turn of the event loop, which nobody has been told of.
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  config: TopicConfig
  /** While the replica is moved to another log directory. */
  future: FutureCopy | undefined
  #log: Log
  /** The log directory that the cluster knows the replica in; undefined where it is not one of its replicas. */
  #directory: string | undefined
  #state: PartitionState = 'new'
  #leader = NO_LEADER
  #leaderEpoch: LeaderEpoch = -1
  #partitionEpoch: PartitionEpoch = -1
  #replicas: readonly number[] = []
  #adding: readonly number[] = []
  #removing: readonly number[] = []
  /** As the controller committed it. */
  #isr: readonly number[] = []
  /** Of a leader: the change of the ISR that the controller has been asked for; at most one (D66, D67). */
  #proposal: IsrProposal | undefined
  /** Log end when this broker became leader of the present epoch; meaningless on followers. */
  #epochStartOffset: Offset = 0
  /** Everything below is handed to the system (and synced, where flush.messages asks for it). */
  #writtenEnd: Offset
  /** Of a leader: its followers by broker id. */
  readonly #remotes = new Map<number, RemoteReplica>()
  #writeWaiters: WriteWaiter[] = []
  #cuts = 0
  readonly #surroundings: PartitionSurroundings

  constructor(log: Log, config: TopicConfig, surroundings: PartitionSurroundings) {
    this.topic = log.topic
    this.topicId = log.topicId
    this.index = log.partition
    this.#log = log
    this.config = config
    this.#writtenEnd = log.logEndOffset
    this.#surroundings = surroundings
  }

  /** Another one after the replica has moved (KIP-113): not to be kept by whoever waits. */
  get log(): Log {
    return this.#log
  }

  /** The replica has moved: the new log has all that was in the old one. */
  moveTo(log: Log): void {
    assert(log.logEndOffset === this.#log.logEndOffset, `${log.dir} has not all of ${this.#log.dir}`)
    log.config = this.config
    this.#log = log
  }

  get directory(): string | undefined {
    return this.#directory
  }

  get state(): PartitionState {
    return this.#state
  }

  get isLeader(): boolean {
    return this.#state === 'leader'
  }

  get leader(): number {
    return this.#leader
  }

  get leaderEpoch(): LeaderEpoch {
    return this.#leaderEpoch
  }

  get partitionEpoch(): PartitionEpoch {
    return this.#partitionEpoch
  }

  get replicas(): readonly number[] {
    return this.#replicas
  }

  get isr(): readonly number[] {
    return this.#isr
  }

  /** Replicas that a reassignment is about to add. */
  get adding(): readonly number[] {
    return this.#adding
  }

  get isReassigning(): boolean {
    return this.#adding.length > 0 || this.#removing.length > 0
  }

  /**
   * The ISR together with whoever a change under way would add or remove (D68): the high watermark waits for all of
   * them. Who is to be removed is a member until the controller agrees.
   */
  get maximalIsr(): readonly number[] {
    return this.#proposal?.kind === 'expand' ? this.#proposal.isr : this.#isr
  }

  /** The change of the ISR that is under way. */
  get proposal(): IsrProposal | undefined {
    return this.#proposal
  }

  get highWatermark(): Offset {
    return this.log.highWatermark
  }

  get lastStableOffset(): Offset {
    return this.log.lastStableOffset(this.log.highWatermark)
  }

  get writtenEnd(): Offset {
    return this.#writtenEnd
  }

  /** Below this no live replica keeps anything, nor a copy that moves: the least of their log start offsets. Of a leader. */
  get lowWatermark(): Offset {
    let low = Math.min(this.log.logStartOffset, this.future?.logStartOffset ?? Number.POSITIVE_INFINITY)
    for (const remote of this.#remotes.values()) {
      if (this.#surroundings.isAlive(remote.brokerId)) low = Math.min(low, remote.logStartOffset)
    }
    return low
  }

  /** False for a new leader whose high watermark has not come to its epoch yet: what it calls latest might go back (D35). */
  get knowsLatest(): boolean {
    return this.#epochStartOffset <= this.highWatermark
  }

  /** A topic with fewer replicas than min.insync.replicas needs all of them. */
  get effectiveMinIsr(): number {
    return Math.min(this.config['min.insync.replicas'], this.#replicas.length)
  }

  get hasEnoughInSync(): boolean {
    return this.#isr.length >= this.effectiveMinIsr
  }

  remote(brokerId: number): RemoteReplica | undefined {
    return this.#remotes.get(brokerId)
  }

  /** Of a leader: all its followers. */
  remotes(): IterableIterator<RemoteReplica> {
    return this.#remotes.values()
  }

  /** Takes what the cluster says of the partition. True where a new leader epoch began. Older news changes nothing (D84). */
  apply(image: PartitionImage): boolean {
    if (this.#state === 'offline' || this.#state === 'deleted') return false
    if (image.partitionEpoch < this.#partitionEpoch) return false
    const newEpoch = image.leaderEpoch > this.#leaderEpoch
    const wasLeader = this.isLeader
    // The same news twice says nothing of what was proposed since (D84).
    if (newEpoch || image.partitionEpoch > this.#partitionEpoch) this.#proposal = undefined
    this.#leader = image.leader
    this.#leaderEpoch = image.leaderEpoch
    this.#partitionEpoch = image.partitionEpoch
    this.#replicas = image.replicas
    this.#adding = image.adding
    this.#removing = image.removing
    this.#isr = image.isr
    this.#directory = image.directories[image.replicas.indexOf(this.#surroundings.brokerId)]
    if (image.leader === this.#surroundings.brokerId) this.#lead(newEpoch, wasLeader)
    else this.#follow()
    return newEpoch
  }

  #lead(newEpoch: boolean, wasLeader: boolean): void {
    this.#state = 'leader'
    if (newEpoch || !wasLeader) {
      this.#epochStartOffset = this.log.logEndOffset
      this.log.assignEpoch(this.#leaderEpoch, this.#epochStartOffset)
    }
    for (const id of this.#remotes.keys()) if (!this.#replicas.includes(id)) this.#remotes.delete(id)
    for (const id of this.#replicas) {
      if (id === this.#surroundings.brokerId) continue
      const caughtUpMs = this.#isr.includes(id) ? this.#surroundings.monotonicMs() : Number.NEGATIVE_INFINITY
      const remote = this.#remotes.get(id)
      if (remote === undefined) this.#remotes.set(id, new RemoteReplica(id, caughtUpMs))
      else if (newEpoch) remote.newEpoch(caughtUpMs, this.#epochStartOffset)
    }
    this.advanceHighWatermark()
  }

  #follow(): void {
    this.#state = 'follower'
    this.#remotes.clear()
    this.#proposal = undefined
  }

  /** NONE where the caller's idea of the leader epoch is this broker's too, or where it has none (-1; D15). */
  checkEpoch(currentLeaderEpoch: LeaderEpoch): ErrorCode {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.#leaderEpoch) return ErrorCode.NONE
    return currentLeaderEpoch < this.#leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
  }

  /** Why this replica cannot serve a request that expects the given leader epoch; NONE if it can (D22). */
  check(currentLeaderEpoch: LeaderEpoch, leaderOnly: boolean): ErrorCode {
    if (this.#state === 'offline') return ErrorCode.KAFKA_STORAGE_ERROR
    if (this.#state === 'deleted') return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const code = this.checkEpoch(currentLeaderEpoch)
    if (code !== ErrorCode.NONE) return code
    return leaderOnly && !this.isLeader ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE
  }

  /** Everything appended below `end` is with the system. True where the high watermark moved. */
  written(end: Offset): boolean {
    if (end > this.#writtenEnd) this.#writtenEnd = end
    return this.isLeader && this.advanceHighWatermark()
  }

  /** How often the log was cut: what a write begun before says about the written end holds no more. */
  get cuts(): number {
    return this.#cuts
  }

  /** Of a follower: removes what its leader does not have. */
  truncateTo(offset: Offset): void {
    this.#cuts += 1
    this.future?.cut(offset)
    this.log.truncateTo(offset)
    this.#writtenEnd = Math.min(this.#writtenEnd, this.log.logEndOffset)
  }

  /** Of a follower: empties the log, and goes on at `offset`. */
  restartAt(offset: Offset): void {
    this.#cuts += 1
    this.future?.cut(offset)
    this.log.truncateFullyAndStartAt(offset)
    this.#writtenEnd = this.log.logEndOffset
  }

  /**
   * Of a follower, when all of an answer is written: takes over what the leader says of the partition. The high
   * watermark may go back (D18). True where one of the two moved.
   */
  followLeader(highWatermark: Offset, logStartOffset: Offset): boolean {
    const { log } = this
    const [oldHighWatermark, oldStart] = [log.highWatermark, log.logStartOffset]
    log.highWatermark = Math.min(highWatermark, this.#writtenEnd)
    // A log that ends below the leader's start begins anew with its next fetch (D54).
    if (logStartOffset <= log.logEndOffset) log.advanceLogStart(logStartOffset)
    return log.highWatermark !== oldHighWatermark || log.logStartOffset !== oldStart
  }

  /**
   * A follower's fetch arrived: takes what it tells of the follower. True where its log end moved, so that the high
   * watermark may; the caller looks first whether the follower is to join the ISR.
   */
  noteFetch(brokerId: number, progress: FollowerProgress): boolean {
    const remote = this.#remotes.get(brokerId)
    assert(remote !== undefined, `broker ${brokerId} fetches ${this.topic}-${this.index} without being a replica`)
    return remote.update(progress)
  }

  /** Proposes that a follower joins the ISR, where it may (D67); from then on the high watermark waits for it. */
  proposeExpansion(brokerId: number): IsrProposal | undefined {
    const remote = this.#remotes.get(brokerId)
    if (!this.isLeader || this.#proposal !== undefined || remote === undefined) return undefined
    if (this.#isr.includes(brokerId) || !this.#isEligible(remote)) return undefined
    if (!hasCommitted(remote, this.highWatermark, this.#epochStartOffset)) return undefined
    return this.#propose('expand', [...this.#isr, brokerId])
  }

  /** Proposes that all members that lag leave the ISR; undefined where none does, or a change is under way. */
  proposeShrink(): IsrProposal | undefined {
    if (!this.isLeader || this.#proposal !== undefined || this.#isr.length <= 1) return undefined
    const { brokerId, maxLagMs, monotonicMs } = this.#surroundings
    const lagging = laggingMembers(this.#isr, brokerId, this.#remotes, {
      leaderEndOffset: this.log.logEndOffset,
      nowMs: monotonicMs(),
      maxLagMs,
    })
    if (lagging.length === 0) return undefined
    return this.#propose(
      'shrink',
      this.#isr.filter((id) => !lagging.includes(id)),
    )
  }

  #propose(kind: IsrProposal['kind'], isr: readonly number[]): IsrProposal {
    this.#proposal = { kind, isr, leaderEpoch: this.#leaderEpoch, partitionEpoch: this.#partitionEpoch }
    return this.#proposal
  }

  /** The controller agreed (D71). False where the partition is beyond that already, and the answer means nothing. */
  commitIsr(proposal: IsrProposal, decision: IsrDecision): boolean {
    if (this.#proposal !== proposal) return false
    if (decision.leaderEpoch !== this.#leaderEpoch || decision.partitionEpoch < this.#partitionEpoch) return false
    this.#proposal = undefined
    this.#isr = decision.isr
    this.#partitionEpoch = decision.partitionEpoch
    return true
  }

  /** The controller has certainly not done it (D70): the ISR is what it was. */
  withdraw(proposal: IsrProposal): void {
    if (this.#proposal === proposal) this.#proposal = undefined
  }

  /** May join an ISR: active, and the one whose fetches were counted is the incarnation that is registered (KIP-903). */
  #isEligible({ brokerId, brokerEpoch }: RemoteReplica): boolean {
    const { isActive, brokerEpochOf } = this.#surroundings
    return isActive(brokerId) && (brokerEpoch === -1 || brokerEpoch === brokerEpochOf(brokerId))
  }

  /**
   * Of a leader: moves the high watermark to what every member of the maximal ISR has, and every other replica that
   * keeps up and could join (D14). It never goes back, and stands still while the ISR is smaller than
   * min.insync.replicas (D15). True where it moved.
   */
  advanceHighWatermark(): boolean {
    if (!this.isLeader || !this.hasEnoughInSync) return false
    let end = this.#writtenEnd
    if (this.#remotes.size > 0) end = this.#replicatedEnd(end)
    if (end <= this.log.highWatermark) return false
    this.log.highWatermark = end
    return true
  }

  #replicatedEnd(leaderEnd: Offset): Offset {
    const { maxLagMs, monotonicMs } = this.#surroundings
    const nowMs = monotonicMs()
    let end = leaderEnd
    for (const remote of this.#remotes.values()) {
      if (remote.logEndOffset >= end) continue
      const counts =
        this.maximalIsr.includes(remote.brokerId) ||
        (remote.isCaughtUp(leaderEnd, nowMs, maxLagMs) && this.#isEligible(remote))
      if (counts) end = remote.logEndOffset
    }
    return end
  }

  /** Tells `waiter` when what is in the log now has been written. */
  whenWritten(waiter: WriteWaiter): void {
    this.#writeWaiters.push(waiter)
  }

  takeWriteWaiters(): WriteWaiter[] {
    const waiters = this.#writeWaiters
    this.#writeWaiters = []
    return waiters
  }

  /** The log directory failed: nothing is served any more, and what was not written never will be. */
  goOffline(): void {
    this.#end('offline')
  }

  /** The replica is gone from this broker. */
  delete(): void {
    this.#end('deleted')
  }

  #end(state: 'offline' | 'deleted'): void {
    if (this.#state === 'deleted') return
    this.#state = state
    this.#remotes.clear()
    this.#proposal = undefined
    for (const waiter of this.takeWriteWaiters()) waiter.failed(this)
  }
}
