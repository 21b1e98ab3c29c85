import { ErrorCode, errorName } from '../../protocol/errors.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import { type Peer, PeerError } from '../../src/net/peer.ts'
import { expect } from './content.ts'

const OFFSET_COMMIT = 8
const OFFSET_FETCH = 9
const FIND_COORDINATOR = 10
const JOIN_GROUP = 11
const HEARTBEAT = 12
const SYNC_GROUP = 14
/** By topic name, and the groups of one request. */
const BY_NAME = { version: 8 }
const SESSION_MS = 1_800_000

/** A group whose offsets are committed one after the other, and, where it has a member, under that one's generation. */
export class SoakGroup {
  readonly id: string
  readonly #topic: string
  readonly #random: SeededRandom
  /** By partition: what was acknowledged last, and what was sent after that. */
  readonly #committed = new Map<number, { acknowledged: number; sent: number }>()
  readonly #withMember: boolean
  #member: { memberId: string; generationId: number } | undefined
  #next = 1

  constructor(id: string, topic: string, partitions: number, withMember: boolean, random: SeededRandom) {
    this.id = id
    this.#topic = topic
    this.#withMember = withMember
    this.#random = random
    for (let index = 0; index < partitions; index++) this.#committed.set(index, { acknowledged: -1, sent: -1 })
  }

  /** Commits until the broker goes. Rejects with a Violation. */
  async run(peer: Peer): Promise<void> {
    try {
      await this.#find(peer)
      if (this.#withMember && this.#member === undefined) await this.#join(peer)
      for (;;) await this.#commit(peer)
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      expect(error.code === 'ECLOSED', () => `group ${this.id}: ${error.message}`)
    }
  }

  /** What is committed is what was acknowledged last, or what was sent after it; the member is still one. */
  async verify(peer: Peer): Promise<void> {
    await this.#find(peer)
    const { groups } = await peer.send(OFFSET_FETCH, { groups: [{ groupId: this.id, topics: null }] }, BY_NAME)
    const { errorCode, topics } = groups[0]!
    expect(errorCode === 0, () => `group ${this.id}: OffsetFetch answers ${errorName(errorCode)}`)
    const partitions = topics.find(({ name }) => name === this.#topic)?.partitions ?? []
    for (const [index, offsets] of this.#committed) {
      const found = partitions.find(({ partitionIndex }) => partitionIndex === index)
      const offset = found?.committedOffset ?? -1
      const { acknowledged, sent } = offsets
      expect(
        offset === acknowledged || offset === sent,
        () =>
          `group ${this.id}, ${this.#topic}-${index}: committed is ${offset}; ${acknowledged} was acknowledged, ${sent} sent`,
      )
      expect(
        offset === -1 || found?.metadata === `at ${offset}`,
        () => `group ${this.id}, ${this.#topic}-${index}: metadata ${found?.metadata} with offset ${offset}`,
      )
      offsets.acknowledged = offset
      offsets.sent = offset
    }
    if (this.#member === undefined) return
    const heartbeat = await peer.send(HEARTBEAT, { groupId: this.id, ...this.#member })
    expect(
      heartbeat.errorCode === 0,
      () => `group ${this.id}: Heartbeat of its only member answers ${errorName(heartbeat.errorCode)}`,
    )
  }

  async #find(peer: Peer): Promise<void> {
    const { coordinators } = await peer.send(FIND_COORDINATOR, { coordinatorKeys: [this.id] }, { version: 4 })
    const { errorCode } = coordinators[0]!
    expect(errorCode === 0, () => `group ${this.id}: FindCoordinator answers ${errorName(errorCode)}`)
  }

  async #join(peer: Peer): Promise<void> {
    const body = {
      groupId: this.id,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      // After a kill in the middle of joining, the one that was to join is gone for good: an instance id takes over.
      groupInstanceId: 'soak',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
    }
    const joined = await peer.send(JOIN_GROUP, body)
    expect(joined.errorCode === 0, () => `group ${this.id}: JoinGroup answers ${errorName(joined.errorCode)}`)
    const { memberId, generationId } = joined
    const synced = await peer.send(SYNC_GROUP, {
      groupId: this.id,
      generationId,
      memberId,
      groupInstanceId: 'soak',
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId, assignment: Buffer.from('everything') }],
    })
    expect(synced.errorCode === 0, () => `group ${this.id}: SyncGroup answers ${errorName(synced.errorCode)}`)
    expect(synced.assignment.toString() === 'everything', () => `group ${this.id}: assigned ${synced.assignment}`)
    this.#member = { memberId, generationId }
  }

  async #commit(peer: Peer): Promise<void> {
    const chosen = [...this.#committed].filter(() => this.#random.below(2) === 0)
    if (chosen.length === 0) return
    const offset = this.#next++
    for (const [, offsets] of chosen) offsets.sent = offset
    const partitions = chosen.map(([partitionIndex]) => ({
      partitionIndex,
      committedOffset: offset,
      committedMetadata: `at ${offset}`,
    }))
    const member = this.#member
    const who = member
      ? { generationIdOrMemberEpoch: member.generationId, memberId: member.memberId, groupInstanceId: 'soak' }
      : { memberId: '' }
    const body = { groupId: this.id, ...who, topics: [{ name: this.#topic, partitions }] }
    const { topics } = await peer.send(OFFSET_COMMIT, body, BY_NAME)
    for (const { partitionIndex, errorCode } of topics[0]!.partitions) {
      expect(
        errorCode === ErrorCode.NONE,
        () => `group ${this.id}, ${this.#topic}-${partitionIndex}: OffsetCommit answers ${errorName(errorCode)}`,
      )
    }
    for (const [, offsets] of chosen) offsets.acknowledged = offset
  }
}
