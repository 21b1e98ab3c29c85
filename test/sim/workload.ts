import { ErrorCode, errorName } from '../../protocol/errors.ts'
import type { HostPort } from '../../src/base/network.ts'
import { Admin } from './admin.ts'
import type { ClusterPlan } from './cluster.ts'
import { attempt, ClusterClient } from './cluster-client.ts'
import { Consumer } from './consumer.ts'
import { History } from './history.ts'
import { Producer, type ProducerOptions } from './producer.ts'
import { must } from './violation.ts'
import { Voters } from './voters.ts'
import type { World } from './world.ts'

const CREATE_TOPICS = 19

export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** What the cluster is like. */
type WorkloadPlan = Pick<ClusterPlan, 'isDynamic' | 'losesDisk' | 'racks'>

/** The clients of a run. */
export class Workload {
  readonly history = new History()
  readonly producers: Producer[] = []
  readonly consumers: Consumer[] = []
  readonly #world: World
  readonly #bootstrap: readonly HostPort[]
  readonly #topics: readonly TopicPlan[]
  readonly #plan: WorkloadPlan
  readonly #clients: ClusterClient[] = []
  #operator: Admin | undefined

  constructor(
    world: World,
    topics: readonly TopicPlan[],
    { isDynamic = false, losesDisk = false, racks = [] }: Partial<WorkloadPlan> = {},
  ) {
    this.#world = world
    this.#plan = { isDynamic, losesDisk, racks }
    this.#topics = topics
    this.#bootstrap = world.nodes.map(({ host }) => ({ host, port: 9092 }))
  }

  client(name: string): ClusterClient {
    const { time, wires, random } = this.#world
    const system = { timers: time, network: wires.host(name) }
    const client = new ClusterClient({ name, system, bootstrap: this.#bootstrap, random: random.fork() })
    this.#clients.push(client)
    return client
  }

  /** Creates the topics, against whatever stands in the way, and starts all clients. */
  async start(): Promise<void> {
    const admin = this.client('admin')
    for (const topic of this.#topics) await this.createTopic(admin, topic)
    for (const { name, partitions } of this.#topics) {
      for (let index = 0; index < partitions; index++) this.#startClients(name, index)
    }
    const operator = this.client('operator')
    const { isDynamic, losesDisk } = this.#plan
    this.#operator = new Admin(this.#world, operator, {
      topics: this.#topics.map(({ name }) => name),
      brokers: this.#world.nodes.length,
      replicationFactor: this.#topics[0]!.replicationFactor,
      pauseMs: 1000 + this.#world.random.below(8000),
      voters: isDynamic ? new Voters(this.#world, operator, { awaitsLoss: losesDisk }) : undefined,
    })
    this.#guard(this.#operator.run())
  }

  /** Nobody wants anything changed any more. */
  stopOperating(): void {
    this.#operator?.stop()
  }

  async createTopic(
    admin: ClusterClient,
    { name, partitions, replicationFactor, configs: values }: TopicPlan,
  ): Promise<void> {
    const configs = Object.entries(values).map(([key, value]) => ({ name: key, value }))
    const wanted = { name, numPartitions: partitions, replicationFactor, assignments: [], configs }
    for (;;) {
      const code = await attempt(async () => {
        const body = { topics: [wanted], timeoutMs: 3000, validateOnly: false }
        return (await admin.request(admin.anyBroker(), CREATE_TOPICS, body)).topics[0]!.errorCode
      })
      if (code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS) return
      this.#world.trace.note('admin', `creating ${name}`, { error: code === undefined ? 'no answer' : errorName(code) })
      await admin.sleep(200)
      await admin.refresh()
    }
  }

  /** The brokers are asked for what they have; producers end what they began. */
  stopProducing(): void {
    for (const producer of this.producers) producer.stop()
  }

  /** What was acknowledged is there, where it was said to be; idempotent producers are there once and in order. */
  async verify(): Promise<void> {
    for (const consumer of this.consumers) consumer.stop()
    await this.#operator!.verify()
    for (const { name, partitions } of this.#topics) {
      for (let index = 0; index < partitions; index++) await this.#verify(name, index)
    }
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  async #verify(topic: string, partition: number): Promise<void> {
    const client = this.client(`verify-${topic}-${partition}`)
    const leader = await client.findLeader(topic, partition, () => true)
    const history = this.history.of(leader!.topicId, topic, partition)
    const reader = new Consumer(client, this.history, topic, partition)
    await reader.readAll()
    for (const [offset, value] of history.acknowledged) {
      must(
        history.read.get(offset) === value,
        'an acknowledged record is lost',
        () => `${history.name}: ${value} was acknowledged at offset ${offset}; the log ends at ${reader.position}`,
      )
    }
    const values = [...history.read].sort(([a], [b]) => a - b).map(([, value]) => value)
    for (const producer of this.producers) {
      if (producer.options.topic === topic && producer.options.partition === partition) producer.verify(values)
    }
  }

  #startClients(topic: string, partition: number): void {
    const { random } = this.#world
    const kinds: Pick<ProducerOptions, 'acks' | 'idempotent' | 'window'>[] = [
      { acks: -1, idempotent: true, window: 1 + random.below(5) },
      { acks: -1, idempotent: false, window: 1 },
      { acks: 1, idempotent: false, window: 1 },
    ]
    const second = random.below(4)
    const chosen = [kinds[0]!, ...(second < 3 ? [kinds[second]!] : [])]
    // In a partition where nothing happens for seconds, what is old looks new.
    const pauseMs = random.below(3) === 0 ? 1000 + random.below(4000) : 150 + random.below(600)
    for (const [index, kind] of chosen.entries()) {
      const client = this.client(`p${index}-${topic}-${partition}`)
      const producer = new Producer(this.#world, client, this.history, {
        topic,
        partition,
        pauseMs,
        ...kind,
      })
      this.producers.push(producer)
      this.#guard(producer.run())
    }
    for (const rack of this.#plan.racks.length > 0 ? this.#plan.racks : ['']) {
      const consumer = new Consumer(this.client(`c${rack}-${topic}-${partition}`), this.history, topic, partition, rack)
      this.consumers.push(consumer)
      this.#guard(consumer.run())
    }
  }

  #guard(run: Promise<void>): void {
    run.catch((error) => this.#world.fail(error))
  }
}
