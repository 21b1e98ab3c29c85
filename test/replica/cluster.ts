import { FetchRequest, FetchResponse } from '../../protocol/api/01-fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/api/02-list-offsets.ts'
import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/api/56-alter-partition.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecordInput } from '../../protocol/metadata/index.ts'
import type { Message } from '../../protocol/schema/message.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { fetch } from '../../src/api/01-fetch.ts'
import { listOffsets } from '../../src/api/02-list-offsets.ts'
import type { Handler } from '../../src/api/handler.ts'
import type { Services } from '../../src/api/services.ts'
import { type ConfigOf, defaultsOf, mergeTables } from '../../src/base/config.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { MemoryNetwork } from '../../src/base/memory-network.ts'
import { MortalSystem } from '../../src/base/mortal-system.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { logConfig, topicConfig } from '../../src/log/config.ts'
import { LogManager } from '../../src/log/log-manager.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
import { EffectiveConfig } from '../../src/metadata/effective-config.ts'
import { EMPTY_IMAGE, type MetadataImage, type PartitionImage, RESOURCE } from '../../src/metadata/image.ts'
import { replicaConfig } from '../../src/replica/config.ts'
import { FetchSessionCache } from '../../src/replica/fetch-session.ts'
import type { Partition } from '../../src/replica/partition.ts'
import type { LeaderLink } from '../../src/replica/ports.ts'
import { ReplicaManager } from '../../src/replica/replica-manager.ts'
import type {
  FetchRequest as Fetch,
  FetchPartition,
  FetchPartitionResult,
  ProduceResult,
} from '../../src/replica/types.ts'
import { ANONYMOUS } from '../../src/security/principal.ts'
import { batch, FETCH_VERSION, PRODUCE_VERSION } from './world.ts'

const LISTENER = { listener: 'PLAINTEXT', remote: { host: '127.0.0.1', port: 1 }, principal: ANONYMOUS }

export type BrokerConfigValues = ConfigOf<typeof logConfig> & ConfigOf<typeof replicaConfig>

/** One broker of a cluster: what of it has to do with replication, from its disk to the handlers that others reach. */
export class Node {
  readonly id: number
  readonly disk: MemoryDisk
  /** Metadata records come to it; while false they wait. */
  hearsMetadata = true
  /** Its requests leave and answers arrive; while false they wait. */
  sends = true
  /** Of its registration. */
  epoch = -1
  image: MetadataImage = EMPTY_IMAGE
  readonly #cluster: Cluster
  #parts: { system: MortalSystem; logs: LogManager; replicas: ReplicaManager; api: Map<number, Handler> } | undefined
  #applied = 0
  #death: { promise: Promise<never>; die: () => void } | undefined

  constructor(id: number, cluster: Cluster) {
    this.id = id
    this.#cluster = cluster
    this.disk = new MemoryDisk({ wallMs: () => cluster.time.wallMs() })
  }

  get isUp(): boolean {
    return this.#parts !== undefined
  }

  get replicas(): ReplicaManager {
    return this.#parts!.replicas
  }

  get logs(): LogManager {
    return this.#parts!.logs
  }

  partition(topic = 't', index = 0): Partition {
    return this.replicas.partition(topic, index)!
  }

  start(): void {
    const { time, values } = this.#cluster
    const network = new MemoryNetwork({ timers: time }).host(`b${this.id}`)
    const random = new SeededRandom(this.id)
    const system = new MortalSystem({ clock: time, timers: time, random, disk: this.disk, network })
    const logs = LogManager.open({ system, dirs: ['/data'], config: values, logger: silentLogger })
    const configs = new EffectiveConfig(this.id, {
      topicTable: topicConfig,
      brokerTable: mergeTables(logConfig, replicaConfig),
      given: new Map(),
      values,
    })
    const replicas = new ReplicaManager({
      brokerId: this.id,
      system,
      config: values,
      logs,
      topicConfig: (image, topic) => configs.topicValues(topicConfig, image, topic),
      logger: silentLogger,
      replication: {
        links: { connect: (leaderId) => this.#connect(leaderId) },
        controller: { alterPartition: (request) => this.#cluster.alterPartition(this, request) },
        brokerEpoch: () => this.epoch,
      },
    })
    const services = {
      replicas,
      image: () => this.image,
      fetchSessions: new FetchSessionCache({ clock: time, random, slots: 1000 }),
    } as unknown as Services
    const api = new Map([fetch(services), listOffsets(services)].map((handler) => [handler.key, handler]))
    let die = () => {}
    const promise = new Promise<never>((_, reject) => {
      die = () => reject(new Error(`broker ${this.id} is dead`))
    })
    promise.catch(() => {})
    this.#death = { promise, die }
    this.#parts = { system, logs, replicas, api }
    this.image = EMPTY_IMAGE
    this.#applied = 0
  }

  /** As kill -9: what was written stays. */
  kill(): void {
    const { system, replicas } = this.#parts!
    system.kill()
    replicas.fetchers?.close()
    this.#parts = undefined
    this.#death!.die()
  }

  /** The machine loses power: what was not synced is gone. */
  losePower(): void {
    this.kill()
    this.disk.crash('synced')
  }

  /** In order: everything is flushed and checkpointed. */
  async stop(): Promise<void> {
    const { replicas, logs } = this.#parts!
    replicas.shutdown()
    await logs.shutdown()
    this.#parts = undefined
    this.#death!.die()
  }

  /** Takes what the metadata log has that is new. */
  hear(): void {
    if (!this.isUp || !this.hearsMetadata) return
    const records = this.#cluster.records.slice(this.#applied)
    if (records.length === 0) return
    const delta = new MetadataDelta(this.image)
    for (const record of records) delta.replay(decodeMetadataRecord(encodeMetadataRecord(record)))
    this.#applied = this.#cluster.records.length
    this.image = delta.apply(this.#applied - 1, 0)
    this.replicas.apply(delta, this.image)
  }

  /** Answers another broker's request, through the handler and both codecs. */
  async serve<Q extends Message<never>, S extends Message<never>>(
    request: Q,
    response: S,
    version: number,
    body: Q['Input'],
  ): Promise<S['T']> {
    const { api } = this.#parts!
    const handler = api.get(request.key)!
    const decoded = request.decode(new Reader(bytesOf(request, version, body)), version)
    const context = { apiVersion: version, clientId: 'broker', connection: LISTENER }
    const answer = await handler.handle(decoded, context)
    return response.decode(new Reader(bytesOf(response, version, answer as S['Input'])), version)
  }

  /** While the broker is paused it sends nothing and hears nothing. */
  async #awake(closed: Promise<never>): Promise<void> {
    while (!this.sends) await Promise.race([closed, new Promise<void>((resolve) => this.#cluster.held.push(resolve))])
  }

  async #connect(leaderId: number): Promise<LeaderLink> {
    const leader = this.#cluster.node(leaderId)
    if (!leader.isUp) throw new Error(`broker ${leaderId} cannot be reached`)
    const death = leader.#death!.promise
    let close = () => {}
    const closed = new Promise<never>((_, reject) => {
      close = () => reject(new Error('the link is closed'))
    })
    closed.catch(() => {})
    const life = leader.#death
    const send = async <Q extends Message<never>, S extends Message<never>>(
      request: Q,
      response: S,
      version: number,
      body: Q['Input'],
    ): Promise<S['T']> => {
      await this.#awake(closed)
      if (leader.#death !== life || !leader.isUp) return death
      const answer = await Promise.race([closed, death, leader.serve(request, response, version, body)])
      await this.#awake(closed)
      return answer
    }
    return {
      fetch: (request, version) => {
        this.#cluster.fetches += 1
        return send(FetchRequest as never, FetchResponse as never, version, request as never)
      },
      listOffsets: (request, version) =>
        send(ListOffsetsRequest as never, ListOffsetsResponse as never, version, request as never),
      close: () => close(),
    }
  }
}

function bytesOf<M extends Message<never>>(message: M, version: number, value: M['Input']): Buffer {
  const writer = new Writer()
  message.encode(writer, version, value)
  return Buffer.concat(writer.finish())
}

interface TopicSpec {
  replicas?: number[]
  isr?: number[]
  leader?: number
  config?: Record<string, string>
}

/** Brokers that replicate with each other, and as much of a controller as they need, on one manual clock. */
export class Cluster {
  readonly time = new ManualTime()
  readonly values: BrokerConfigValues
  readonly nodes: Node[] = []
  /** The metadata log. */
  readonly records: MetadataRecordInput[] = []
  /** AlterPartition requests, as they came. */
  readonly asked: (typeof AlterPartitionRequest.Input)[] = []
  /** The controller answers; while false requests to it wait. */
  controllerAnswers = true
  /** A top-level error, or one for each partition, of the next answers. */
  nextErrors: { topLevel?: ErrorCode; partition?: ErrorCode }[] = []
  fetches = 0
  held: (() => void)[] = []
  image: MetadataImage = EMPTY_IMAGE
  #topics = 0

  constructor(options: { brokers?: number; config?: Partial<BrokerConfigValues>; racks?: boolean } = {}) {
    const { brokers = 3, racks = false } = options
    this.values = { ...defaultsOf(mergeTables(logConfig, replicaConfig)), ...options.config }
    this.write({ type: 'FeatureLevelRecord', version: 0, value: { name: 'metadata.version', featureLevel: 30 } })
    for (let id = 1; id <= brokers; id++) {
      this.nodes.push(new Node(id, this))
      this.start(id, racks ? `r${id}` : null)
    }
  }

  node(id: number): Node {
    return this.nodes[id - 1]!
  }

  /** Starts, registers and unfences a broker. */
  start(id: number, rack: string | null = this.image.cluster.brokers.get(id)?.rack ?? null): void {
    this.node(id).start()
    this.register(id, rack)
    this.fence(id, false)
  }

  /** A registration: a new incarnation, fenced at first. */
  register(id: number, rack: string | null = null): void {
    const node = this.node(id)
    node.epoch = this.records.length
    this.write({
      type: 'RegisterBrokerRecord',
      version: 3,
      value: {
        brokerId: id,
        incarnationId: `broker${String(node.epoch).padStart(15, '0')}A`,
        brokerEpoch: BigInt(node.epoch),
        endPoints: [{ name: 'PLAINTEXT', host: `b${id}`, port: 9092, securityProtocol: 0 }],
        features: [],
        rack,
        fenced: true,
        logDirs: [],
      },
    })
  }

  fence(id: number, fenced = true): void {
    const { epoch } = this.image.cluster.brokers.get(id)!
    const value = { brokerId: id, brokerEpoch: BigInt(epoch), fenced: fenced ? 1 : -1, logDirs: [] }
    this.write({ type: 'BrokerRegistrationChangeRecord', version: 1, value })
  }

  kill(id: number): void {
    this.node(id).kill()
  }

  /** Writes to the metadata log; brokers hear of it. */
  write(...records: MetadataRecordInput[]): void {
    const delta = new MetadataDelta(this.image)
    for (const record of records) delta.replay(decodeMetadataRecord(encodeMetadataRecord(record)))
    this.records.push(...records)
    this.image = delta.apply(this.records.length - 1, 0)
    for (const node of this.nodes) node.hear()
  }

  createTopic(name = 't', spec: TopicSpec = {}): void {
    const { replicas = [1, 2, 3], config = {} } = spec
    const topicId = `topic${String(++this.#topics).padStart(16, '0')}A`
    this.write(
      { type: 'TopicRecord', version: 0, value: { name, topicId } },
      ...Object.entries(config).map(([key, value]) => configRecord(RESOURCE.TOPIC, name, key, value)),
      {
        type: 'PartitionRecord',
        version: 1,
        value: {
          partitionId: 0,
          topicId,
          replicas,
          isr: spec.isr ?? replicas,
          removingReplicas: [],
          addingReplicas: [],
          leader: spec.leader ?? replicas[0]!,
          leaderEpoch: 0,
          partitionEpoch: 0,
          directories: replicas.map(() => ZERO_UUID),
        },
      },
    )
  }

  deleteTopic(name: string): void {
    this.write({ type: 'RemoveTopicRecord', version: 0, value: { topicId: this.topic(name).id } })
  }

  setConfig(type: number, resource: string, key: string, value: string): void {
    this.write(configRecord(type, resource, key, value))
  }

  change(
    fields: { leader?: number; isr?: number[]; replicas?: number[]; addingReplicas?: number[] },
    topic = 't',
  ): void {
    const value = { partitionId: 0, topicId: this.topic(topic).id, ...fields }
    this.write({ type: 'PartitionChangeRecord', version: 1, value })
  }

  topic(name = 't') {
    return this.image.topics.byName.get(name)!
  }

  registration(topic = 't'): PartitionImage {
    return this.topic(topic).partitions.get(0)!
  }

  leader(topic = 't'): Node {
    return this.node(this.registration(topic).leader)
  }

  /** The broker's requests wait from now on. */
  pause(...ids: number[]): void {
    for (const id of ids) this.node(id).sends = false
  }

  resume(...ids: number[]): void {
    for (const id of ids) this.node(id).sends = true
    this.release()
  }

  release(): void {
    for (const go of this.held.splice(0)) go()
  }

  /** Waits for what needs no time to pass. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    await this.time.settle()
    return promise
  }

  run(ms: number): Promise<void> {
    return this.time.run(ms)
  }

  /** Appends through a broker; the answer may take its time. */
  append(
    values: readonly string[],
    more: { acks?: number; timeoutMs?: number; via?: Node; topic?: string } = {},
  ): Promise<ProduceResult> {
    const { acks = -1, timeoutMs = 30_000, topic = 't', via = this.leader(topic) } = more
    const entry = { topic, topicId: ZERO_UUID, partition: 0, records: batch(values) }
    const request = { acks, timeoutMs, origin: 'client' as const, apiVersion: PRODUCE_VERSION, entries: [entry] }
    return via.replicas.append(request).then(([result]) => result!)
  }

  /** What a consumer reads at a broker. */
  async read(
    node: Node,
    fetchOffset: number,
    more: Partial<Fetch> & Partial<FetchPartition> = {},
  ): Promise<FetchPartitionResult> {
    const { replicaId = -1, maxWaitMs = 0, minBytes = 1, rackId = '', replicaEpoch = -1, ...partition } = more
    const results = await node.replicas.fetch(
      {
        replicaId,
        replicaEpoch,
        maxWaitMs,
        minBytes,
        maxBytes: 1024 * 1024,
        isolationLevel: 0,
        apiVersion: FETCH_VERSION,
        rackId,
      },
      [
        {
          topic: 't',
          topicId: ZERO_UUID,
          partition: 0,
          fetchOffset,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: 1024 * 1024,
          ...partition,
        },
      ],
    )
    return results[0]!
  }

  /** The partition's records as they are on a broker's disk. */
  bytes(id: number, topic = 't'): Buffer {
    const files = [...this.node(id).disk.files()].filter(
      ([path]) => path.startsWith(`/data/${topic}-0/`) && path.endsWith('.log'),
    )
    return Buffer.concat(files.map(([, content]) => content))
  }

  /** AlterPartition, checked as the controller does (B48 of the replication facts, in short). */
  async alterPartition(node: Node, request: typeof AlterPartitionRequest.Input): Promise<AlterPartitionResponse> {
    this.asked.push(request)
    while (!this.controllerAnswers) await new Promise<void>((resolve) => this.held.push(resolve))
    await Promise.resolve()
    const forced = this.nextErrors.shift() ?? {}
    if (forced.topLevel !== undefined) return { throttleTimeMs: 0, errorCode: forced.topLevel, topics: [] }
    const changes: MetadataRecordInput[] = []
    const topics = request.topics.map(({ topicId = ZERO_UUID, partitions }) => ({
      topicName: '',
      topicId,
      partitions: partitions.map((asked) => {
        const now = this.image.topics.byId.get(topicId)!.partitions.get(asked.partitionIndex)!
        const members = asked.newIsrWithEpochs ?? []
        const isr = members.map(({ brokerId }) => brokerId)
        const errorCode = forced.partition ?? this.#verdict(node, asked, now)
        if (errorCode === ErrorCode.NONE)
          changes.push({
            type: 'PartitionChangeRecord',
            version: 1,
            value: { partitionId: asked.partitionIndex, topicId, isr },
          })
        return {
          partitionIndex: asked.partitionIndex,
          errorCode,
          leaderId: now.leader,
          leaderEpoch: now.leaderEpoch,
          isr: errorCode === ErrorCode.NONE ? isr : [],
          leaderRecoveryState: 0,
          partitionEpoch: now.partitionEpoch + 1,
        }
      }),
    }))
    if (changes.length > 0) this.write(...changes)
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, topics }
  }

  #verdict(
    node: Node,
    asked: (typeof AlterPartitionRequest.Input)['topics'][number]['partitions'][number],
    now: PartitionImage,
  ): ErrorCode {
    if (now.leader !== node.id || asked.leaderEpoch < now.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
    if (asked.partitionEpoch < now.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION
    const isEligible = ({ brokerId, brokerEpoch = -1n }: { brokerId: number; brokerEpoch?: bigint | undefined }) => {
      const broker = this.image.cluster.brokers.get(brokerId)
      return broker !== undefined && !broker.fenced && (brokerEpoch === -1n || Number(brokerEpoch) === broker.epoch)
    }
    return (asked.newIsrWithEpochs ?? []).every(isEligible) ? ErrorCode.NONE : ErrorCode.INELIGIBLE_REPLICA
  }
}

const configRecord = (
  resourceType: number,
  resourceName: string,
  name: string,
  value: string,
): MetadataRecordInput => ({
  type: 'ConfigRecord',
  version: 0,
  value: { resourceType, resourceName, name, value },
})

/** Fetch rounds enough for a high watermark to get to all. */
export const ROUNDS_MS = 2_000

/** A cluster with topic t (three replicas, min.insync.replicas 2), led by b1, with everybody in step. */
export async function clusterWithTopic(
  options: ConstructorParameters<typeof Cluster>[0] & { topic?: TopicSpec } = {},
): Promise<Cluster> {
  const { topic = {}, ...rest } = options
  const cluster = new Cluster(rest)
  cluster.createTopic('t', { ...topic, config: { 'min.insync.replicas': '2', ...topic.config } })
  await cluster.run(ROUNDS_MS)
  return cluster
}
