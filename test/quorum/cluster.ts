import { type ApiKey, apiByKey } from '../../protocol/api/index.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import type { AnyMessage } from '../../protocol/schema/message.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import { Writer } from '../../protocol/wire/writer.ts'
import { defaultsOf } from '../../src/base/config.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { type CrashKind, MemoryDisk } from '../../src/base/memory-disk.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { MortalSystem } from '../../src/base/mortal-system.ts'
import { NetworkError } from '../../src/base/network.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { freshFeatureRecords } from '../../src/controller/features.ts'
import { createLogEnvironment } from '../../src/log/environment.ts'
import { imageRecords } from '../../src/metadata/image-records.ts'
import { record } from '../../src/metadata/record.ts'
import { decodeBatches } from '../../src/quorum/batches.ts'
import { type QuorumConfig, quorumConfig } from '../../src/quorum/config.ts'
import { formatVoters } from '../../src/quorum/format.ts'
import { MetadataQuorum } from '../../src/quorum/metadata-quorum.ts'
import type { QuorumPeers } from '../../src/quorum/ports.ts'
import type { Voter } from '../../src/raft/types.ts'
import { CLUSTER_ID, directoryOf } from '../controller/harness.ts'

export const DIR = '/disk/data'
export const LOG_DIR = `${DIR}/__cluster_metadata-0`
const LATENCY_MS = 2
const FIRST_PORT = 9090

export const endpointsOf = (id: number) => [{ name: 'CONTROLLER', host: `c${id}`, port: FIRST_PORT + id }]
export const topic = (name: string): MetadataRecord =>
  record('TopicRecord', 0, { name, topicId: Buffer.alloc(16, name).toString('base64url') })

export interface ClusterOptions {
  readonly seed?: number
  /** Ids of the voters. Default: 1, 2, 3. */
  readonly voters?: readonly number[]
  /** Ids of controllers that do not vote. */
  readonly joiners?: readonly number[]
  /** Ids of nodes that are brokers only. */
  readonly observers?: readonly number[]
  /** The voters stand in the log, as formatting put them there (KIP-853). */
  readonly dynamic?: boolean
  readonly config?: Partial<QuorumConfig>
}

/** Nodes of a quorum, each on a disk of its own, over a network that loses what it is told to lose. */
export class QuorumCluster {
  readonly time = new ManualTime()
  readonly nodes: readonly QuorumNode[]
  readonly random: SeededRandom
  readonly config: QuorumConfig
  /** Nodes that nothing comes from and nothing gets to. */
  readonly isolated = new Set<number>()

  constructor(options: ClusterOptions = {}) {
    const { seed = 1, voters = [1, 2, 3], joiners = [], observers = [], dynamic = false, config = {} } = options
    this.random = new SeededRandom(seed)
    this.config = { ...defaultsOf(quorumConfig), ...addressesOf(voters, dynamic), ...config }
    this.nodes = [...voters, ...joiners, ...observers].map((id) => new QuorumNode(this, id, !observers.includes(id)))
    if (dynamic) for (const id of voters) formatVoters(this.node(id).disk, DIR, voters.map(voterOf), { nowMs: 0 })
  }

  node(id: number): QuorumNode {
    return this.nodes.find((node) => node.id === id)!
  }

  startAll(): void {
    for (const node of this.nodes) if (!node.isUp) node.start()
  }

  /** Turns the clock until it holds, for at most a minute. */
  async until(condition: () => boolean, what = 'what was waited for'): Promise<void> {
    for (let ms = 0; ms < 60_000; ms += 10) {
      if (condition()) return
      await this.time.run(10)
    }
    throw new Error(`${what} has not come to pass`)
  }

  /** The node that has claimed the newest epoch and still leads it. */
  get leader(): QuorumNode | undefined {
    return this.nodes
      .filter((node) => node.isUp && node.claimed !== undefined)
      .sort((one, other) => other.claimed! - one.claimed!)[0]
  }

  async elected(except?: QuorumNode): Promise<QuorumNode> {
    await this.until(() => this.leader !== undefined && this.leader !== except, 'a leader')
    return this.leader!
  }

  /** Everybody who is up has everything. */
  async settled(): Promise<void> {
    await this.until(() => {
      const up = this.nodes.filter(({ isUp }) => isUp)
      return up.every(({ quorum }) => quorum.loader.image.offset === this.leader?.quorum.loader.image.offset)
    }, 'equal images')
  }

  /** Between two nodes that can reach each other; both ways take their time. Encoded, as it would be on a wire. */
  async carry(from: number, port: number, apiKey: ApiKey, body: unknown, timeoutMs: number): Promise<unknown> {
    const { request, response } = apiByKey(apiKey)
    const to = this.nodes.find(({ id }) => FIRST_PORT + id === port)
    if (to === undefined) throw new ProtocolError(ErrorCode.BROKER_NOT_AVAILABLE)
    const isCut = () => this.isolated.has(from) || this.isolated.has(to.id)
    const answer = (async () => {
      await this.#travel(isCut)
      if (!to.isUp) throw new NetworkError('ECONNREFUSED', `nobody listens at node ${to.id}`)
      const { quorum, gone } = to
      const asked = recoded(request as AnyMessage, request.newest, body)
      const answered =
        apiKey === 18 ? VERSIONS : quorum.handle(apiKey, request.newest, asked, { listener: 'CONTROLLER' })
      const said = await Promise.race([answered, gone])
      await this.#travel(isCut)
      if (said === undefined) throw new NetworkError('ECONNRESET', `node ${to.id} has gone`)
      return recoded(response as AnyMessage, request.newest, said)
    })()
    const timeout = new Promise<never>((_, reject) => {
      this.time.after(timeoutMs, () => reject(new ProtocolError(ErrorCode.REQUEST_TIMED_OUT)))
    })
    return Promise.race([answer, timeout])
  }

  #travel(isLost: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.time.after(LATENCY_MS, () => isLost() || resolve())
    })
  }
}

/** What a node answers to ApiVersions, as far as the quorum asks. */
const VERSIONS = {
  errorCode: ErrorCode.NONE,
  apiKeys: [],
  supportedFeatures: [{ name: 'kraft.version', minVersion: 0, maxVersion: 1 }],
}

const addressesOf = (voters: readonly number[], dynamic: boolean): Partial<QuorumConfig> =>
  dynamic
    ? { 'controller.quorum.bootstrap.servers': voters.map((id) => `c${id}:${FIRST_PORT + id}`) }
    : { 'controller.quorum.voters': voters.map((id) => `${id}@c${id}:${FIRST_PORT + id}`) }

export const voterOf = (id: number): Voter => ({
  id,
  directoryId: directoryOf(id),
  endpoints: endpointsOf(id),
  kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
})

function recoded(message: AnyMessage, version: number, value: unknown): unknown {
  const writer = new Writer()
  message.encode(writer, version, value as never)
  return message.decode(new Reader(writer.finishContiguous()), version)
}

export class QuorumNode {
  readonly id: number
  disk: MemoryDisk
  readonly #cluster: QuorumCluster
  readonly #isController: boolean
  /** Changes when the disk is replaced. */
  directoryId: string
  #life:
    | { readonly system: MortalSystem; readonly quorum: MetadataQuorum; readonly gone: Promise<void>; end(): void }
    | undefined
  /** The epoch that it leads and may decide in. */
  claimed: number | undefined
  failure: unknown

  constructor(cluster: QuorumCluster, id: number, isController: boolean) {
    this.#cluster = cluster
    this.id = id
    this.#isController = isController
    this.directoryId = directoryOf(id)
    this.disk = this.#newDisk()
  }

  #newDisk(): MemoryDisk {
    const disk = new MemoryDisk({ wallMs: () => this.#cluster.time.wallMs() })
    disk.makeDir(DIR)
    disk.syncDir('/disk')
    return disk
  }

  /** Its disk is lost; the new one is another directory. */
  replaceDisk(): void {
    this.disk = this.#newDisk()
    this.directoryId = directoryOf(this.id + 16)
  }

  get isUp(): boolean {
    return this.#life !== undefined
  }

  get quorum(): MetadataQuorum {
    return this.#life!.quorum
  }

  /** Resolves when this life ends and connections to it break. */
  get gone(): Promise<void> {
    return this.#life!.gone
  }

  start(config: Partial<QuorumConfig> = {}): MetadataQuorum {
    const { time, random } = this.#cluster
    const outside = { ...createMemorySystem(1), clock: time, timers: time, random: random.fork(), disk: this.disk }
    const system = new MortalSystem(outside)
    const quorum = MetadataQuorum.open({
      environment: createLogEnvironment(system, silentLogger),
      dir: DIR,
      nodeId: this.id,
      directoryId: this.directoryId,
      clusterId: CLUSTER_ID,
      isController: this.#isController,
      config: { ...this.#cluster.config, ...config },
      endpoints: this.#isController ? endpointsOf(this.id) : [],
      peers: this.#peers(system),
      freshRecords: freshFeatureRecords,
      onFailure: (cause) => {
        this.failure = cause
      },
    })
    let end = () => {}
    const gone = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#life = { system, quorum, gone, end }
    this.claimed = undefined
    quorum.onClaim((epoch) => {
      this.claimed = epoch
    })
    quorum.onResign(() => {
      this.claimed = undefined
    })
    quorum.start()
    return quorum
  }

  #peers(system: MortalSystem): QuorumPeers {
    return {
      send: async (to, apiKey, body, { timeoutMs }) => {
        const answer = await this.#cluster.carry(this.id, to.port, apiKey, body, timeoutMs)
        if (!system.alive) return new Promise(() => {})
        return answer as never
      },
      close: () => {},
    }
  }

  /** As `kill -9` ('written') or as a loss of power ('synced'). */
  kill(kind: CrashKind = 'written'): void {
    this.#life?.system.kill()
    this.#life?.end()
    this.#life = undefined
    this.claimed = undefined
    this.disk.crash(kind)
  }

  async stop(): Promise<void> {
    const { quorum } = this
    await quorum.leave()
    await quorum.close()
    this.#life = undefined
    this.claimed = undefined
  }

  get names(): string[] {
    return [...this.quorum.loader.image.topics.byName.keys()].sort()
  }

  get image(): MetadataRecord[] {
    return [...imageRecords(this.quorum.loader.image)]
  }

  get state(): string {
    return this.disk.readFile(`${LOG_DIR}/quorum-state`).toString()
  }

  /** What the log holds: offset, epoch, and the types of records, numbers for those of the quorum. */
  get contents() {
    return [...this.quorum.log.batches(this.quorum.log.logStartOffset)].flatMap((bytes) =>
      [...decodeBatches(bytes)].map((batch) => ({
        offset: batch.baseOffset,
        epoch: batch.epoch,
        types: batch.records.map(({ type }) => type),
      })),
    )
  }

  get bytes(): string {
    return Buffer.concat([...this.quorum.log.batches(this.quorum.log.logStartOffset)]).toString('hex')
  }
}
