import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { boolean, configTable, defaultsOf, int } from '../../src/base/config.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { controllerConfig } from '../../src/controller/config.ts'
import { configRules } from '../../src/controller/config-rules.ts'
import { Controller, type ControllerOptions } from '../../src/controller/controller.ts'
import { freshFeatureRecords } from '../../src/controller/features.ts'
import { type DecisionConfig, type DecisionContext, FULL_ACCESS, type RecordLog } from '../../src/controller/ports.ts'
import { topicConfig } from '../../src/log/config.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
import { EffectiveConfig } from '../../src/metadata/effective-config.ts'
import { FEATURE, SUPPORTED_FEATURES } from '../../src/metadata/features.ts'
import { EMPTY_IMAGE, type MetadataImage } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'

export const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'

/** Directory id of broker n. */
export const directoryOf = (id: number): string => Buffer.alloc(16, 0x40 + id).toString('base64url')
export const incarnationOf = (id: number, life = 0): string =>
  Buffer.alloc(16, 0x80 + 8 * life + id).toString('base64url')

export const decisionConfig: DecisionConfig = { ...defaultsOf(controllerConfig), 'min.insync.replicas': 1 }

const brokerTable = configTable({
  'min.insync.replicas': int({ default: 1, min: 1, update: 'cluster-wide', doc: 'as the broker has it' }),
  'log.segment.bytes': int({ default: 1073741824, update: 'cluster-wide', doc: 'as the broker has it' }),
  'unclean.leader.election.enable': boolean({ default: false, update: 'cluster-wide', doc: 'as the broker has it' }),
})

export const rules = configRules(
  { topic: topicConfig, broker: brokerTable },
  new EffectiveConfig(1, {
    topicTable: topicConfig,
    brokerTable,
    given: new Map(),
    values: defaultsOf(brokerTable),
  }),
)

export function contextOf(change: Partial<DecisionContext> = {}): DecisionContext {
  const { random } = createMemorySystem(1)
  return { random, config: decisionConfig, rules, access: FULL_ACCESS, nextOffset: 100, ...change }
}

export function replayed(image: MetadataImage, records: readonly MetadataRecord[]): MetadataImage {
  const delta = new MetadataDelta(image)
  for (const one of records) delta.replay(one)
  return delta.apply(image.offset + records.length, 1)
}

export interface TestBroker {
  id: number
  rack?: string | null
  fenced?: boolean
  inControlledShutdown?: boolean
}

export function brokerRecords(brokers: readonly TestBroker[]): MetadataRecord[] {
  return brokers.map(({ id, rack = null, fenced = false, inControlledShutdown = false }) =>
    record('RegisterBrokerRecord', 4, {
      brokerId: id,
      incarnationId: incarnationOf(id),
      brokerEpoch: BigInt(id),
      endPoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9090 + id, securityProtocol: 0 }],
      features: supported(),
      rack,
      fenced,
      inControlledShutdown,
      logDirs: [directoryOf(id)],
    }),
  )
}

export const supported = () =>
  [...SUPPORTED_FEATURES].map(([name, { min, max }]) => ({ name, minSupportedVersion: min, maxSupportedVersion: max }))

/** A fresh 4.3 cluster with these brokers. */
export function clusterOf(...brokers: (number | TestBroker)[]): MetadataImage {
  const all = brokers.map((broker) => (typeof broker === 'number' ? { id: broker } : broker))
  return replayed(EMPTY_IMAGE, [...freshFeatureRecords(), ...brokerRecords(all)])
}

/** The same without eligible leader replicas. */
export function withoutElr(image: MetadataImage): MetadataImage {
  return replayed(image, [record('FeatureLevelRecord', 0, { name: FEATURE.ELR_VERSION, featureLevel: 0 })])
}

/** A log that commits when told to. */
export class ManualLog implements RecordLog {
  nextOffset = 0
  readonly batches: (readonly MetadataRecord[])[] = []
  readonly #waiting: { resolve(offset: number): void; reject(cause: unknown): void; offset: number }[] = []
  #failure: unknown

  append(records: readonly MetadataRecord[]): Promise<number> {
    this.batches.push(records)
    this.nextOffset += records.length
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const offset = this.nextOffset - 1
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject, offset }))
  }

  get records(): MetadataRecord[] {
    return this.batches.flat()
  }

  commit(): void {
    for (const { resolve, offset } of this.#waiting.splice(0)) resolve(offset)
  }

  fail(cause: unknown): void {
    this.#failure = cause
    for (const { reject } of this.#waiting.splice(0)) reject(cause)
  }
}

export function controllerOver(log: RecordLog, change: Partial<ControllerOptions> = {}): Controller {
  return new Controller({
    nodeId: 1,
    clusterId: CLUSTER_ID,
    image: EMPTY_IMAGE,
    log,
    rules,
    config: decisionConfig,
    system: createMemorySystem(1),
    logger: silentLogger,
    kraftVersion: 1,
    onFault: (cause) => {
      throw cause
    },
    ...change,
  })
}

export const registrationOf = (id: number, life = 0, previousBrokerEpoch = -1n) => ({
  brokerId: id,
  clusterId: CLUSTER_ID,
  incarnationId: incarnationOf(id, life),
  listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9090 + id, securityProtocol: 0 }],
  features: supported(),
  rack: null as string | null,
  isMigratingZkBroker: false,
  logDirs: [directoryOf(id)],
  previousBrokerEpoch,
})

export const heartbeatOf = (
  id: number,
  brokerEpoch: bigint,
  currentMetadataOffset: number,
  wants: { fence?: boolean; shutDown?: boolean } = {},
) => ({
  brokerId: id,
  brokerEpoch,
  currentMetadataOffset,
  wantFence: wants.fence ?? false,
  wantShutDown: wants.shutDown ?? false,
  offlineLogDirs: [],
  cordonedLogDirs: null,
})

export const newTopic = (name: string, change: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [] as { partitionIndex: number; brokerIds: number[] }[],
  configs: [] as { name: string; value: string | null }[],
  ...change,
})

export const createRequest = (...topics: ReturnType<typeof newTopic>[]) => ({
  topics,
  timeoutMs: 60000,
  validateOnly: false,
})
