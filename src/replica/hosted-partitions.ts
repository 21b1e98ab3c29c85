import path from 'node:path'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { TopicConfig } from '../log/config.ts'
import type { LogManager } from '../log/log-manager.ts'
import { DIRECTORY } from '../metadata/directory-id.ts'
import { type MetadataImage, type PartitionImage, RESOURCE, resourceOf } from '../metadata/image.ts'
import type { LocalChanges, LocalPartition } from '../metadata/topics-delta.ts'
import { Partition, type PartitionSurroundings } from './partition.ts'

/** The replicas on this broker, by topic and index, and their logs' coming and going. */
export class HostedPartitions {
  readonly #byTopic = new Map<string, Map<number, Partition>>()
  /** Replicas that should be here and have no log, because their directory failed before they could be opened. */
  readonly #unavailable = new Set<string>()
  readonly #logs: LogManager
  readonly #logger: Logger
  readonly #surroundings: PartitionSurroundings
  readonly #topicConfig: (image: MetadataImage, topic: string) => TopicConfig
  readonly #changed: (partition: Partition) => void

  constructor(options: {
    logs: LogManager
    logger: Logger
    surroundings: PartitionSurroundings
    topicConfig: (image: MetadataImage, topic: string) => TopicConfig
    changed: (partition: Partition) => void
  }) {
    this.#logs = options.logs
    this.#logger = options.logger
    this.#surroundings = options.surroundings
    this.#topicConfig = options.topicConfig
    this.#changed = options.changed
    this.#logs.onDirFailure((dir) => this.#dirFailed(dir))
  }

  get(topic: string, index: number): Partition | undefined {
    return this.#byTopic.get(topic)?.get(index)
  }

  *all(): IterableIterator<Partition> {
    for (const partitions of this.#byTopic.values()) yield* partitions.values()
  }

  isUnavailable(topic: string, index: number): boolean {
    return this.#unavailable.has(`${topic}-${index}`)
  }

  /** Replicas that should be here and have no log. */
  get unavailable(): number {
    return this.#unavailable.size
  }

  /** Gives the replicas that are in a new leader epoch, and those that are gone. */
  apply(changes: LocalChanges, changedConfigs: ReadonlySet<string>, image: MetadataImage): Partition[] {
    const restarted: Partition[] = []
    // Whoever waits is told when all is done: what it reads then must not be half of the change.
    const changed = new Set<Partition>()
    for (const { topic, index } of changes.deletes) this.#delete(topic, index, changed)
    restarted.push(...changed)
    for (const change of [...changes.leaders, ...changes.followers]) {
      const partition = this.#change(change, image, changed)
      if (partition !== undefined) restarted.push(partition)
    }
    this.#configure(changedConfigs, image, changed)
    for (const partition of changed) this.#changed(partition)
    return restarted
  }

  /** The replica, where a new leader epoch begins for it. */
  #change(
    { topic, topicId, partition: registration }: LocalPartition,
    image: MetadataImage,
    changed: Set<Partition>,
  ): Partition | undefined {
    const { index } = registration
    try {
      const partition = this.get(topic, index) ?? this.#create(topic, topicId, registration, image)
      const isNewEpoch = partition.apply(registration)
      changed.add(partition)
      return isNewEpoch ? partition : undefined
    } catch (error) {
      if (!isStorageFailure(error)) throw error
      // A replica that was here has gone offline with its directory.
      if (this.get(topic, index) !== undefined) return undefined
      this.#unavailable.add(`${topic}-${index}`)
      this.#logger.error('replica cannot be opened', { topic, partition: index, reason: error.message })
      return undefined
    }
  }

  #create(topic: string, topicId: string, registration: PartitionImage, image: MetadataImage): Partition {
    const { index } = registration
    const config = this.#topicConfig(image, topic)
    const dirId = this.#directoryOf(registration)
    const found = this.#logs.get(topic, index)
    // Left over from an earlier topic of this name, whose deletion a crash interrupted (D97 of the replication facts).
    const isStray = found !== undefined && found.topicId !== ZERO_UUID && found.topicId !== topicId
    if (isStray) this.#logs.retainOnly((log) => log.topicId !== found.topicId || log.partition !== index)
    if ((found === undefined || isStray) && this.#isOffline(dirId))
      throw new DiskError('EIO', 'its log directory is offline')
    const log = this.#logs.getOrCreate(topic, index, topicId, config, dirId)
    const partition = new Partition(log, config, this.#surroundings)
    this.#unavailable.delete(`${topic}-${index}`)
    const siblings = this.#byTopic.get(topic)
    if (siblings === undefined) this.#byTopic.set(topic, new Map([[index, partition]]))
    else siblings.set(index, partition)
    return partition
  }

  /** Id of the directory that the cluster knows the replica in; undefined where it is still to be chosen. */
  #directoryOf({ replicas, directories }: PartitionImage): string | undefined {
    const id = directories[replicas.indexOf(this.#surroundings.brokerId)]
    return id === DIRECTORY.UNASSIGNED || id === DIRECTORY.MIGRATING ? undefined : id
  }

  /** A replica whose directory is not here must not be made anew while it may lie in one that is offline (R-C25). */
  #isOffline(dirId: string | undefined): boolean {
    const { dirs } = this.#logs
    if (dirId === undefined || dirs.every(({ isOnline }) => isOnline)) return false
    return !dirs.some(({ id, isOnline }) => isOnline && id === dirId)
  }

  #delete(topic: string, index: number, changed: Set<Partition>): void {
    this.#unavailable.delete(`${topic}-${index}`)
    const siblings = this.#byTopic.get(topic)
    const partition = siblings?.get(index)
    if (siblings === undefined || partition === undefined) return
    siblings.delete(index)
    if (siblings.size === 0) this.#byTopic.delete(topic)
    partition.delete()
    changed.add(partition)
    try {
      this.#logs.delete(topic, index)
    } catch (error) {
      // The directory is offline now; what is left in it is a stray when it comes back.
      if (!isStorageFailure(error)) throw error
    }
  }

  /** A topic's own keys, or the broker's that are their defaults, changed. */
  #configure(resources: ReadonlySet<string>, image: MetadataImage, changed: Set<Partition>): void {
    const topics = new Set<string>()
    for (const resource of resources) {
      const { type, name } = resourceOf(resource)
      if (type === RESOURCE.TOPIC) topics.add(name)
      else if (type === RESOURCE.BROKER && (name === '' || name === String(this.#surroundings.brokerId))) {
        for (const topic of this.#byTopic.keys()) topics.add(topic)
      }
    }
    for (const topic of topics) {
      const partitions = this.#byTopic.get(topic)
      if (partitions === undefined) continue
      const config = this.#topicConfig(image, topic)
      for (const partition of partitions.values()) {
        partition.config = config
        partition.log.config = config
        // A lower min.insync.replicas may let the high watermark go on.
        if (partition.advanceHighWatermark()) changed.add(partition)
      }
    }
  }

  logFailed(partition: Partition, error: DiskError): void {
    if (partition.state === 'offline' || partition.state === 'deleted') return
    this.#logs.failDir(partition.log.dir, error)
    // The manager tells of the directory; whatever it does, this one serves no more.
    this.#offline(partition)
  }

  #dirFailed(dir: string): void {
    for (const partition of this.all()) if (path.dirname(partition.log.dir) === dir) this.#offline(partition)
  }

  #offline(partition: Partition): void {
    if (partition.state === 'offline' || partition.state === 'deleted') return
    partition.goOffline()
    this.#changed(partition)
  }
}

/** A failure of the disk: as it is, or as a log words it for whoever asked. */
function isStorageFailure(error: unknown): error is Error {
  return error instanceof DiskError || (error instanceof ProtocolError && error.code === ErrorCode.KAFKA_STORAGE_ERROR)
}
