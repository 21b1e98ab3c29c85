import type { BrokerEpoch, LeaderEpoch, Offset, PartitionEpoch, ProducerId } from '../base/brand.ts'
import { PersistentMap } from './persistent-map.ts'

/**
 * The cluster as of one offset of the metadata log. Immutable; built by `MetadataDelta` from metadata records only, so
 * images at equal offsets are equal on every node.
 */
export interface MetadataImage {
  /** Offset of the last record that is in here; -1 before the first. */
  readonly offset: Offset
  /** Quorum epoch of that record; -1 before the first. */
  readonly epoch: number
  readonly cluster: ClusterImage
  readonly topics: TopicsImage
  readonly configs: ConfigsImage
  readonly features: FeaturesImage
  readonly producerIds: ProducerIdsImage
  readonly security: SecurityImage
}

export interface ClusterImage {
  /** Registered brokers, fenced ones included, by node id. */
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly controllers: ReadonlyMap<number, ControllerImage>
}

export interface Endpoint {
  /** Name of the listener. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** A registration (KIP-631). */
export interface BrokerImage {
  readonly id: number
  /** Names the incarnation within the log: the offset that was next when it registered. */
  readonly epoch: BrokerEpoch
  /** Drawn by the process at its start. */
  readonly incarnationId: string
  readonly endpoints: readonly Endpoint[]
  /** Supported feature levels by name. */
  readonly features: ReadonlyMap<string, VersionRange>
  readonly rack: string | null
  /** A fenced broker is not alive for clients: it leads nothing and joins no ISR. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /** Ids of its online log directories; empty below metadata.version 17. */
  readonly logDirs: readonly string[]
  /** Of these, those that get no new replicas (KIP-1066). */
  readonly cordonedLogDirs: readonly string[]
}

export interface ControllerImage {
  readonly id: number
  readonly incarnationId: string
  readonly endpoints: readonly Endpoint[]
  readonly features: ReadonlyMap<string, VersionRange>
}

export interface TopicsImage {
  readonly byName: ReadonlyMap<string, TopicImage>
  readonly byId: ReadonlyMap<string, TopicImage>
  /** Topics whose names hold `.` or `_`, by their name with every `.` turned to `_`: metric names confuse the two. */
  readonly byCollidingName: ReadonlyMap<string, readonly string[]>
}

export interface TopicImage {
  readonly id: string
  readonly name: string
  /** Partitions 0 to size - 1, iterated in order. */
  readonly partitions: ReadonlyMap<number, PartitionImage>
}

/** 0: the leader's log is what it was. 1: it was chosen uncleanly and has not yet said that it recovered (KIP-704). */
export const LEADER_RECOVERY = { RECOVERED: 0, RECOVERING: 1 } as const

/** Leader of a partition that has none. */
export const NO_LEADER = -1

export interface PartitionImage {
  readonly index: number
  /** Broker ids, the preferred leader first. While a reassignment runs: the target first, then those to be removed. */
  readonly replicas: readonly number[]
  /** Directory ids, one for each of `replicas`. */
  readonly directories: readonly string[]
  readonly isr: readonly number[]
  /** Eligible leaders outside the ISR: they hold every committed record (KIP-966). */
  readonly elr: readonly number[]
  /** The last leader, where ISR and ELR may be empty. */
  readonly lastKnownElr: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
  /** Broker id or NO_LEADER. */
  readonly leader: number
  /** One more with each election, also with one that finds nobody or the same broker. */
  readonly leaderEpoch: LeaderEpoch
  /** One more with each change of the partition. */
  readonly partitionEpoch: PartitionEpoch
  readonly leaderRecoveryState: number
}

/** Config resource types that live in metadata records (KIP-1142 lists them). */
export const RESOURCE = { TOPIC: 2, BROKER: 4, CLIENT_METRICS: 16, GROUP: 32 } as const

export interface ConfigResource {
  readonly type: number
  /** Topic name, node id as text, group id. '' with BROKER: the defaults of all brokers. */
  readonly name: string
}

/** What was set by someone; neither defaults nor what stands in a node's own file. */
export interface ConfigsImage {
  /** Overrides of one resource, by key; empty where there are none. */
  of(type: number, name: string): ReadonlyMap<string, string>
  /** Resources that have overrides, by `resourceKey`. */
  readonly resources: ReadonlyMap<string, ReadonlyMap<string, string>>
}

export interface FeaturesImage {
  /** Finalised levels above 0, metadata.version among them. kraft.version is the quorum's and not in here. */
  readonly levels: ReadonlyMap<string, number>
  /** Level of metadata.version; 0 where the log has not said. */
  readonly metadataVersion: number
}

export interface ProducerIdsImage {
  /** First producer id that was never given to a broker. */
  readonly next: ProducerId
}

/** Kept as their records, each under a key that names what it is about; given meaning by src/security. */
export interface SecurityImage {
  /** By `<entity>` as JSON of [type, name] pairs sorted by type: quota values by key. */
  readonly quotas: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Record values, by `<mechanism>:<user>`. */
  readonly scram: ReadonlyMap<string, unknown>
  /** Record values, by the uuid of the entry. */
  readonly acls: ReadonlyMap<string, unknown>
  /** Record values, by token id. */
  readonly tokens: ReadonlyMap<string, unknown>
}

export const resourceKey = (type: number, name: string): string => `${type}:${name}`

/** The inverse of `resourceKey`. */
export function resourceOf(key: string): ConfigResource {
  const colon = key.indexOf(':')
  return { type: Number(key.slice(0, colon)), name: key.slice(colon + 1) }
}

const NO_OVERRIDES: ReadonlyMap<string, string> = new Map()

export class ConfigsImageOf implements ConfigsImage {
  readonly resources: PersistentMap<ReadonlyMap<string, string>>

  constructor(resources: PersistentMap<ReadonlyMap<string, string>>) {
    this.resources = resources
  }

  of(type: number, name: string): ReadonlyMap<string, string> {
    return this.resources.get(resourceKey(type, name)) ?? NO_OVERRIDES
  }
}

/** Before the first record. */
export const EMPTY_IMAGE: MetadataImage = {
  offset: -1,
  epoch: -1,
  cluster: { brokers: new Map(), controllers: new Map() },
  topics: { byName: PersistentMap.empty(), byId: PersistentMap.empty(), byCollidingName: PersistentMap.empty() },
  configs: new ConfigsImageOf(PersistentMap.empty()),
  features: { levels: new Map(), metadataVersion: 0 },
  producerIds: { next: 0 },
  security: {
    quotas: PersistentMap.empty(),
    scram: PersistentMap.empty(),
    acls: PersistentMap.empty(),
    tokens: PersistentMap.empty(),
  },
}

/** Registered, not fenced, not on its way out: may lead, join an ISR and get new replicas. */
export const isActive = (image: MetadataImage, brokerId: number): boolean => {
  const broker = image.cluster.brokers.get(brokerId)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}
