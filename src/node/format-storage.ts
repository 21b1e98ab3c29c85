import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
} from '../../protocol/checkpoint/meta-properties.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { isUuid } from '../../protocol/wire/uuid.ts'
import type { System } from '../base/ports.ts'
import { randomUuid } from '../base/random.ts'
import { freshFeatureRecords } from '../controller/features.ts'
import { formatBootstrap, formatVoters, parseInitialControllers } from '../quorum/format.ts'
import type { VoterSet } from '../raft/types.ts'
import { KRAFT_VERSIONS } from '../raft/voters.ts'
import { parseScramArgument, ScramArgumentError } from '../security/scram-argument.ts'
import { type BrokerConfig, ConfigError } from './config.ts'
import { isController, nodeListeners } from './listeners.ts'

const META_FILE = 'meta.properties'

/** Who votes first, for a controller whose configuration does not say (facts A97, N-B22). */
export type FirstVoters =
  | { readonly kind: 'standalone' }
  | { readonly kind: 'none' }
  | { readonly kind: 'listed'; readonly voters: string }

export interface FormatOptions {
  readonly config: BrokerConfig
  readonly clusterId: string
  readonly firstVoters: FirstVoters | undefined
  /** Users to begin with, as `--add-scram` has them (KIP-900). */
  readonly scramUsers?: readonly string[]
  /** Directories that are formatted already are left alone, instead of being an error. */
  readonly ignoreFormatted: boolean
}

export interface Storage {
  readonly dir: string
  /** Undefined where nothing was formatted. */
  readonly meta: MetaProperties | undefined
}

export const newUuid = ({ random }: Pick<System, 'random'>): string => randomUuid(random)

/** The log directories of a node and that of its metadata, which comes last unless it is one of them. */
export function storageDirs(config: BrokerConfig): string[] {
  const dirs = config['log.dirs'] ?? [config['log.dir']]
  return [...new Set([...dirs, metadataDir(config)].map(String))]
}

const metadataDir = (config: BrokerConfig): string =>
  config['metadata.log.dir'] ?? String((config['log.dirs'] ?? [config['log.dir']])[0])

export function storageInfo({ disk }: Pick<System, 'disk'>, config: BrokerConfig): Storage[] {
  return storageDirs(config).map((dir) => {
    const file = join(dir, META_FILE)
    return { dir, meta: disk.exists(file) ? decodeMetaProperties(disk.readFile(file)) : undefined }
  })
}

/**
 * What `kafka-storage format` does (facts A96 to A98): says whose each directory is, and puts what the first controller
 * of a cluster writes first, and who votes, beside it. Gives the directories that it formatted. Throws ConfigError.
 */
export function formatStorage(system: Pick<System, 'clock' | 'disk' | 'random'>, options: FormatOptions): string[] {
  const { config, clusterId, ignoreFormatted } = options
  const { clock, disk } = system
  if (!isUuid(clusterId)) throw new ConfigError(`Cluster id ${clusterId}: expected a UUID in base64, 22 characters.`)
  const voters = firstVoters(system, options)
  const users = (options.scramUsers ?? []).map((text) => scramUser(text, system))
  const formatted = storageInfo(system, config)
  const taken = formatted.find(({ meta }) => meta !== undefined)
  if (taken && !ignoreFormatted) throw new ConfigError(`${taken.dir} is formatted already.`)
  const foreign = formatted.find(({ meta }) => meta !== undefined && meta.clusterId !== clusterId)
  if (foreign) throw new ConfigError(`${foreign.dir} belongs to cluster ${foreign.meta!.clusterId}.`)

  const nowMs = clock.wallMs()
  const nodeId = config['node.id']
  const own = voters?.find(({ id }) => id === nodeId)
  const fresh = formatted.filter(({ meta }) => meta === undefined).map(({ dir }) => dir)
  for (const dir of fresh) {
    const isMetadata = dir === metadataDir(config)
    const directoryId = isMetadata && own ? own.directoryId : randomUuid(system.random)
    disk.makeDir(dir)
    formatBootstrap(disk, dir, [...freshFeatureRecords(), ...users], { nowMs, sync: true })
    if (isMetadata && voters) formatVoters(disk, dir, voters, { nowMs, sync: true })
    // Last: a directory that has it is formatted.
    const meta = encodeMetaProperties({ version: 1, clusterId, nodeId, directoryId }, nowMs)
    disk.replaceFile(join(dir, META_FILE), meta, { sync: true })
  }
  return fresh
}

function scramUser(text: string, { random }: Pick<System, 'random'>): MetadataRecord {
  try {
    return parseScramArgument(text, random)
  } catch (cause) {
    if (!(cause instanceof ScramArgumentError)) throw cause
    throw new ConfigError(`--add-scram: ${cause.message}.`, { cause })
  }
}

/** Undefined where the configuration says who votes, where the log will, or where this node has no vote. */
function firstVoters(
  system: Pick<System, 'random'>,
  { config, firstVoters: first }: FormatOptions,
): VoterSet | undefined {
  const isStatic = config['controller.quorum.voters'].length > 0
  const { controllers, controller: listener = 'CONTROLLER' } = nodeListeners(config)
  if (isStatic && first !== undefined && first.kind !== 'none')
    throw new ConfigError('controller.quorum.voters says who votes: neither --standalone nor --initial-controllers.')
  if (isStatic || !isController(config)) return undefined
  if (first === undefined)
    throw new ConfigError(
      'controller.quorum.voters is not set, so say who votes first: --standalone, --initial-controllers or --no-initial-controllers.',
    )
  if (first.kind === 'none') return undefined
  if (first.kind === 'listed') return listedVoters(first.voters, listener, config['node.id'])
  const endpoints = controllers.map(({ name, host, port, advertised }) => ({
    name,
    host: advertised?.host || host || hostname(),
    port: advertised?.port || port,
  }))
  if (endpoints.length === 0 || endpoints.some(({ port }) => port === 0))
    throw new ConfigError('--standalone needs a controller listener with a port, by which others will find this one.')
  const directoryId = randomUuid(system.random)
  return [{ id: config['node.id'], directoryId, endpoints, kRaftVersionFeature: KRAFT_VERSIONS }]
}

function listedVoters(text: string, listener: string, nodeId: number): VoterSet {
  const voters = parseInitialControllers(text, listener)
  if (typeof voters === 'string') throw new ConfigError(`--initial-controllers: ${voters}.`)
  if (!voters.some(({ id }) => id === nodeId))
    throw new ConfigError(`--initial-controllers does not name node ${nodeId}, whose directories these are.`)
  return voters
}
