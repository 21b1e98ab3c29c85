import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { attempt, type ClusterClient } from './cluster-client.ts'
import { must } from './violation.ts'
import type { World } from './world.ts'

const DESCRIBE_QUORUM = 55
const ADD_RAFT_VOTER = 80
const REMOVE_RAFT_VOTER = 81
const METADATA_TOPIC = '__cluster_metadata'

/** What may come of a change; each passes by itself, or says that somebody else did it (facts A85, A88, A90). */
const USUAL: readonly ErrorCode[] = [
  ErrorCode.NONE,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.DUPLICATE_VOTER,
  ErrorCode.VOTER_NOT_FOUND,
]

interface Replica {
  readonly replicaId: number
  readonly replicaDirectoryId: string
}

/**
 * Adds voters to the quorum and removes them (KIP-853), one at a time, through any broker.
 *
 * Where a disk will be lost nothing is changed before that, and then the one who had it is removed first, until that is
 * committed: a change under way, or one that comes late, could leave too few voters who have a disk, for ever.
 */
export class Voters {
  readonly #world: World
  readonly #client: ClusterClient
  #awaitsLoss: boolean

  constructor(world: World, client: ClusterClient, { awaitsLoss }: { awaitsLoss: boolean }) {
    this.#world = world
    this.#client = client
    this.#awaitsLoss = awaitsLoss
  }

  change(): Promise<void> {
    return this.#awaitsLoss ? this.#removeLost() : this.#changeAny()
  }

  async #removeLost(): Promise<void> {
    const lost = this.#world.nodes.find(({ lostDirectoryId }) => lostDirectoryId !== undefined)
    if (lost === undefined) return
    const code = await this.#remove({ replicaId: lost.id, replicaDirectoryId: lost.lostDirectoryId! })
    this.#awaitsLoss = code !== ErrorCode.NONE && code !== ErrorCode.VOTER_NOT_FOUND
  }

  async #changeAny(): Promise<void> {
    const topics = [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }]
    const quorum = (await this.#ask(DESCRIBE_QUORUM, { topics }))?.topics[0]?.partitions[0]
    if (quorum === undefined || quorum.errorCode !== ErrorCode.NONE) return
    const { leaderId, currentVoters, observers } = quorum
    const added = this.#pick(observers.filter((observer) => !this.#isLost(observer)))
    // A leader that is to go has most to do.
    const leaders = currentVoters.filter(({ replicaId }) => replicaId === leaderId)
    const leavers = this.#client.random.below(2) === 0 && leaders.length > 0 ? leaders : currentVoters
    const removed = currentVoters.length > 1 ? this.#pick(leavers) : undefined
    if (added !== undefined && (removed === undefined || this.#client.random.below(2) === 0)) await this.#add(added)
    else if (removed !== undefined) await this.#remove(removed)
  }

  /** The leader goes on to tell of it, and would make a voter of it that never votes: it was there within the hour (A86). */
  #isLost({ replicaDirectoryId }: Replica): boolean {
    return this.#world.nodes.some(({ lostDirectoryId }) => lostDirectoryId === replicaDirectoryId)
  }

  async #add({ replicaId: voterId, replicaDirectoryId: voterDirectoryId }: Replica): Promise<void> {
    const listeners = [{ name: 'CONTROLLER', host: `n${voterId}`, port: 9093 }]
    const body = { clusterId: null, timeoutMs: 3000, voterId, voterDirectoryId, listeners, ackWhenCommitted: true }
    this.#judge(`adds voter ${voterId}`, (await this.#ask(ADD_RAFT_VOTER, body))?.errorCode)
  }

  async #remove({ replicaId: voterId, replicaDirectoryId: voterDirectoryId }: Replica): Promise<number | undefined> {
    const body = { clusterId: null, voterId, voterDirectoryId }
    const code = (await this.#ask(REMOVE_RAFT_VOTER, body))?.errorCode
    this.#judge(`removes voter ${voterId}`, code)
    return code
  }

  /** Undefined where no answer came. */
  #ask<Key extends ApiKey>(
    key: Key,
    body: ApiOf<Key>['request']['Input'],
  ): Promise<ApiOf<Key>['response']['T'] | undefined> {
    return attempt(() => this.#client.request(this.#client.anyBroker(), key, body))
  }

  #judge(what: string, code: number | undefined): void {
    const came = code === undefined ? 'no answer' : errorName(code as ErrorCode)
    this.#world.trace.note('admin', `${what}: ${came}`)
    must(
      code === undefined || USUAL.includes(code as ErrorCode),
      'a change of voters is refused',
      () => `${what}: ${came}`,
    )
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.#client.random.below(from.length)]
  }
}
