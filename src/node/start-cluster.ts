import { mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { LogLevel } from '../base/logger.ts'
import { createSystem } from '../base/system.ts'
import { createLogger } from '../base/system-logger.ts'
import { Cluster, type ClusterMember } from './cluster.ts'
import { type TopicOptions, topicsToCreate } from './start-broker.ts'

export interface ClusterOptions {
  /** How many nodes, each broker and controller. Default 3. */
  brokers?: number
  /** Port of node 1, those of the others follow. Default 0: the system chooses each. */
  port?: number
  /** Kept between runs. Default: a temporary directory, removed by `stop`. */
  dataDir?: string
  /** Broker configs by Kafka's keys, as text, for all nodes. */
  config?: Readonly<Record<string, string>>
  /** `broker.rack` of nodes 1 to N. */
  racks?: readonly string[]
  /** Topics that exist when `startCluster` resolves; they have three replicas unless they say otherwise. */
  topics?: Readonly<Record<string, TopicOptions>>
  /** Default error. The log goes to standard error. */
  logLevel?: LogLevel
}

/** A node of a cluster in this process. */
export interface RunningNode {
  readonly id: number
  readonly port: number
  /** `host:port` of this node alone. */
  readonly bootstrapServers: string
  readonly isRunning: boolean
  /** As kill -9: nothing is flushed, nobody is told. Its data and its ports wait for `start`. */
  kill(): Promise<void>
  /** In order: leadership is handed over first. */
  stop(): Promise<void>
  /** Comes back after `kill` or `stop`, and resolves when it serves. Rejects while it runs. */
  start(): Promise<void>
  /** Cuts it off from all other nodes; clients still reach it. */
  isolate(): void
  heal(): void
}

export interface RunningCluster extends AsyncDisposable {
  /** All nodes, comma-separated, as clients take it. */
  readonly bootstrapServers: string
  readonly clusterId: string
  /** By node id: 1 to N. @throws RangeError */
  node(id: number): RunningNode
  /** Frees every socket, timer and file; removes a temporary data directory. Calling it again does nothing. */
  stop(): Promise<void>
}

/** Sooner than Apache Kafka's defaults: a test should not wait nine seconds for a broker that it killed. */
const TEST_TIMES = {
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'controller.quorum.election.timeout.ms': '300',
}

/**
 * Starts a cluster inside this process and resolves when all of it serves. Unless `config` says otherwise a broker counts
 * as dead after three seconds without a heartbeat.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<RunningCluster> {
  const { brokers = 3, port = 0, config = {}, racks, topics = {}, logLevel = 'error' } = options
  const temporary = options.dataDir === undefined
  const dataDir = options.dataDir ?? mkdtempSync(join(realpathSync(tmpdir()), 'odradek-'))
  const setup = {
    brokers,
    port,
    dataDir: resolve(dataDir),
    logLevel,
    options: { flags: { ...TEST_TIMES, ...config } },
    ...(racks === undefined ? {} : { racks }),
  }
  const removeData = async () => {
    if (temporary) await rm(dataDir, { recursive: true, force: true })
  }
  const cluster = new Cluster(createSystem(), setup, createLogger({ level: logLevel }), (error) => {
    throw error
  })
  try {
    await cluster.start(topicsToCreate(topics))
  } catch (error) {
    await removeData()
    throw error
  }
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= cluster.stop().then(removeData)
    return stopped
  }
  return {
    get bootstrapServers() {
      return cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
    },
    clusterId: cluster.clusterId,
    node(id) {
      const node = cluster.nodes[id - 1]
      if (node === undefined) throw new RangeError(`there is no node ${id}; ids are 1 to ${brokers}`)
      return runningNode(node)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function runningNode(node: ClusterMember): RunningNode {
  return {
    id: node.id,
    get port() {
      return node.port
    },
    get bootstrapServers() {
      return `127.0.0.1:${node.port}`
    },
    get isRunning() {
      return node.isRunning
    },
    kill: async () => node.kill(),
    stop: () => node.stop(),
    start: async () => {
      if (node.isRunning) throw new Error(`node ${node.id} runs already`)
      await node.start()
    },
    isolate: () => node.isolate(),
    heal: () => node.heal(),
  }
}
