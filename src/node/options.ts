import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { LOG_LEVELS, type LogLevel } from '../base/logger.ts'
import type { VersionRange } from '../metadata/image.ts'
import { securityProtocolOf } from '../net/listener.ts'
import { clusterIdByConfig } from './cluster-id.ts'
import { ConfigError, type ResolvedConfig, resolveConfig } from './config.ts'
import { parseTopicSpec, type TopicToCreate } from './config-sources.ts'

/** What starting a broker can be told, beside its config keys. */
export interface StartOptions {
  /** Port of the client listener; 0 lets the system choose. */
  port?: number
  /** Address that the client listener binds. */
  host?: string
  /** Where data is kept; without it, and without log.dirs, in a temporary directory that goes at the end. */
  dataDir?: string
  nodeId?: number
  topics?: readonly TopicToCreate[]
  flags?: Readonly<Record<string, string>>
  environment?: Readonly<Record<string, string | undefined>>
  file?: Readonly<Record<string, string>>
  logLevel?: LogLevel
  logFormat?: 'text' | 'json'
}

export interface NodeSetup {
  readonly config: ResolvedConfig
  readonly topics: readonly TopicToCreate[]
  readonly clusterId: string | undefined
  /** For a node that is new and was given no cluster id; undefined for a random one. */
  readonly freshClusterId?: string | undefined
  readonly dataDirs: readonly string[]
  /** The data directory was made for this run and is removed after it. */
  readonly temporary: boolean
  readonly logLevel: LogLevel
  readonly logFormat: 'text' | 'json'
  /** Levels that the node says it can run with. Default: those of this release. */
  readonly features?: ReadonlyMap<string, VersionRange>
}

export const DEFAULT_PORT = 9092
/** Name of the listener that --port and --host open. */
const FLAG_LISTENER = 'PLAINTEXT'

/** Turns what was said on the command line, in the environment and in the file into one setup. Throws ConfigError. */
export function setUp(options: StartOptions): NodeSetup {
  const environment = options.environment ?? {}
  const flags: Record<string, string> = { ...options.flags }
  if (options.nodeId !== undefined) flags['node.id'] = String(options.nodeId)
  if (options.dataDir !== undefined) flags['log.dirs'] = resolve(options.dataDir)
  if (options.port !== undefined || options.host !== undefined) {
    refuseToOpen(resolveConfig({ flags, environment, file: options.file ?? {} }))
    flags.listeners = listenerFlag(options)
  }

  const sources = { flags, environment, file: options.file ?? {} }
  const asked = resolveConfig(sources)
  const temporary = !asked.given.has('log.dirs') && !asked.given.has('log.dir')
  if (temporary) flags['log.dirs'] = temporaryDirectory()
  const config = temporary ? resolveConfig({ ...sources, flags }) : asked
  const dirs = config.values['log.dirs'] ?? [config.values['log.dir']]
  return {
    config,
    topics: [...(options.topics ?? []), ...topicsOfEnvironment(environment)],
    clusterId: environment.CLUSTER_ID ?? environment.KAFKA_CLUSTER_ID ?? environment.KAFKA_KRAFT_CLUSTER_ID,
    freshClusterId: clusterIdByConfig(config.values),
    dataDirs: dirs.map((dir) => resolve(String(dir))),
    temporary,
    logLevel: options.logLevel ?? levelOfEnvironment(environment) ?? 'warn',
    logFormat: options.logFormat ?? 'text',
  }
}

const temporaryDirectory = (): string => mkdtempSync(join(realpathSync(tmpdir()), 'odradek-'))

/** Where the nodes of a cluster in one process have their directories. */
export function clusterDirectory({ dataDir, flags = {}, environment = {}, file = {} }: StartOptions) {
  const { given, values } = resolveConfig({ flags, environment, file })
  const configured =
    given.has('log.dirs') || given.has('log.dir') ? (values['log.dirs']?.[0] ?? values['log.dir']) : undefined
  const wanted = dataDir ?? configured
  const temporary = wanted === undefined
  return { dataDir: temporary ? temporaryDirectory() : resolve(String(wanted)), temporary }
}

/** `localhost` binds 127.0.0.1 and ::1 and is what clients are told; any other host is taken as it is. */
function listenerFlag({ host = 'localhost', port = DEFAULT_PORT }: StartOptions): string {
  return `${FLAG_LISTENER}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Whoever configured a listener that asks for names is not to get one that lets everybody in. Throws ConfigError. */
function refuseToOpen({ values }: ResolvedConfig): void {
  const map = values['listener.security.protocol.map']
  const protocols = values.listeners.map((listener) => securityProtocolOf(map, listener.split(':')[0]!))
  if (securityProtocolOf(map, FLAG_LISTENER) === 'PLAINTEXT' && protocols.some((protocol) => protocol !== 'PLAINTEXT'))
    throw new ConfigError(
      `--port and --host open a PLAINTEXT listener instead of ${values.listeners.join()}: write the port there.`,
    )
}

function topicsOfEnvironment(environment: Readonly<Record<string, string | undefined>>): TopicToCreate[] {
  const specs = environment.KAFKA_CREATE_TOPICS ?? ''
  return specs
    .split(',')
    .filter((spec) => spec.trim() !== '')
    .map(parseTopicSpec)
}

/** KAFKA_LOG4J_ROOT_LOGLEVEL of the apache/kafka image. */
function levelOfEnvironment(environment: Readonly<Record<string, string | undefined>>): LogLevel | undefined {
  const level = environment.KAFKA_LOG4J_ROOT_LOGLEVEL?.toLowerCase()
  return LOG_LEVELS.find((known) => known === level)
}
