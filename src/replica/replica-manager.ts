import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import type { Clock } from '../base/time.ts'
import type { TopicConfig } from '../log/config.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { MetadataDelta } from '../metadata/delta.ts'
import { METADATA_VERSION } from '../metadata/features.ts'
import { EMPTY_IMAGE, isActive, type MetadataImage, NO_LEADER } from '../metadata/image.ts'
import type { LocalChanges } from '../metadata/topics-delta.ts'
import { alterReplicaLogDir } from './alter-log-dir.ts'
import { append } from './append.ts'
import { ClientTraffic } from './client-traffic.ts'
import type { ReplicaConfig, ReplicaContext } from './context.ts'
import { deleteRecords } from './delete-records.ts'
import { offsetForLeaderEpoch } from './epoch-end.ts'
import { fetch } from './fetch.ts'
import { FetchMemory } from './fetch-memory.ts'
import { FetcherManager } from './fetcher-manager.ts'
import { HostedPartitions } from './hosted-partitions.ts'
import { IsrUpdates } from './isr-updates.ts'
import { listOffsets } from './list-offsets.ts'
import { LogWriter } from './log-writer.ts'
import type { Partition } from './partition.ts'
import type { ReplicationPorts } from './ports.ts'
import { Purgatory } from './purgatory.ts'
import { readBatches } from './read-batches.ts'
import { countReplicas, type ReplicaCounts } from './replica-metrics.ts'
import { type DirectoryReports, ReplicaMoves } from './replica-moves.ts'
import { ReplicationTraffic } from './replication-traffic.ts'
import type {
  AppendRequest,
  CurrentLeader,
  DeleteRecordsEntry,
  DeleteRecordsResult,
  EpochEndEntry,
  EpochEndResult,
  FetchPartition,
  FetchPartitionResult,
  FetchRequest,
  ListOffsetsEntry,
  ListOffsetsRequest,
  ListOffsetsResult,
  PartitionName,
  ProduceResult,
  WantedDirectory,
} from './types.ts'

export type * from './ports.ts'
export type * from './types.ts'

export interface ReplicaManagerOptions {
  brokerId: number
  system: Pick<System, 'clock' | 'timers'>
  config: ReplicaConfig
  /** Loaded. */
  logs: LogManager
  /** What a topic's keys are in the end, on this broker. */
  topicConfig(image: MetadataImage, topic: string): TopicConfig
  logger: Logger
  /** Reply bytes that peers have not taken yet: fetches give less while there are many. Default: nobody counts. */
  unsentBytes?: () => number
  /** Where the cluster is told of replicas' log directories; it may come later. Default: nobody wants to know. */
  directoryReports?: () => DirectoryReports
  /** The ways to other brokers; without them there is one replica of each partition. */
  replication?: ReplicationPorts
}

/**
 * The partitions that this broker holds: keeps them in step with the cluster's image, and serves appends, fetches and
 * look-ups. Each operation is in a file of its own; this is what they share.
 */
export class ReplicaManager implements ReplicaContext {
  readonly config: ReplicaConfig
  readonly clock: Clock
  readonly writer: LogWriter
  readonly produces: Purgatory<Partition>
  readonly fetches: Purgatory<Partition>
  readonly deletions: Purgatory<Partition>
  readonly fetchMemory: FetchMemory
  readonly isr: IsrUpdates | undefined
  readonly clientTraffic = new ClientTraffic()
  readonly traffic: ReplicationTraffic
  readonly fetchers: FetcherManager | undefined
  readonly moves: ReplicaMoves
  readonly #logs: LogManager
  readonly #brokerId: number
  readonly #hosted: HostedPartitions
  #image: MetadataImage = EMPTY_IMAGE
  #isLeaving = false

  constructor(options: ReplicaManagerOptions) {
    const { brokerId, config, system } = options
    const { clock, timers } = system
    this.#brokerId = brokerId
    this.config = config
    this.clock = clock
    this.produces = new Purgatory(timers)
    this.fetches = new Purgatory(timers)
    this.deletions = new Purgatory(timers)
    this.fetchMemory = new FetchMemory(options.unsentBytes ?? (() => 0))
    this.writer = new LogWriter({
      timers,
      onWritten: (partition, highWatermarkMoved) => this.#written(partition, highWatermarkMoved),
      onFailure: (partition, error) => this.logFailed(partition, error),
    })
    this.#logs = options.logs
    this.#hosted = new HostedPartitions({
      logs: options.logs,
      logger: options.logger,
      topicConfig: options.topicConfig,
      changed: (partition) => this.changed(partition),
      surroundings: {
        brokerId,
        maxLagMs: config['replica.lag.time.max.ms'],
        monotonicMs: () => clock.monotonicMs(),
        isAlive: (id) => this.#image.cluster.brokers.get(id)?.fenced === false,
        isActive: (id) => isActive(this.#image, id),
        brokerEpochOf: (id) => this.#image.cluster.brokers.get(id)?.epoch,
      },
    })
    this.traffic = new ReplicationTraffic({ brokerId, clock, config })
    this.moves = new ReplicaMoves({
      clock,
      timers,
      config,
      logger: options.logger,
      logs: options.logs,
      writer: this.writer,
      advanced: (partition) => this.deletions.check(partition),
      reports: () => (this.#tracksDirectories ? options.directoryReports?.() : undefined),
    })
    if (options.replication === undefined) return
    const { replication: ports, logger } = options
    this.isr = new IsrUpdates({
      brokerId,
      ports,
      timers,
      logger,
      maxLagMs: config['replica.lag.time.max.ms'],
      partitions: () => this.#hosted.all(),
      changed: (partition) => this.changed(partition),
    })
    this.fetchers = new FetcherManager({
      brokerId,
      ports,
      config,
      clock,
      timers,
      writer: this.writer,
      traffic: this.traffic,
      logger,
      metadataVersion: () => this.#image.features.metadataVersion,
      changed: (partition) => this.changed(partition),
    })
  }

  get image(): MetadataImage {
    return this.#image
  }

  /**
   * Takes a change of the cluster: deletes, creates and changes local replicas, in this order (D81 of the replication
   * facts). Gives what it meant for this broker; the coordinators act on `electedLeaders`, `followers` and `deletes`
   * afterwards.
   */
  apply(delta: MetadataDelta, image: MetadataImage): LocalChanges {
    this.#image = image
    const changes = delta.topics.localChanges(this.#brokerId)
    const restarted = this.#hosted.apply(changes, delta.configs, image)
    for (const { topic, topicDeleted } of changes.deletes) if (topicDeleted) this.clientTraffic.topics.delete(topic)
    this.fetchers?.restart(restarted)
    this.#resumeMoves(changes)
    if (this.#isLeaving) this.fetchers?.stop(this.#left(changes))
    this.fetchers?.resize(this.#hosted.all())
    return changes
  }

  /** Copies that an earlier run has begun, or that failed. */
  #resumeMoves({ leaders, followers }: LocalChanges): void {
    for (const { topic, partition } of [...leaders, ...followers]) {
      const future = this.#logs.future(topic, partition.index)
      const replica = future && this.#hosted.get(topic, partition.index)
      if (replica === undefined || replica.state === 'offline') continue
      if (future!.topicId === replica.topicId) this.moves.begin(replica, future!)
    }
  }

  /** The controller keeps directories (KIP-858). */
  get #tracksDirectories(): boolean {
    return this.#image.features.metadataVersion >= METADATA_VERSION.DIRECTORIES
  }

  /** Controlled shutdown began: what has left the ISR is not fetched any more, or it would join again (D85). */
  beginControlledShutdown(): void {
    this.#isLeaving = true
  }

  #left({ followers }: LocalChanges): Partition[] {
    return followers.flatMap(({ topic, partition: { index, leader, isr } }) => {
      if (leader !== NO_LEADER && isr.includes(this.#brokerId)) return []
      return this.#hosted.get(topic, index) ?? []
    })
  }

  /** See append.ts. */
  append(request: AppendRequest): Promise<ProduceResult[]> {
    return append(this, request)
  }

  /** See fetch.ts. */
  fetch(request: FetchRequest, partitions: readonly FetchPartition[]): Promise<FetchPartitionResult[]> {
    return fetch(this, request, partitions)
  }

  /** See list-offsets.ts. */
  listOffsets(request: ListOffsetsRequest, entries: readonly ListOffsetsEntry[]): Promise<ListOffsetsResult[]> {
    return listOffsets(this, request, entries)
  }

  /** See epoch-end.ts. */
  offsetForLeaderEpoch(_request: { replicaId: number }, entries: readonly EpochEndEntry[]): EpochEndResult[] {
    return offsetForLeaderEpoch(this, entries)
  }

  /** See delete-records.ts. */
  deleteRecords(timeoutMs: number, entries: readonly DeleteRecordsEntry[]): Promise<DeleteRecordsResult[]> {
    return deleteRecords(this, timeoutMs, entries)
  }

  /** Has replicas moved to other log directories of this broker; gives an error code for each, and does not wait. */
  alterLogDirs(wanted: readonly WantedDirectory[]): ErrorCode[] {
    const find = (topic: string, partition: number) => this.find({ topic, topicId: ZERO_UUID, partition })
    return wanted.map((each) => alterReplicaLogDir(each, { logs: this.#logs, moves: this.moves, find }))
  }

  /** Id of the directory in which the cluster is to know a replica: where it is, or moves to. */
  directoryOf(topic: string, index: number): string | undefined {
    const partition = this.#hosted.get(topic, index)
    if (partition === undefined) return undefined
    const move = this.moves.of(partition)
    return move?.isAssigned ? move.directory : this.#logs.dirOf(partition.log)?.id
  }

  /** All whole batches of a partition led here, from its start to what is written now: how a coordinator loads. */
  readBatches(topic: string, partition: number): AsyncIterable<Buffer> {
    return readBatches(this, { topic, topicId: ZERO_UUID, partition })
  }

  find(name: PartitionName): Partition | ErrorCode {
    let { topic } = name
    if (name.topicId !== ZERO_UUID) {
      const known = this.#image.topics.byId.get(name.topicId)
      if (known === undefined) return ErrorCode.UNKNOWN_TOPIC_ID
      topic = known.name
    }
    const hosted = this.#hosted.get(topic, name.partition)
    if (hosted !== undefined) return hosted
    const exists = this.#image.topics.byName.get(topic)?.partitions.has(name.partition) === true
    if (!exists) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return this.#hosted.isUnavailable(topic, name.partition)
      ? ErrorCode.KAFKA_STORAGE_ERROR
      : ErrorCode.NOT_LEADER_OR_FOLLOWER
  }

  /** The replica here, for metrics, tests and follower fetchers. */
  partition(topic: string, index: number): Partition | undefined {
    return this.#hosted.get(topic, index)
  }

  /** All replicas here. */
  partitions(): IterableIterator<Partition> {
    return this.#hosted.all()
  }

  /** UnderReplicatedPartitions and the like; goes through all replicas. */
  counts(): ReplicaCounts {
    return countReplicas(this.#hosted.all(), this.#hosted.unavailable)
  }

  currentLeader({ topic, topicId, partition }: PartitionName): CurrentLeader | undefined {
    const { byId, byName } = this.#image.topics
    const known = topicId === ZERO_UUID ? byName.get(topic) : byId.get(topicId)
    const image = known?.partitions.get(partition)
    return image && { leaderId: image.leader, leaderEpoch: image.leaderEpoch }
  }

  changed(partition: Partition): void {
    this.moves.changed(partition)
    this.produces.check(partition)
    this.fetches.check(partition)
    this.deletions.check(partition)
  }

  #written(partition: Partition, highWatermarkMoved: boolean): void {
    partition.future?.wake()
    if (highWatermarkMoved) this.produces.check(partition)
    // Without a new high watermark there is news for followers only, who read up to what is written.
    this.fetches.check(partition)
  }

  logFailed(partition: Partition, error: DiskError): void {
    this.#hosted.logFailed(partition, error)
  }

  /** Writes what is gathered and answers everybody who waits; the logs themselves are closed by their manager. */
  shutdown(): void {
    this.fetchers?.close()
    this.moves.close()
    this.isr?.close()
    this.writer.flush()
    this.produces.close()
    this.fetches.close()
    this.deletions.close()
  }
}
