import { ErrorCode, errorName } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { attempt, type ClusterClient } from './cluster-client.ts'
import { must } from './violation.ts'
import type { Voters } from './voters.ts'
import type { World } from './world.ts'

const CREATE_TOPICS = 19
const DELETE_TOPICS = 20
const ELECT_LEADERS = 43
const ALTER_CONFIGS = 44
const REASSIGN = 45
const TOPIC = 2
const SET = 0
const PREFERRED = 0
const TIMEOUT_MS = 3000
/** How long a decision may take to every broker where nothing is broken. */
const PUBLISHED_WITHIN_MS = 5000
/** Topics of its own that may exist at a time. */
const MAX_TOPICS = 4
/** So often among the operations, where voters may change. */
const VOTER_CHANGES = 3

/** What is known of a topic that was created here: nothing, while no answer has come to what was asked last. */
type Existence = 'there' | 'gone' | 'unknown'

export interface AdminOptions {
  /** Topics with records, for reassignments, elections and settings. */
  readonly topics: readonly string[]
  readonly brokers: number
  readonly replicationFactor: number
  readonly pauseMs: number
  /** Of a quorum that has its voters in the log. */
  readonly voters?: Voters | undefined
}

/** An operator who creates and deletes topics, moves replicas, elects leaders and changes settings, through any broker. */
export class Admin {
  readonly #world: World
  readonly #client: ClusterClient
  readonly #options: AdminOptions
  readonly #existence = new Map<string, Existence>()
  #stopped = false
  #created = 0

  constructor(world: World, client: ClusterClient, options: AdminOptions) {
    this.#world = world
    this.#client = client
    this.#options = options
  }

  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<void> {
    const { random } = this.#client
    const { voters } = this.#options
    const others = voters === undefined ? [] : Array.from({ length: VOTER_CHANGES }, () => () => voters.change())
    const operations = [this.#create, this.#delete, this.#reassign, this.#elect, this.#configure, ...others]
    while (!this.#stopped) {
      await this.#client.sleep(random.below(2 * this.#options.pauseMs))
      if (random.below(3) === 0) await this.#client.refresh()
      if (!this.#stopped) await operations[random.below(operations.length)]!.call(this)
    }
  }

  /** What was created is there, what was deleted is gone; a broker may hear of it later than who asked for it. */
  async verify(): Promise<void> {
    const giveUpMs = this.#world.time.monotonicMs() + PUBLISHED_WITHIN_MS
    for (let wrong = await this.#contradicted(); wrong.length > 0; wrong = await this.#contradicted()) {
      must(
        this.#world.time.monotonicMs() < giveUpMs,
        'a decision is lost',
        () => `of the topics ${wrong.join(' ')} that is not so at any broker that was asked`,
      )
      await this.#client.sleep(PUBLISHED_WITHIN_MS / 10)
    }
  }

  /** What a broker tells otherwise than the answers said. */
  async #contradicted(): Promise<string[]> {
    let isFresh = false
    while (!isFresh) {
      this.#client.forget()
      await this.#client.refresh()
      isFresh = this.#client.topics.length > 0
    }
    const names = new Set(this.#client.topics.map(({ name }) => name))
    return [...this.#existence]
      .filter(([name, existence]) => existence !== 'unknown' && names.has(name) !== (existence === 'there'))
      .map(([name, existence]) => `${name} (${existence})`)
  }

  async #create(): Promise<void> {
    if (this.#existing().length >= MAX_TOPICS) return
    const name = `made-${++this.#created}`
    const topic = {
      name,
      numPartitions: 1 + this.#client.random.below(3),
      replicationFactor: this.#options.replicationFactor,
      assignments: [],
      configs: [],
    }
    this.#existence.set(name, 'unknown')
    const code = await this.#ask(`creates ${name}`, async (address) => {
      const body = { topics: [topic], timeoutMs: TIMEOUT_MS, validateOnly: false }
      return (await this.#client.request(address, CREATE_TOPICS, body)).topics[0]!.errorCode
    })
    if (code === ErrorCode.NONE) this.#existence.set(name, 'there')
  }

  async #delete(): Promise<void> {
    const name = this.#pick(this.#existing())
    if (name === undefined) return
    this.#existence.set(name, 'unknown')
    const code = await this.#ask(`deletes ${name}`, async (address) => {
      const body = { topics: [{ name, topicId: ZERO_UUID }], timeoutMs: TIMEOUT_MS }
      return (await this.#client.request(address, DELETE_TOPICS, body)).responses[0]!.errorCode
    })
    if (code === ErrorCode.NONE) this.#existence.set(name, 'gone')
  }

  /** To other replicas, or to the same ones in another order; sometimes takes it back. */
  async #reassign(): Promise<void> {
    const { brokers, replicationFactor } = this.#options
    const { random } = this.#client
    const topic = this.#pick(this.#options.topics)!
    const partitions = this.#client.topics.find(({ name }) => name === topic)?.partitions.length ?? 1
    const ids = Array.from({ length: brokers }, (_, index) => index + 1)
    for (let i = ids.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      const swapped = ids[i]!
      ids[i] = ids[j]!
      ids[j] = swapped
    }
    const replicas = random.below(5) === 0 ? null : ids.slice(0, replicationFactor)
    const partitionIndex = random.below(partitions)
    await this.#ask(`moves ${topic}-${partitionIndex} to ${replicas}`, async (address) => {
      const body = { timeoutMs: TIMEOUT_MS, topics: [{ name: topic, partitions: [{ partitionIndex, replicas }] }] }
      const { errorCode, responses } = await this.#client.request(address, REASSIGN, body)
      return errorCode || responses[0]!.partitions[0]!.errorCode
    })
  }

  async #elect(): Promise<void> {
    await this.#ask('elects preferred leaders', async (address) => {
      const body = { electionType: PREFERRED, topicPartitions: null, timeoutMs: TIMEOUT_MS }
      return (await this.#client.request(address, ELECT_LEADERS, body)).errorCode
    })
  }

  async #configure(): Promise<void> {
    const resourceName = this.#pick(this.#options.topics)!
    const value = String(1_000_000 + this.#client.random.below(1000))
    await this.#ask(`sets max.message.bytes of ${resourceName}`, async (address) => {
      const configs = [{ name: 'max.message.bytes', configOperation: SET, value }]
      const resources = [{ resourceType: TOPIC, resourceName, configs }]
      const body = { resources, validateOnly: false }
      return (await this.#client.request(address, ALTER_CONFIGS, body)).responses[0]!.errorCode
    })
  }

  #existing(): string[] {
    return [...this.#existence].filter(([, existence]) => existence === 'there').map(([name]) => name)
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.#client.random.below(from.length)]
  }

  async #ask(
    what: string,
    request: (address: { host: string; port: number }) => Promise<number>,
  ): Promise<number | undefined> {
    const address = this.#client.anyBroker()
    const code = await attempt(() => request(address))
    const came = code === undefined ? 'no answer' : errorName(code as ErrorCode)
    this.#world.trace.note('admin', `${what} by ${address.host}: ${came}`)
    return code
  }
}
