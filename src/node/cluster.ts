import { join } from 'node:path'
import type { Logger, LogLevel } from '../base/logger.ts'
import { MortalSystem } from '../base/mortal-system.ts'
import type { System } from '../base/ports.ts'
import { randomUuid } from '../base/random.ts'
import { formatHostPort } from '../net/listener.ts'
import { parseAdminListener } from './admin-listener.ts'
import { Broker } from './broker.ts'
import type { TopicToCreate } from './config-sources.ts'
import { NodeLinks } from './node-links.ts'
import { type NodeSetup, type StartOptions, setUp } from './options.ts'

const ADMIN_LISTENER = 'odradek.admin.listener'
const CONTROLLER_LISTENER = 'CONTROLLER'
/** Replicas of a topic that does not say how many, in a cluster that has as many brokers. */
const DEFAULT_REPLICATION_FACTOR = 3

/** How long it may take until every node has read of a topic. */
const TOPICS_APPEAR_MS = 10_000

export interface ClusterSetup {
  /** How many nodes, each of them broker and controller; their ids are 1 to N. */
  readonly brokers: number
  /** Directory that holds one directory for each node. */
  readonly dataDir: string
  readonly clusterId?: string | undefined
  /** Port of the first node's client listener, those of the others follow; 0: the system chooses each. */
  readonly port: number
  readonly host?: string
  /** Racks of the nodes, in order. */
  readonly racks?: readonly string[]
  /** What every node is told beside. */
  readonly options: Pick<StartOptions, 'flags' | 'environment' | 'file'>
  readonly logLevel: LogLevel
}

/** A cluster in this process: every node with its own ports, directory and threads of work, joined by TCP. */
export class Cluster {
  readonly #freshClusterId: string
  readonly nodes: readonly ClusterMember[]

  constructor(system: System, setup: ClusterSetup, logger: Logger, onFatal: (error: Error, nodeId: number) => void) {
    if (!(setup.brokers > 0)) throw new RangeError(`brokers: a cluster of ${setup.brokers} is none`)
    this.#freshClusterId = randomUuid(system.random)
    const links = new NodeLinks(system.network, system.timers)
    this.nodes = Array.from({ length: setup.brokers }, (_, i) => {
      const id = i + 1
      const make = (ports: Ports) => nodeSetup(setup, this.#freshClusterId, id, ports)
      const port = setup.port === 0 ? 0 : setup.port + i
      return new ClusterMember({ ...system, network: links.of(id) }, links, id, make, port, logger, (error) =>
        onFatal(error, id),
      )
    })
  }

  /** New, given, or found in the data directory. */
  get clusterId(): string {
    return this.nodes.find(({ isRunning }) => isRunning)?.broker?.clusterId ?? this.#freshClusterId
  }

  /** Resolves when all nodes serve and the topics are there. */
  async start(topics: readonly TopicToCreate[]): Promise<void> {
    try {
      // Every node's port has to be known before the first one looks for the others.
      for (const node of this.nodes) await node.bind()
      const voters = this.nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
      await Promise.all(this.nodes.map((node) => node.start(voters)))
      await this.nodes[0]!.createTopics(topics)
      await Promise.all(this.nodes.map((node) => node.knows(topics)))
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Brokers first, one after the other: as long as controllers are there, they can hand over. */
  async stop(): Promise<void> {
    for (const node of this.nodes.toReversed()) await node.broker?.leave()
    await Promise.all(this.nodes.map((node) => node.stop({ handOver: false })))
  }
}

interface Ports {
  readonly client: number
  readonly controller: number
}

function nodeSetup(setup: ClusterSetup, freshClusterId: string, id: number, ports: Ports): NodeSetup {
  const { brokers, dataDir, host = 'localhost', racks, options, logLevel } = setup
  const rack = racks?.[id - 1]
  const admin = adminListener(options, id)
  const flags = {
    'default.replication.factor': String(Math.min(brokers, DEFAULT_REPLICATION_FACTOR)),
    'controller.listener.names': CONTROLLER_LISTENER,
    ...options.flags,
    listeners: `PLAINTEXT://${host}:${ports.client},${CONTROLLER_LISTENER}://127.0.0.1:${ports.controller}`,
    'node.id': String(id),
    ...(rack === undefined ? {} : { 'broker.rack': rack }),
    ...(admin === undefined ? {} : { [ADMIN_LISTENER]: admin }),
  }
  const made = setUp({ ...options, flags, dataDir: join(dataDir, `node-${id}`), logLevel })
  return { ...made, clusterId: setup.clusterId, freshClusterId }
}

/** Each node has a port of its own: the one that is asked for is the first node's, those of the others follow. */
function adminListener({ flags, file }: ClusterSetup['options'], id: number): string | undefined {
  const asked = parseAdminListener(flags?.[ADMIN_LISTENER] ?? file?.[ADMIN_LISTENER] ?? '')
  return asked && formatHostPort({ host: asked.host, port: asked.port === 0 ? 0 : asked.port + id - 1 })
}

/** One node of a cluster in this process, over its lives. */
export class ClusterMember {
  readonly id: number
  readonly #system: System
  readonly #links: NodeLinks
  readonly #setup: (ports: Ports) => NodeSetup
  readonly #logger: Logger
  readonly #onFatal: (error: Error) => void
  #ports: Ports
  #voters: readonly string[] = []
  #life: { readonly system: MortalSystem; readonly broker: Broker } | undefined

  constructor(
    system: System,
    links: NodeLinks,
    id: number,
    setup: (ports: Ports) => NodeSetup,
    port: number,
    logger: Logger,
    onFatal: (error: Error) => void,
  ) {
    this.id = id
    this.#system = system
    this.#links = links
    this.#setup = setup
    this.#logger = logger
    this.#onFatal = onFatal
    this.#ports = { client: port, controller: 0 }
  }

  get isRunning(): boolean {
    return this.#life !== undefined
  }

  get controllerPort(): number {
    return this.#ports.controller
  }

  get port(): number {
    return this.#ports.client
  }

  /** What runs at present; undefined while the node is down. */
  get broker(): Broker | undefined {
    return this.#life?.broker
  }

  async bind(): Promise<void> {
    const system = new MortalSystem(this.#system)
    const broker = new Broker(system, this.#setup(this.#ports), this.#logger, (error) => {
      if (system.alive) this.#onFatal(error)
    })
    this.#life = { system, broker }
    await broker.bind()
    this.#ports = { ...this.#ports, controller: broker.controllerEndpoint!.port }
    this.#links.register(this.#ports.controller, this.id)
  }

  /** Resolves when it serves. After a stop or a kill it comes back on its data and its ports. */
  async start(voters: readonly string[] = this.#voters): Promise<void> {
    this.#voters = voters
    if (this.#life === undefined) await this.bind()
    const { broker } = this.#life!
    await broker.start(voters)
    this.#ports = { ...this.#ports, client: broker.listeners[0]!.advertised.port }
    this.#links.register(this.#ports.client, this.id)
  }

  createTopics(topics: readonly TopicToCreate[]): Promise<void> {
    return this.#life!.broker.createTopics(topics)
  }

  /** Resolves when this node leads and follows what it is to of these topics. */
  async knows(topics: readonly TopicToCreate[]): Promise<void> {
    await this.#life!.broker.rooms!.watch.until(
      (image) => topics.every(({ name }) => image.topics.byName.has(name)),
      TOPICS_APPEAR_MS,
    )
  }

  /** In order: leadership is handed over, everything is flushed. */
  async stop(options: { handOver?: boolean } = {}): Promise<void> {
    const life = this.#life
    this.#life = undefined
    await life?.broker.stop(options)
    life?.system.kill()
  }

  /** As kill -9: nothing is flushed, nobody is told. */
  kill(): void {
    const life = this.#life
    this.#life = undefined
    life?.system.kill()
    void life?.broker.closeAdmin()
  }

  /** Cuts it off from the other nodes, not from clients. */
  isolate(): void {
    this.#links.isolate(this.id)
  }

  heal(): void {
    this.#links.heal(this.id)
  }
}
