import { rm } from 'node:fs/promises'
import type { LogLevel } from '../base/logger.ts'
import { createSystem } from '../base/system.ts'
import { createLogger } from '../base/system-logger.ts'
import { formatHostPort } from '../net/listener.ts'
import { Broker } from './broker.ts'
import type { TopicToCreate } from './config-sources.ts'
import { setUp } from './options.ts'

/** How a topic is to be when the broker is ready. */
export interface TopicOptions {
  /** Default: num.partitions, which is 1 unless set. */
  partitions?: number
  /** Default: default.replication.factor. */
  replicationFactor?: number
  /** Topic configs by Kafka's keys, as text: `{ 'cleanup.policy': 'compact' }`. */
  config?: Readonly<Record<string, string>>
}

export interface BrokerOptions {
  /** Default 0: the system chooses. */
  port?: number
  /** Address to listen on. Default: 127.0.0.1 and ::1. */
  host?: string
  /** Kept between runs. Default: a temporary directory, removed by `stop`. */
  dataDir?: string
  /** Broker configs by Kafka's keys, as text. */
  config?: Readonly<Record<string, string>>
  /** Topics that exist when `startBroker` resolves, by name. */
  topics?: Readonly<Record<string, TopicOptions>>
  nodeId?: number
  /** Default error. The log goes to standard error. */
  logLevel?: LogLevel
}

/** A broker in this process. */
export interface RunningBroker extends AsyncDisposable {
  /** `host:port` of the first listener, as clients take it. */
  readonly bootstrapServers: string
  readonly port: number
  readonly nodeId: number
  readonly clusterId: string
  /** Frees every socket, timer and file; removes a temporary data directory. Calling it again does nothing. */
  stop(): Promise<void>
}

/**
 * Starts a broker inside this process and resolves when it serves.
 * @throws ConfigError, NetworkError (port taken) or DiskError (data directory locked), each worded for a person
 */
export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const { host, dataDir, config = {}, topics = {}, nodeId, logLevel = 'error' } = options
  const port = options.port ?? (host === undefined && config.listeners !== undefined ? undefined : 0)
  const setup = setUp({
    flags: config,
    logLevel,
    topics: topicsToCreate(topics),
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(nodeId === undefined ? {} : { nodeId }),
  })
  const logger = createLogger({ level: setup.logLevel })
  const broker = new Broker(createSystem(), setup, logger, (error) => {
    throw error
  })
  const removeData = async () => {
    if (setup.temporary) await Promise.all(setup.dataDirs.map((dir) => rm(dir, { recursive: true, force: true })))
  }
  try {
    await broker.start()
  } catch (error) {
    await removeData()
    throw error
  }
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= broker.stop().then(removeData)
    return stopped
  }
  const { advertised } = broker.listeners[0]!
  return {
    bootstrapServers: formatHostPort({
      ...advertised,
      host: advertised.host === 'localhost' ? '127.0.0.1' : advertised.host,
    }),
    port: advertised.port,
    nodeId: broker.nodeId,
    clusterId: broker.clusterId,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

export const topicsToCreate = (topics: Readonly<Record<string, TopicOptions>>): TopicToCreate[] =>
  Object.entries(topics).map(([name, { partitions = -1, replicationFactor = -1, config = {} }]) => ({
    name,
    partitions,
    replicationFactor,
    configs: config,
  }))
