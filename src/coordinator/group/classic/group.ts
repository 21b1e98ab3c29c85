import { ErrorCode } from '../../../../protocol/errors.ts'
import { assert } from '../../../base/assert.ts'
import {
  type ClassicMember,
  type JoinAnswer,
  joinFailed,
  type MemberProtocol,
  metadataOf,
  type Reply,
  type SyncAnswer,
  syncFailed,
} from './member.ts'
import { type ClassicState, mayEnter } from './states.ts'
import { subscribedTopics } from './subscription.ts'

/** Groups of this protocol type embed the consumer protocol, from which subscriptions can be read. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer'

/**
 * A classic group as its coordinator sees it: members, generation, state, and who waits for what. It lives on the
 * leader only; what survives is written as a GroupMetadata record (see stored.ts).
 *
 * Invariants: `leaderId` names a member if there are any; all members support the chosen protocol; `awaitingJoin` is
 * the number of members with a parked JoinGroup; an instance id belongs to one member; pending ids are no members.
 */
export class ClassicGroup {
  readonly groupId: string
  /** Null until the first member joins. */
  protocolType: string | null = null
  protocolName: string | null = null
  generationId = 0
  leaderId: string | null = null
  /** In order of joining. */
  readonly members = new Map<string, ClassicMember>()
  /** Ids given out by MEMBER_ID_REQUIRED that have not joined with (KIP-394). */
  readonly pendingJoin = new Set<string>()
  /** Members of this generation that have not synced. */
  readonly pendingSync = new Set<string>()
  /** Someone joined during the present window of the initial delay. */
  joinedInWindow = false
  /** Wall clock of the last transition; -1 if unknown. */
  stateSinceMs: number
  /** Topics that the members of this generation subscribe to; undefined if that cannot be told. */
  subscriptions: ReadonlySet<string> | undefined
  #state: ClassicState = 'Empty'
  #previousState: ClassicState = 'Empty'
  #awaitingJoin = 0
  readonly #instances = new Map<string, string>()
  /** How many members support a protocol. */
  readonly #support = new Map<string, number>()

  constructor(groupId: string, nowMs: number) {
    this.groupId = groupId
    this.stateSinceMs = nowMs
  }

  get state(): ClassicState {
    return this.#state
  }

  get previousState(): ClassicState {
    return this.#previousState
  }

  /** Parked JoinGroups. */
  get awaitingJoin(): number {
    return this.#awaitingJoin
  }

  isIn(...states: ClassicState[]): boolean {
    return states.includes(this.#state)
  }

  transitionTo(state: ClassicState, nowMs: number): void {
    assert(mayEnter(this.#state, state), `a classic group goes from ${this.#state} to ${state}`)
    this.#previousState = this.#state
    this.#state = state
    this.stateSinceMs = nowMs
  }

  /** As loaded from the log, where only these two exist. */
  restoreState(state: 'Empty' | 'Stable', sinceMs: number): void {
    this.#state = state
    this.#previousState = state
    this.stateSinceMs = sinceMs
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  /** The longest that any member wants to be waited for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const { rebalanceTimeoutMs } of this.members.values()) longest = Math.max(longest, rebalanceTimeoutMs)
    return longest
  }

  get allJoined(): boolean {
    return this.members.size === this.#awaitingJoin && this.pendingJoin.size === 0
  }

  memberIdOf(instanceId: string): string | undefined {
    return this.#instances.get(instanceId)
  }

  /** NONE if this is a member, and the owner of the instance id if one is given (facts E23, E34). */
  checkMember(memberId: string, instanceId: string | null): ErrorCode {
    if (instanceId !== null) {
      const owner = this.#instances.get(instanceId)
      if (owner === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
      if (owner !== memberId) return ErrorCode.FENCED_INSTANCE_ID
    }
    return this.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
  }

  /** Whether someone with these protocols could be assigned partitions together with all members (fact E21). */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.#state === 'Empty') return protocolType !== '' && protocols.length > 0
    return protocolType === this.protocolType && protocols.some(({ name }) => this.#commonToAll(name))
  }

  add(member: ClassicMember, protocolType: string): void {
    assert(!this.members.has(member.memberId), 'a member joins a group once')
    if (this.members.size === 0) this.protocolType = protocolType
    assert(this.protocolType === protocolType, 'members of a group have one protocol type')
    if (member.groupInstanceId !== null) this.#instances.set(member.groupInstanceId, member.memberId)
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    this.#count(member.protocols, 1)
    if (member.join) this.#awaitingJoin++
    this.pendingJoin.delete(member.memberId)
  }

  /** Forgets a member or a pending id. A call it has parked is told that it is not known. */
  remove(memberId: string): void {
    this.pendingJoin.delete(memberId)
    this.pendingSync.delete(memberId)
    const member = this.members.get(memberId)
    if (!member) return
    this.answerJoin(member, joinFailed('', ErrorCode.UNKNOWN_MEMBER_ID))
    this.answerSync(member, syncFailed(ErrorCode.UNKNOWN_MEMBER_ID))
    this.members.delete(memberId)
    this.#count(member.protocols, -1)
    if (member.groupInstanceId !== null) this.#instances.delete(member.groupInstanceId)
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
  }

  /** A member offers other protocols or timeouts. */
  update(
    member: ClassicMember,
    offer: Pick<ClassicMember, 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'>,
  ): void {
    this.#count(member.protocols, -1)
    this.#count(offer.protocols, 1)
    member.protocols = offer.protocols
    member.rebalanceTimeoutMs = offer.rebalanceTimeoutMs
    member.sessionTimeoutMs = offer.sessionTimeoutMs
  }

  /** A static member is now known by another id; calls that the former id has parked are fenced (fact E31). */
  replaceStatic(old: ClassicMember, newMemberId: string): ClassicMember {
    assert(old.groupInstanceId !== null, 'only a static member can be replaced')
    this.answerJoin(old, joinFailed(old.memberId, ErrorCode.FENCED_INSTANCE_ID))
    this.answerSync(old, syncFailed(ErrorCode.FENCED_INSTANCE_ID))
    const member: ClassicMember = { ...old, memberId: newMemberId, join: undefined, sync: undefined }
    this.members.delete(old.memberId)
    this.members.set(newMemberId, member)
    this.#instances.set(old.groupInstanceId, newMemberId)
    if (this.pendingSync.delete(old.memberId)) this.pendingSync.add(newMemberId)
    if (this.leaderId === old.memberId) this.leaderId = newMemberId
    return member
  }

  /** Parks a JoinGroup. One that is parked already comes from a connection that the client gave up. */
  park(member: ClassicMember, reply: Reply<JoinAnswer>): void {
    this.answerJoin(member, joinFailed(member.memberId, ErrorCode.REBALANCE_IN_PROGRESS))
    member.join = reply
    this.#awaitingJoin++
  }

  answerJoin(member: ClassicMember, answer: JoinAnswer): void {
    const reply = member.join
    if (!reply) return
    member.join = undefined
    this.#awaitingJoin--
    reply(answer)
  }

  /** True if someone was waiting. */
  answerSync(member: ClassicMember, answer: SyncAnswer): boolean {
    const reply = member.sync
    if (!reply) return false
    member.sync = undefined
    reply(answer)
    return true
  }

  /** Each member votes for the first of its protocols that all support; most votes win (fact E25). */
  selectProtocol(): string {
    const votes = new Map<string, number>()
    for (const { protocols } of this.members.values()) {
      const choice = protocols.find(({ name }) => this.#commonToAll(name))?.name
      assert(choice !== undefined, 'members of a group have a protocol in common')
      votes.set(choice, (votes.get(choice) ?? 0) + 1)
    }
    let best: string | undefined
    for (const [name, count] of votes) {
      if (best === undefined || count > votes.get(best)!) best = name
    }
    assert(best !== undefined, 'a group without members chooses no protocol')
    return best
  }

  /** False if nobody rejoined, and so nobody can lead (fact E24). */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId)
    if (!leader) return false
    if (leader.join) return true
    for (const member of this.members.values()) {
      if (!member.join) continue
      this.leaderId = member.memberId
      return true
    }
    return false
  }

  /** The rebalance is over: the members there are form the next generation. */
  startGeneration(nowMs: number): void {
    this.generationId++
    this.protocolName = this.members.size > 0 ? this.selectProtocol() : null
    this.refreshSubscriptions()
    this.transitionTo(this.members.size > 0 ? 'CompletingRebalance' : 'Empty', nowMs)
  }

  refreshSubscriptions(): void {
    const metadata = [...this.members.values()].map((member) => metadataOf(member, this.protocolName))
    this.subscriptions = this.usesConsumerProtocol ? subscribedTopics(metadata) : undefined
  }

  /** Whether a member may rely on offsets of this topic (facts E47, E54). Where it cannot be told, it may. */
  isSubscribedTo(topic: string): boolean {
    return this.subscriptions ? this.subscriptions.has(topic) : this.usesConsumerProtocol
  }

  /** What the leader is told about the members. */
  describeForLeader(): JoinAnswer['members'] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: metadataOf(member, this.protocolName),
    }))
  }

  #commonToAll(protocolName: string): boolean {
    return (this.#support.get(protocolName) ?? 0) === this.members.size
  }

  #count(protocols: readonly MemberProtocol[], change: 1 | -1): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#support.get(name) ?? 0) + change
      if (count === 0) this.#support.delete(name)
      else this.#support.set(name, count)
    }
  }
}
