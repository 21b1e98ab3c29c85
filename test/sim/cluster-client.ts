import type { MetadataResponse } from '../../protocol/api/03-metadata.ts'
import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import type { HostPort } from '../../src/base/network.ts'
import type { System } from '../../src/base/ports.ts'
import type { SeededRandom } from '../../src/base/seeded-random.ts'
import type { Login } from '../../src/net/login.ts'
import { Peer, PeerError, type SendOptions } from '../../src/net/peer.ts'

const METADATA = 3
const METADATA_TIMEOUT_MS = 2000
const REQUEST_TIMEOUT_MS = 4000

export interface Leader {
  readonly address: HostPort
  readonly id: number
  readonly epoch: number
  readonly topicId: string
}

/** What every client has: connections to brokers, and what it was told last of who leads what. */
export class ClusterClient {
  readonly name: string
  readonly random: SeededRandom
  readonly #system: Pick<System, 'network' | 'timers'>
  readonly #bootstrap: readonly HostPort[]
  readonly #connections = new Map<string, Promise<Peer>>()
  #metadata: MetadataResponse | undefined
  #login: Login | undefined
  /** By topic id and partition. What an older epoch says is not believed any more, whoever says it (KIP-320). */
  readonly #leaders = new Map<string, { readonly id: number; readonly epoch: number }>()
  #refreshing: Promise<void> | undefined

  constructor(options: {
    name: string
    system: Pick<System, 'network' | 'timers'>
    bootstrap: readonly HostPort[]
    random: SeededRandom
  }) {
    this.name = options.name
    this.random = options.random
    this.#system = options.system
    this.#bootstrap = options.bootstrap
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#system.timers.after(ms, resolve))
  }

  get topics(): MetadataResponse['topics'] {
    return this.#metadata?.topics ?? []
  }

  leader(topic: string, partition: number): Leader | undefined {
    const topicId = this.topics.find(({ name }) => name === topic)?.topicId
    const leader = this.#leaders.get(`${topicId}-${partition}`)
    const broker = this.#metadata?.brokers.find(({ nodeId }) => nodeId === leader?.id)
    if (topicId === undefined || leader === undefined || broker === undefined) return undefined
    return { address: { host: broker.host, port: broker.port }, ...leader, topicId }
  }

  /** The leader, after as many looks at the metadata as it takes. */
  async findLeader(topic: string, partition: number, goesOn: () => boolean): Promise<Leader | undefined> {
    for (; goesOn(); await this.sleep(50 + this.random.below(200))) {
      const known = this.leader(topic, partition)
      if (known !== undefined) return known
      await this.refresh()
    }
    return undefined
  }

  /** What it was told is old. */
  forget(): void {
    this.#metadata = undefined
  }

  /** Asks some broker who leads what; what cannot be learned stays as it was. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #ask(): Promise<void> {
    const { random } = this
    const known = this.#metadata?.brokers.filter(() => random.below(3) > 0) ?? []
    const candidates = known.length > 0 ? known : this.#bootstrap
    const { host, port } = candidates[random.below(candidates.length)]!
    try {
      const body = { topics: null, allowAutoTopicCreation: false }
      this.#learn(await this.request({ host, port }, METADATA, body, { timeoutMs: METADATA_TIMEOUT_MS }))
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
    }
  }

  #learn(metadata: MetadataResponse): void {
    this.#metadata = metadata
    for (const { topicId, partitions } of metadata.topics) {
      for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
        const key = `${topicId}-${partitionIndex}`
        if (leaderEpoch >= (this.#leaders.get(key)?.epoch ?? -1))
          this.#leaders.set(key, { id: leaderId, epoch: leaderEpoch })
      }
    }
  }

  /** Rejects with a PeerError. A connection on which something went wrong is not used any more. */
  async request<Key extends ApiKey>(
    address: HostPort,
    key: Key,
    body: ApiOf<Key>['request']['Input'],
    options: SendOptions = {},
  ): Promise<ApiOf<Key>['response']['T']> {
    const connecting = this.#connect(address)
    try {
      return await (await connecting).send(key, body, options)
    } catch (error) {
      this.#drop(address, connecting)
      throw error
    }
  }

  /** Comes in as that from now on, where it is asked. */
  logIn(login: Login): void {
    this.#login = login
    this.close()
    this.#connections.clear()
  }

  broker(id: number): HostPort | undefined {
    const broker = this.#metadata?.brokers.find(({ nodeId }) => nodeId === id)
    return broker && { host: broker.host, port: broker.port }
  }

  /** A broker to ask what any of them can answer. */
  anyBroker(): HostPort {
    const brokers = this.#metadata?.brokers ?? []
    const candidates = brokers.length > 0 ? brokers : this.#bootstrap
    const { host, port } = candidates[this.random.below(candidates.length)]!
    return { host, port }
  }

  close(): void {
    for (const connecting of this.#connections.values())
      connecting.then(
        (peer) => peer.close(),
        () => {},
      )
  }

  #connect(address: HostPort): Promise<Peer> {
    const key = `${address.host}:${address.port}`
    let connecting = this.#connections.get(key)
    if (connecting === undefined) {
      connecting = Peer.connect({
        system: this.#system,
        address,
        clientId: this.name,
        connectTimeoutMs: METADATA_TIMEOUT_MS,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        login: this.#login,
      })
      this.#connections.set(key, connecting)
      const made = connecting
      made.then(
        (peer) => peer.onClose(() => this.#drop(address, made)),
        () => this.#drop(address, made),
      )
    }
    return connecting
  }

  #drop(address: HostPort, connecting: Promise<Peer>): void {
    const key = `${address.host}:${address.port}`
    if (this.#connections.get(key) !== connecting) return
    this.#connections.delete(key)
    connecting.then(
      (peer) => peer.close(),
      () => {},
    )
  }
}

/** Undefined where no answer came. */
export async function attempt<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    return undefined
  }
}
