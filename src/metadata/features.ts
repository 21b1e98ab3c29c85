import type { VersionRange } from './image.ts'

/** Levels of metadata.version that change what the controller writes (facts B20, N-B1). */
export const METADATA_VERSION = {
  /** 3.3-IV3, the floor of all 4.x. */
  MINIMUM: 7,
  SCRAM: 11,
  /** 3.6-IV0: brokers take a smaller ISR without a new leader epoch. */
  SHRINK_WITHIN_EPOCH: 12,
  TRANSACTIONS: 13,
  CONTROLLER_REGISTRATION: 15,
  DIRECTORIES: 17,
  ELR_FIELDS: 23,
  CORDONED_DIRS: 30,
  /** 4.3-IV0. */
  LATEST: 30,
} as const

export const FEATURE = {
  METADATA_VERSION: 'metadata.version',
  KRAFT_VERSION: 'kraft.version',
  GROUP_VERSION: 'group.version',
  TRANSACTION_VERSION: 'transaction.version',
  ELR_VERSION: 'eligible.leader.replicas.version',
  SHARE_VERSION: 'share.version',
  STREAMS_VERSION: 'streams.version',
} as const

/** What this release can run with: the ranges of Apache Kafka 4.3 (facts N-B11, N-B18). */
export const SUPPORTED_FEATURES: ReadonlyMap<string, VersionRange> = new Map([
  [FEATURE.METADATA_VERSION, { min: METADATA_VERSION.MINIMUM, max: METADATA_VERSION.LATEST }],
  [FEATURE.KRAFT_VERSION, { min: 0, max: 1 }],
  [FEATURE.GROUP_VERSION, { min: 0, max: 1 }],
  [FEATURE.TRANSACTION_VERSION, { min: 0, max: 2 }],
  [FEATURE.ELR_VERSION, { min: 0, max: 1 }],
  [FEATURE.SHARE_VERSION, { min: 0, max: 1 }],
  [FEATURE.STREAMS_VERSION, { min: 0, max: 1 }],
])

/** Versions of records whose layout grew, by metadata.version (fact N-B8). Older levels do not run in 4.x. */
export const recordVersions = {
  registerBroker: (level: number): number => (level >= 30 ? 4 : level >= 17 ? 3 : level >= 8 ? 2 : 1),
  partition: (level: number): number => (level >= 23 ? 2 : level >= 17 ? 1 : 0),
} as const
