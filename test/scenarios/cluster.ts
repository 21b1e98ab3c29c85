import type { Test } from 'tap'
import type { ProduceResponse } from '../../protocol/api/00-produce.ts'
import type { FetchResponse } from '../../protocol/api/01-fetch.ts'
import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../../src/metadata/image.ts'
import type { Login } from '../../src/net/login.ts'
import { PeerError, type SendOptions } from '../../src/net/peer.ts'
import type { Rooms } from '../../src/node/rooms.ts'
import { decodeBatches, type MetadataBatch } from '../../src/quorum/batches.ts'
import type { Partition } from '../../src/replica/partition.ts'
import { batchOf, KEY, valuesOf } from '../api/harness.ts'
import { ImageChecker } from '../sim/checkers/image-checker.ts'
import { PartitionChecker } from '../sim/checkers/partition-checker.ts'
import { QuorumChecker } from '../sim/checkers/quorum-checker.ts'
import { firstVoters } from '../sim/cluster.ts'
import type { ClusterClient } from '../sim/cluster-client.ts'
import { whatIsMissing } from '../sim/progress.ts'
import type { SimNode, SimNodeOptions } from '../sim/sim-node.ts'
import { Workload } from '../sim/workload.ts'
import { World } from '../sim/world.ts'

export const CLIENT_PORT = 9092
export const CONTROLLER_PORT = 9093
const LOOK_EVERY_MS = 20
const PATIENCE_MS = 60_000
/** Ids of controllers that are not brokers begin behind this. */
const CONTROLLERS = 100

export type Config = Readonly<Record<string, string>>
type ProduceAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]
type FetchAnswer = FetchResponse['responses'][number]['partitions'][number]

export interface TopicSpec {
  readonly partitions?: number
  readonly replicationFactor?: number
  /** Replicas of each partition, instead of the two above. */
  readonly replicas?: readonly (readonly number[])[]
  readonly configs?: Config
}

export interface ClusterSpec {
  /** How many brokers. Default 3. */
  readonly brokers?: number
  /** So many controllers on nodes of their own (101 and on); default: the first three brokers are controllers too. */
  readonly controllers?: number
  /** Voters are in the log (kraft.version 1, KIP-853), put there when the nodes are formatted, and may change. */
  readonly dynamic?: boolean
  readonly config?: Config
  /** Of one node, on top of the others'. */
  readonly nodeConfig?: (id: number) => Config
  /** Default: t with one partition on b1, b2, b3, preferred in that order, and min.insync.replicas 2. */
  readonly topics?: Readonly<Record<string, TopicSpec>>
  /** As whom the client comes in at first, where it is asked. */
  readonly login?: Login
  /** What has to hold after every step; off where the scenario gives up committed records. */
  readonly isChecked?: boolean
}

/** Whole nodes on simulated machines (test/sim), driven step by step by a scenario. */
export class ScenarioCluster {
  readonly world = new World(1)
  readonly workload: Workload
  readonly client: ClusterClient
  readonly #flags: Config
  readonly #spec: ClusterSpec
  readonly voters: readonly number[]

  constructor(spec: ClusterSpec) {
    const { brokers = 3, controllers, dynamic = false, isChecked = true } = spec
    this.#spec = spec
    const ids = Array.from({ length: brokers }, (_, i) => i + 1)
    const own = Array.from({ length: controllers ?? 0 }, (_, i) => CONTROLLERS + 1 + i)
    this.voters = controllers === undefined ? ids.slice(0, 3) : own
    const key = dynamic ? 'controller.quorum.bootstrap.servers' : 'controller.quorum.voters'
    this.#flags = {
      [key]: this.voters.map((id) => `${dynamic ? '' : `${id}@`}n${id}:${CONTROLLER_PORT}`).join(','),
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': '/data',
      'default.replication.factor': String(Math.min(3, brokers)),
      'min.insync.replicas': '2',
      'offsets.topic.num.partitions': '1',
      'auto.create.topics.enable': 'false',
      ...spec.config,
    }
    for (const id of [...ids, ...own]) this.addNode(id)
    if (dynamic)
      for (const id of this.voters) this.node(id).format({ kind: 'listed', voters: firstVoters(this.voters) })
    if (isChecked)
      this.world.checkers.push(new QuorumChecker(this.world), new PartitionChecker(this.world), new ImageChecker())
    this.workload = new Workload(this.world, [])
    this.client = this.workload.client('client')
    if (spec.login) this.client.logIn(spec.login)
  }

  /** A machine more. It is off until it boots. */
  addNode(id: number, options: SimNodeOptions = {}): SimNode {
    const isBroker = id < CONTROLLERS
    const isController = !isBroker || this.voters.includes(id)
    const roles = [...(isBroker ? ['broker'] : []), ...(isController ? ['controller'] : [])]
    const { host = `n${id}` } = options
    const listeners = [
      ...(isBroker ? [`PLAINTEXT://${host}:${CLIENT_PORT}`] : []),
      ...(isController ? [`CONTROLLER://${host}:${CONTROLLER_PORT}`] : []),
    ]
    const own = { 'node.id': String(id), 'process.roles': roles.join(','), listeners: listeners.join(',') }
    return this.world.addNode(id, { ...this.#flags, ...own, ...this.#spec.nodeConfig?.(id) }, options)
  }

  async start(): Promise<void> {
    for (const node of this.world.nodes) node.boot()
    await this.whole()
    const topics = this.#spec.topics ?? { t: { replicas: [[1, 2, 3]] } }
    for (const [name, spec] of Object.entries(topics)) await this.createTopic(name, spec)
    await this.whole()
  }

  node(id: number): SimNode {
    return this.world.nodes.find((node) => node.id === id)!
  }

  rooms(id: number): Rooms {
    return this.node(id).rooms!
  }

  /** The active controller; of several that think so the one with the newest epoch. */
  get active(): SimNode {
    return this.world.nodes
      .filter((node) => node.rooms?.role.isActive)
      .sort((one, other) => other.rooms!.quorum.leader.epoch - one.rooms!.quorum.leader.epoch)[0]!
  }

  get hasController(): boolean {
    return this.active !== undefined
  }

  /** As the active controller has it. */
  get image(): MetadataImage {
    return this.active.rooms!.loader.image
  }

  topic(name = 't'): TopicImage {
    return this.image.topics.byName.get(name)!
  }

  partition(name = 't', index = 0): PartitionImage {
    return this.topic(name).partitions.get(index)!
  }

  /** A replica, as its broker has it. */
  replica(id: number, name = 't', index = 0): Partition {
    return this.rooms(id).replicas.partition(name, index)!
  }

  async run(ms: number): Promise<void> {
    await this.world.run(ms)
    if (this.world.violation) throw this.world.violation
  }

  /** Lets the world go on until it holds, for at most a minute. Gives how long that took. */
  async until(holds: () => boolean, what: string, limitMs = PATIENCE_MS): Promise<number> {
    const startMs = this.world.time.monotonicMs()
    for (;;) {
      const ms = this.world.time.monotonicMs() - startMs
      if (holds()) return ms
      if (ms > limitMs) throw new Error(`after ${limitMs} ms still not: ${what}`)
      await this.run(LOOK_EVERY_MS)
    }
  }

  /** Lets the world go on until there is an outcome. */
  async outcome<T>(work: Promise<T>, limitMs = 2 * PATIENCE_MS): Promise<T> {
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    work.then(settled, settled)
    await this.until(() => isSettled, 'an outcome', limitMs)
    return work
  }

  /** Every node is up, follows one controller and knows what that one knows, and every replica is in sync. */
  async whole(): Promise<void> {
    await this.until(() => whatIsMissing(this.world).length === 0, 'a whole cluster').catch((error) => {
      throw new Error(`${error.message}: ${whatIsMissing(this.world).join('; ')}`)
    })
    await this.heard()
  }

  /** Every node that runs has read what the active controller has. */
  async heard(): Promise<void> {
    const { offset } = this.image
    const running = this.world.nodes.filter(({ rooms, isPaused }) => rooms !== undefined && !isPaused)
    await this.until(() => running.every(({ rooms }) => rooms!.loader.image.offset >= offset), 'news everywhere')
  }

  async elected(): Promise<SimNode> {
    await this.until(() => this.hasController, 'an active controller')
    return this.active
  }

  async boots(id: number): Promise<void> {
    this.node(id).boot()
    await this.until(() => this.node(id).state === 'up', `node ${id} is up`)
  }

  /** In order. */
  async stops(id: number): Promise<void> {
    const limitMs = 300_000
    this.node(id).stop(limitMs)
    await this.until(() => this.node(id).state === 'down', `node ${id} has stopped`, limitMs)
  }

  /** Cuts all links between this node and those. */
  cut(id: number, others: readonly number[]): void {
    for (const other of others) if (other !== id) this.world.wires.cut(`n${id}`, `n${other}`)
  }

  heal(): void {
    this.world.wires.healAll()
  }

  /**
   * Asks a broker; rejects with a PeerError where no answer comes. A connection from before a loss of power shows only
   * when it is used that nobody knows it any more.
   */
  ask<Key extends ApiKey>(
    id: number,
    key: Key,
    body: ApiOf<Key>['request']['Input'],
    options: SendOptions & { port?: number } = {},
  ): Promise<ApiOf<Key>['response']['T']> {
    const send = () => this.send(id, key, body, options)
    const again = (error: unknown) => {
      if (error instanceof PeerError && error.code === 'ECLOSED') return send()
      throw error
    }
    return this.outcome(send().catch(again))
  }

  /** Asks and does not wait. */
  send<Key extends ApiKey>(
    id: number,
    key: Key,
    body: ApiOf<Key>['request']['Input'],
    { port = CLIENT_PORT, ...options }: SendOptions & { port?: number } = {},
  ): Promise<ApiOf<Key>['response']['T']> {
    return this.client.request({ host: `n${id}`, port }, key, body, { timeoutMs: 120_000, ...options })
  }

  /** To one broker, as a client that takes it for the leader. */
  async produce(
    id: number,
    values: string[],
    { topic = 't', index = 0, acks = -1, timeoutMs = 30_000 } = {},
  ): Promise<ProduceAnswer> {
    const timestamp = Math.floor(this.world.time.wallMs())
    const topicData = [{ name: topic, partitionData: [{ index, records: batchOf(values, { timestamp }) }] }]
    const { responses } = await this.send(id, KEY.PRODUCE, { acks, timeoutMs, topicData }, { version: 12 })
    return responses[0]!.partitionResponses[0]!
  }

  /** What a consumer gets from this broker, from `offset` on. */
  async fetch(id: number, offset = 0, { topic = 't', index = 0, rackId = '' } = {}): Promise<FetchAnswer> {
    const wanted = { partition: index, fetchOffset: offset, partitionMaxBytes: 1 << 20 }
    const body = {
      maxWaitMs: 0,
      minBytes: 0,
      rackId,
      topics: [{ topic, partitions: [wanted] }],
      forgottenTopicsData: [],
    }
    const { responses } = await this.ask(id, KEY.FETCH, body, { version: 12 })
    return responses[0]!.partitions[0]!
  }

  /** All values that a consumer gets from this broker. */
  async read(id: number, topic = 't', index = 0): Promise<(string | null)[]> {
    const { records } = await this.fetch(id, 0, { topic, index })
    return records ? valuesOf(records) : []
  }

  /** The log of a replica as it is on the disk of that node, whether that runs or not. */
  bytes(id: number, topic = 't', index = 0): string {
    const files = [...this.node(id).disk.files()].filter(
      ([path]) => path.startsWith(`/data/${topic}-${index}/`) && path.endsWith('.log'),
    )
    return Buffer.concat(files.map(([, content]) => content)).toString('hex')
  }

  /** What the metadata log of a node holds. */
  metadataLog(id: number): MetadataBatch[] {
    const { log } = this.rooms(id).quorum
    return [...log.batches(log.logStartOffset)].flatMap((bytes) => [...decodeBatches(bytes)])
  }

  /** The PartitionChangeRecords of the metadata log. */
  get partitionChanges() {
    return this.metadataLog(this.active.id).flatMap((batch) =>
      batch.control ? [] : batch.records.flatMap((one) => (one.type === 'PartitionChangeRecord' ? [one.value] : [])),
    )
  }

  /** What a client that asks this broker is told of a partition. */
  async told(id: number, topic = 't', index = 0) {
    const { topics } = await this.ask(id, KEY.METADATA, { topics: [{ name: topic }] }, { version: 9 })
    return topics[0]!.partitions.find(({ partitionIndex }) => partitionIndex === index)
  }

  async createTopic(name: string, spec: TopicSpec = {}, via = 1): Promise<number> {
    const { replicas, partitions = 1, replicationFactor = -1, configs = {} } = spec
    const wanted = {
      name,
      numPartitions: replicas ? -1 : partitions,
      replicationFactor: replicas ? -1 : replicationFactor,
      assignments: (replicas ?? []).map((brokerIds, partitionIndex) => ({
        partitionIndex,
        brokerIds: [...brokerIds],
      })),
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const body = { topics: [wanted], timeoutMs: 30_000, validateOnly: false }
    return (await this.ask(via, KEY.CREATE_TOPICS, body)).topics[0]!.errorCode
  }

  /** Sets configs of a resource (2 topic, 4 broker); null unsets. */
  async configure(
    type: number,
    name: string,
    values: Readonly<Record<string, string | null>>,
    via = 1,
  ): Promise<number> {
    const configs = Object.entries(values).map(([key, value]) => ({
      name: key,
      configOperation: value === null ? 1 : 0,
      value,
    }))
    const body = { resources: [{ resourceType: type, resourceName: name, configs }], validateOnly: false }
    return (await this.ask(via, KEY.INCREMENTAL_ALTER_CONFIGS, body)).responses[0]!.errorCode
  }

  close(): void {
    this.workload.close()
    for (const node of this.world.nodes) node.kill('written')
  }
}

/** A cluster for one test, whole and with its topics. */
export async function scenario(t: Test, spec: ClusterSpec = {}): Promise<ScenarioCluster> {
  const cluster = new ScenarioCluster(spec)
  const onUnhandled = (error: unknown) => cluster.world.fail(error)
  process.on('unhandledRejection', onUnhandled)
  t.teardown(async () => {
    cluster.close()
    await cluster.world.run(1)
    process.off('unhandledRejection', onUnhandled)
  })
  await cluster.start()
  return cluster
}
