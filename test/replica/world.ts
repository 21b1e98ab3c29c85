import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecordInput } from '../../protocol/metadata/index.ts'
import { batches } from '../../protocol/records/batch.ts'
import { type BatchInput, buildBatch } from '../../protocol/records/build.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { type ConfigOf, defaultsOf, mergeTables } from '../../src/base/config.ts'
import { DiskError } from '../../src/base/disk.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { type LogConfig, logConfig, topicConfig } from '../../src/log/config.ts'
import { LogManager } from '../../src/log/log-manager.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
import { EffectiveConfig } from '../../src/metadata/effective-config.ts'
import { FEATURE, METADATA_VERSION } from '../../src/metadata/features.ts'
import { EMPTY_IMAGE, type MetadataImage, RESOURCE } from '../../src/metadata/image.ts'
import type { LocalChanges } from '../../src/metadata/topics-delta.ts'
import { replicaConfig } from '../../src/replica/config.ts'
import type { Partition } from '../../src/replica/partition.ts'
import { ReplicaManager } from '../../src/replica/replica-manager.ts'
import type {
  FetchPartition,
  FetchPartitionResult,
  FetchRequest,
  ListOffsetsEntry,
  ListOffsetsRequest,
  ListOffsetsResult,
  ProduceEntry,
  ProduceResult,
} from '../../src/replica/types.ts'

export const BROKER_ID = 1
export const PRODUCE_VERSION = 13
export const FETCH_VERSION = 18

interface TopicSpec {
  partitions?: number
  replicas?: number[]
  isr?: number[]
  leader?: number
  leaderEpoch?: number
  config?: Record<string, string>
  directories?: string[]
}

/** A replica manager on a memory disk and a manual clock, fed by metadata records. */
export class World {
  readonly time = new ManualTime()
  readonly disk: MemoryDisk
  readonly logs: LogManager
  readonly replicas: ReplicaManager
  image: MetadataImage = EMPTY_IMAGE
  #topics = 0

  /** What the cluster was told of replicas' directories, where it keeps them. */
  readonly reported: { topicId: string; index: number; directory: string }[] = []

  constructor(
    options: {
      dirs?: string[]
      config?: Partial<ConfigOf<typeof replicaConfig> & LogConfig>
      /** Of an earlier life. */
      disk?: MemoryDisk
      /** The cluster keeps directories (KIP-858), and they have ids. */
      keepsDirectories?: boolean
    } = {},
  ) {
    this.disk = options.disk ?? new MemoryDisk({ wallMs: () => this.time.wallMs() })
    const system = { clock: this.time, timers: this.time, random: new SeededRandom(1), disk: this.disk }
    const brokerTable = mergeTables(logConfig, replicaConfig)
    const values = { ...defaultsOf(brokerTable), ...options.config }
    const effective = new EffectiveConfig(BROKER_ID, {
      topicTable: topicConfig,
      brokerTable,
      given: new Map(),
      values,
    })
    this.logs = LogManager.open({
      system,
      dirs: options.dirs ?? ['/data'],
      config: values,
      logger: silentLogger,
      ...(options.keepsDirectories ? { identity: { nodeId: BROKER_ID } } : {}),
    })
    this.replicas = new ReplicaManager({
      brokerId: BROKER_ID,
      system,
      config: values,
      logs: this.logs,
      topicConfig: (image, topic) => effective.topicValues(topicConfig, image, topic),
      logger: silentLogger,
      directoryReports: () => ({ assign: (replica) => this.reported.push(replica) }),
    })
    if (options.keepsDirectories)
      this.apply({
        type: 'FeatureLevelRecord',
        version: 0,
        value: { name: FEATURE.METADATA_VERSION, featureLevel: METADATA_VERSION.DIRECTORIES },
      })
  }

  /** Replays records into the image, and applies the delta. */
  apply(...records: MetadataRecordInput[]): LocalChanges {
    const delta = new MetadataDelta(this.image)
    for (const record of records) delta.replay(decodeMetadataRecord(encodeMetadataRecord(record)))
    this.image = delta.apply(this.image.offset + records.length, 0)
    return this.replicas.apply(delta, this.image)
  }

  createTopic(name: string, spec: TopicSpec = {}): LocalChanges {
    return this.apply(...this.topicRecords(name, spec))
  }

  topicRecords(name: string, spec: TopicSpec = {}): MetadataRecordInput[] {
    const { partitions = 1, replicas = [BROKER_ID], leaderEpoch = 0, config = {} } = spec
    const topicId = `topic${String(++this.#topics).padStart(16, '0')}A`
    const records: MetadataRecordInput[] = [{ type: 'TopicRecord', version: 0, value: { name, topicId } }]
    for (const [key, value] of Object.entries(config)) {
      records.push({
        type: 'ConfigRecord',
        version: 0,
        value: { resourceType: RESOURCE.TOPIC, resourceName: name, name: key, value },
      })
    }
    for (let partitionId = 0; partitionId < partitions; partitionId++) {
      records.push({
        type: 'PartitionRecord',
        version: 1,
        value: {
          partitionId,
          topicId,
          replicas,
          isr: spec.isr ?? replicas,
          removingReplicas: [],
          addingReplicas: [],
          leader: spec.leader ?? BROKER_ID,
          leaderEpoch,
          partitionEpoch: 0,
          directories: spec.directories ?? replicas.map(() => ZERO_UUID),
        },
      })
    }
    return records
  }

  deleteRecord(name: string): MetadataRecordInput {
    return { type: 'RemoveTopicRecord', version: 0, value: { topicId: this.idOf(name) } }
  }

  change(
    name: string,
    partitionId: number,
    fields: { leader?: number; isr?: number[]; directories?: string[] },
  ): LocalChanges {
    return this.apply({
      type: 'PartitionChangeRecord',
      version: 1,
      value: { partitionId, topicId: this.idOf(name), ...fields },
    })
  }

  setTopicConfig(topic: string, name: string, value: string): void {
    this.apply({
      type: 'ConfigRecord',
      version: 0,
      value: { resourceType: RESOURCE.TOPIC, resourceName: topic, name, value },
    })
  }

  idOf(name: string): string {
    return this.image.topics.byName.get(name)!.id
  }

  partition(topic: string, index = 0): Partition {
    return this.replicas.partition(topic, index)!
  }

  append(
    entries: (Partial<ProduceEntry> & { records: Buffer })[],
    more: { acks?: number; timeoutMs?: number; apiVersion?: number; origin?: 'client' | 'coordinator' } = {},
  ): Promise<ProduceResult[]> {
    return this.replicas.append({
      acks: 1,
      timeoutMs: 1000,
      origin: 'client',
      apiVersion: PRODUCE_VERSION,
      ...more,
      entries: entries.map((entry) => ({ topic: 't', topicId: ZERO_UUID, partition: 0, ...entry })),
    })
  }

  /** Appends and waits for the turn of the event loop in which it is written. */
  async produce(
    records: Buffer,
    more: { topic?: string; partition?: number; acks?: number; apiVersion?: number } = {},
  ): Promise<ProduceResult> {
    const { topic = 't', partition = 0, ...rest } = more
    const appended = this.append([{ topic, partition, records }], rest)
    await this.time.settle()
    return (await appended)[0]!
  }

  fetch(partitions: Partial<FetchPartition>[], more: Partial<FetchRequest> = {}): Promise<FetchPartitionResult[]> {
    return this.replicas.fetch(
      {
        replicaId: -1,
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 50 * 1024 * 1024,
        isolationLevel: 0,
        apiVersion: FETCH_VERSION,
        ...more,
      },
      partitions.map((partition) => ({
        topic: 't',
        topicId: ZERO_UUID,
        partition: 0,
        fetchOffset: 0,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        logStartOffset: -1,
        partitionMaxBytes: 1024 * 1024,
        ...partition,
      })),
    )
  }

  async fetchOne(partition: Partial<FetchPartition> = {}, more: Partial<FetchRequest> = {}) {
    return (await this.fetch([partition], more))[0]!
  }

  async listOne(
    timestamp: number,
    more: Partial<ListOffsetsRequest & ListOffsetsEntry> = {},
  ): Promise<ListOffsetsResult> {
    const { replicaId = -1, isolationLevel = 0, apiVersion = 11, ...entry } = more
    const results = await this.replicas.listOffsets({ replicaId, isolationLevel, apiVersion }, [
      { topic: 't', partition: 0, currentLeaderEpoch: -1, timestamp, ...entry },
    ])
    return results[0]!
  }

  /** Every write fails from now on. */
  breakDisk(code = 'EIO'): void {
    this.disk.hook = ({ kind }) => (kind === 'write' ? new DiskError(code, `write: ${code}`) : undefined)
  }
}

type BatchOptions = Omit<Partial<BatchInput>, 'records'> & { timestamp?: number; key?: string }

/** A batch as a client sends it. Each value is a record; a number makes one with so many bytes of value. */
export function batch(values: readonly (string | number)[] | number, options: BatchOptions = {}): Buffer {
  const { timestamp = 1767225600000, key = 'k', ...header } = options
  return buildBatch({
    records: (typeof values === 'number' ? [values] : values).map((value) => ({
      timestamp,
      key: Buffer.from(key),
      value: typeof value === 'number' ? Buffer.alloc(value, 'x') : Buffer.from(value),
    })),
    ...header,
  })
}

/** A batch of exactly `bytes` bytes, with one record. Lengths of lengths make some sizes need a longer key. */
export function batchOf(bytes: number, options: BatchOptions = {}): Buffer {
  for (const key of ['k', 'kk', 'kkk']) {
    let value = Math.max(0, bytes - 90)
    let built = batch(value, { ...options, key })
    while (built.length < bytes) {
      value += bytes - built.length > 4 ? bytes - built.length - 4 : 1
      built = batch(value, { ...options, key })
    }
    if (built.length === bytes) return built
  }
  throw new Error(`no batch has ${bytes} bytes`)
}

export const size = (records: readonly Buffer[]): number => records.reduce((sum, buffer) => sum + buffer.length, 0)

/** Base offsets of the whole batches in fetched records. */
export function offsets(records: readonly Buffer[]): number[] {
  return [...batches(Buffer.concat(records))].map(({ baseOffset }) => baseOffset)
}
