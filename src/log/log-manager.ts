import path from 'node:path'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { defaultsFromSynonyms } from '../base/config.ts'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { System } from '../base/ports.ts'
import { Chores } from './chores.ts'
import { type LogConfig, type TopicConfig, topicConfig } from './config.ts'
import { createLogEnvironment, type LogEnvironment } from './environment.ts'
import { futureDirName, parseDirName, partitionDirName, suffixedDirName } from './file-names.ts'
import { Log, type LogOptions } from './log.ts'
import type { Checkpoint, LogDir } from './log-dir.ts'
import { type DirInfo, type DirUsage, type Identity, LogDirProblem, LogDirs } from './log-dirs.ts'
import { TAIL_IDLE_MS } from './tail.ts'

export type { DirInfo } from './log-dirs.ts'

export interface LogManagerOptions {
  system: Omit<System, 'network'>
  /** Absolute paths: `log.dirs`. */
  dirs: readonly string[]
  /** The broker's configuration; may hold more than the log's own keys. What may change while it runs is read anew. */
  config: LogConfig & Readonly<Record<string, unknown>>
  logger: Logger
  /** With it, directories without meta.properties get one, and others are checked against it (B40, B41). */
  identity?: Identity
  /** What is set for a topic while its logs are loaded; the broker's defaults unless given. */
  topicConfig?: (topic: string) => TopicConfig
}

/** Directories that are no partition's (B3). The metadata log belongs to the quorum. */
const FOREIGN_DIRS = new Set(['__cluster_metadata-0', 'remote-log-index-cache', 'lost+found'])
const DEFAULT_HIGH_WATERMARK_CHECKPOINT_MS = 5000
/** Directories that are remembered for replicas still to come, at most: beyond that the oldest is forgotten. */
const MAX_WISHES = 100_000

/**
 * All logs of a node, in one or several directories: loads them, makes and removes them, writes checkpoints from time
 * to time, and shuts down in the order that makes the next start a quick one (B70). A directory whose disk fails goes
 * offline with its logs; the others stay (KIP-112).
 */
export class LogManager {
  readonly environment: LogEnvironment
  readonly #options: LogManagerOptions
  readonly #logger: Logger
  readonly #dirs: LogDirs
  readonly #logs = new Map<string, Log>()
  /** Copies of logs on their way to another directory (KIP-113), at most one of each. */
  readonly #futures = new Map<string, Log>()
  /** Where replicas that are not here yet are to be made: paths. */
  readonly #wishes = new Map<string, string>()
  readonly #dirFailureListeners: ((dir: string, error: DiskError) => void)[] = []
  readonly #chores: Chores
  /** Directories renamed for deletion, still there; with a log that others may still be reading. */
  readonly #doomed = new Map<string, Log | undefined>()

  /**
   * Locks the directories and loads every log in them.
   * @throws DiskError ELOCKED where another process has a directory, others where no directory is left;
   *   LogDirProblem
   */
  static open(options: LogManagerOptions): LogManager {
    const manager = new LogManager(options)
    try {
      manager.#load()
    } catch (error) {
      manager.abandon()
      throw error
    }
    return manager
  }

  private constructor(options: LogManagerOptions) {
    this.#options = options
    this.#logger = options.logger
    this.environment = createLogEnvironment(options.system, options.logger)
    this.#dirs = new LogDirs(this.environment, options)
    this.#chores = new Chores(this.environment.timers)
  }

  /** What meta.properties says, or a new one; undefined without `identity`. */
  get clusterId(): string | undefined {
    return this.#dirs.clusterId
  }

  get dirs(): DirInfo[] {
    return this.#dirs.infos
  }

  usage(): DirUsage[] {
    return this.#dirs.usage(this.#everyLog())
  }

  /** Ids of the directories that get no new replicas (KIP-1066). */
  get cordonedDirs(): string[] {
    return this.#dirs.cordonedIds
  }

  /** The broker epoch of the last run, where all directories say that it ended in order with the same one. */
  get lastBrokerEpoch(): bigint | undefined {
    return this.#dirs.lastBrokerEpoch
  }

  get(topic: string, partition: number): Log | undefined {
    return this.#logs.get(partitionDirName({ topic, partition }))
  }

  all(): IterableIterator<Log> {
    return this.#logs.values()
  }

  /** The copy of a partition's log that is on its way to another directory. */
  future(topic: string, partition: number): Log | undefined {
    return this.#futures.get(partitionDirName({ topic, partition }))
  }

  *#everyLog(): Generator<Log, void, undefined> {
    yield* this.#logs.values()
    yield* this.#futures.values()
  }

  /** The directory in which a log lies. */
  dirOf(log: Log): DirInfo | undefined {
    return this.dirs.find((dir) => dir.path === path.dirname(log.dir))
  }

  // Loading

  #load(): void {
    const { identity } = this.#options
    this.#dirs.open()
    if (identity) {
      this.#dirs.identify(identity, (dir, error) => {
        if (!this.#chores.isStopped) this.failDir(dir.path, error)
      })
    }
    for (const dir of this.#dirs.online) this.#loadDir(dir)
    this.#dirs.ensureOnline()
    this.#schedule()
  }

  #loadDir(dir: LogDir): void {
    try {
      const checkpoints = {
        recoveryPoint: dir.readCheckpoint('recoveryPoint'),
        logStart: dir.readCheckpoint('logStart'),
        highWatermark: dir.readCheckpoint('highWatermark'),
      }
      for (const name of dir.partitionDirs()) this.#loadLog(dir, name, checkpoints)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.failDir(dir.path, error)
    }
  }

  #loadLog(dir: LogDir, name: string, checkpoints: Record<Checkpoint, Map<string, number>>): void {
    if (FOREIGN_DIRS.has(name)) return
    const parsed = parseDirName(name)
    const full = path.join(dir.path, name)
    if (parsed === undefined) {
      throw new LogDirProblem(`${full} is no directory of a partition; log directories must hold nothing else`)
    }
    if (parsed.kind === 'delete') this.#removeLater(full)
    if (parsed.kind === 'delete' || parsed.kind === 'stray') return
    const logs = parsed.kind === 'future' ? this.#futures : this.#logs
    const key = partitionDirName(parsed)
    const twin = logs.get(key)
    if (twin !== undefined) throw new LogDirProblem(`partition ${key} is in ${twin.dir} and in ${full}`)
    const log = Log.open({
      ...this.#logOptions(full),
      ...parsed,
      topicId: ZERO_UUID,
      config: this.#configOf(parsed.topic),
      clean: dir.clean,
      recoveryPoint: checkpoints.recoveryPoint.get(key) ?? 0,
      logStartOffset: checkpoints.logStart.get(key) ?? 0,
      ...(checkpoints.highWatermark.has(key) ? { highWatermark: checkpoints.highWatermark.get(key)! } : {}),
    })
    logs.set(key, log)
  }

  #logOptions(dir: string) {
    return {
      environment: this.environment,
      dir,
      producerIdExpirationMs: this.#options.config['producer.id.expiration.ms'],
      onFailure: (log: Log, error: DiskError) => this.failDir(log.dir, error),
      onTruncation: () => void this.checkpoint('recoveryPoint'),
    }
  }

  #configOf(topic: string): TopicConfig {
    return this.#options.topicConfig?.(topic) ?? defaultsFromSynonyms(topicConfig, this.#options.config)
  }

  // Logs come and go

  /**
   * The log of a partition, made if it is not there: where somebody has wished it, else in the given directory, else in
   * the one with the fewest.
   * @throws ProtocolError INCONSISTENT_TOPIC_ID, DiskError
   */
  getOrCreate(topic: string, partition: number, topicId: string, config: TopicConfig, preferredDirId?: string): Log {
    const name = partitionDirName({ topic, partition })
    const known = this.#logs.get(name)
    if (known !== undefined) {
      if (known.failure !== undefined) throw known.failure
      known.assignTopicId(topicId)
      known.config = config
      return known
    }
    const dir = this.#dirs.forNew(preferredDirId, this.#wishes.get(name), this.#everyLog())
    const log = this.#make(path.join(dir.path, name), { topic, partition, topicId, config })
    this.#logs.set(name, log)
    this.#wishes.delete(name)
    return log
  }

  #make(dir: string, what: Pick<LogOptions, 'topic' | 'partition' | 'topicId' | 'config'>): Log {
    try {
      return Log.open({ ...this.#logOptions(dir), ...what })
    } catch (error) {
      if (error instanceof DiskError) this.failDir(dir, error)
      throw error
    }
  }

  /** The partition's log is to be made in this directory, when it comes (D89 of the replication facts). */
  wish(topic: string, partition: number, dir: string): void {
    const name = partitionDirName({ topic, partition })
    this.#wishes.delete(name)
    this.#wishes.set(name, dir)
    for (const oldest of this.#wishes.keys()) if (this.#wishes.size > MAX_WISHES) this.#wishes.delete(oldest)
  }

  /** The partition is gone from this broker: its directories are renamed now and removed later (B81, R-D92). */
  delete(topic: string, partition: number): void {
    this.deleteFuture(topic, partition)
    this.#delete(this.#logs, partitionDirName({ topic, partition }))
  }

  #delete(from: Map<string, Log>, name: string): void {
    const log = from.get(name)
    if (log === undefined || log.failure !== undefined) return
    from.delete(name)
    this.#moveAway(log, 'delete')
    this.#removeLater(log.dir)
  }

  // Logs move

  /** An empty log that is to become the partition's, in another directory. @throws DiskError */
  createFuture(current: Log, dir: string): Log {
    const { topic, partition, topicId, config } = current
    const name = futureDirName(current, this.#hex())
    const log = this.#make(path.join(dir, name), { topic, partition, topicId, config })
    this.#futures.set(partitionDirName(log), log)
    return log
  }

  /** The move is called off. */
  deleteFuture(topic: string, partition: number): void {
    const name = partitionDirName({ topic, partition })
    const log = this.#futures.get(name)
    if (log === undefined) return
    this.#guardDir(log.dir, () => this.#delete(this.#futures, name))
    // What it says of this copy must not be taken for true of another one.
    void this.checkpoint('recoveryPoint')
  }

  /**
   * The future log, which has all that the current one has, takes its place. The current one goes first: a crash in
   * between leaves a copy that the cluster knows the home of, instead of two that nobody can tell apart. It can still be
   * read until its folder is removed. Where the new directory fails, the current log stays.
   * @throws DiskError, ProtocolError KAFKA_STORAGE_ERROR: either directory has failed
   */
  replaceWithFuture(topic: string, partition: number): Log {
    const name = partitionDirName({ topic, partition })
    const [current, future] = [this.#logs.get(name)!, this.#futures.get(name)!]
    const home = current.dir
    future.inherit(current)
    current.relocate(path.join(path.dirname(home), suffixedDirName(current, this.#hex(), 'delete')))
    try {
      future.relocate(path.join(path.dirname(future.dir), name))
    } catch (error) {
      current.relocate(home)
      throw error
    }
    this.#futures.delete(name)
    this.#logs.set(name, future)
    this.#removeLater(current.dir, current)
    void this.checkpoint('recoveryPoint')
    void this.checkpoint('logStart')
    return future
  }

  /**
   * After a start: what was caught between the two steps of `replaceWithFuture` has no other copy, and becomes its
   * partition's log where `isHome` says that the cluster knows it there (R-C31).
   */
  promoteFutures(isHome: (future: Log, dirId: string | undefined) => boolean): void {
    for (const [name, future] of [...this.#futures]) {
      if (this.#logs.has(name) || !isHome(future, this.dirOf(future)?.id)) continue
      this.#logger.info('a log takes the place that it was moved to', { dir: future.dir })
      this.#guardDir(future.dir, () => {
        future.relocate(path.join(path.dirname(future.dir), name))
        this.#futures.delete(name)
        this.#logs.set(name, future)
      })
    }
  }

  #moveAway(log: Log, kind: 'delete' | 'stray'): void {
    log.moveTo(path.join(path.dirname(log.dir), suffixedDirName(log, this.#hex(), kind)))
  }

  #hex(): string {
    return this.environment.random.bytes(16).toString('hex')
  }

  #removeLater(dir: string, log?: Log): void {
    this.#doomed.set(dir, log)
    this.#chores.after(this.#options.config['log.segment.delete.delay.ms'], () => {
      this.#doomed.delete(dir)
      log?.abandon()
      this.#guardDir(dir, () => this.environment.disk.removeTree(dir))
    })
  }

  /** Puts aside every log that the cluster does not place here: it becomes -stray and is not served (B82). */
  retainOnly(isPlacedHere: (log: Log) => boolean): void {
    for (const logs of [this.#logs, this.#futures]) {
      for (const [name, log] of [...logs]) {
        if (log.failure !== undefined || isPlacedHere(log)) continue
        this.#logger.warn('a log that the cluster does not know here is put aside', { dir: log.dir })
        logs.delete(name)
        this.#guardDir(log.dir, () => this.#moveAway(log, 'stray'))
      }
    }
  }

  // Failure

  /** Called once for a directory that goes offline, after its logs have been marked. */
  onDirFailure(listener: (dir: string, error: DiskError) => void): void {
    this.#dirFailureListeners.push(listener)
  }

  /** The disk failed somewhere at or below `dirPath`: the whole log directory goes offline with its logs. */
  failDir(dirPath: string, error: DiskError): void {
    const dir = this.#dirs.fail(dirPath, error)
    if (dir === undefined) return
    for (const log of this.#everyLog()) if (path.dirname(log.dir) === dir.path) log.markFailed(error)
    for (const [name, log] of this.#futures) if (log.failure !== undefined) this.#futures.delete(name)
    for (const listener of this.#dirFailureListeners) listener(dir.path, error)
  }

  #guardDir(dir: string, action: () => void): void {
    try {
      action()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.failDir(dir, error)
    }
  }

  // What happens from time to time

  #schedule(): void {
    const { config } = this.#options
    this.#chores.every(config['log.flush.offset.checkpoint.interval.ms'], () => this.checkpoint('recoveryPoint'))
    this.#chores.every(config['log.flush.start.offset.checkpoint.interval.ms'], () => this.checkpoint('logStart'))
    const highWatermarkMs = config['replica.high.watermark.checkpoint.interval.ms']
    this.#chores.every(
      typeof highWatermarkMs === 'number' ? highWatermarkMs : DEFAULT_HIGH_WATERMARK_CHECKPOINT_MS,
      () => this.checkpoint('highWatermark'),
    )
    this.#chores.every(config['log.flush.scheduler.interval.ms'], () => this.#flushDue())
    this.#chores.every(config['producer.id.expiration.check.interval.ms'], () => this.#expireProducers())
    this.#chores.every(TAIL_IDLE_MS / 2, () => {
      this.environment.tails.evictIdle(this.environment.clock.monotonicMs() - TAIL_IDLE_MS)
      this.environment.slabs.trim()
    })
  }

  /** Writes one kind of checkpoint in every directory, where it has changed. Never rejects. */
  async checkpoint(checkpoint: Checkpoint): Promise<void> {
    await Promise.all(
      this.#dirs.online.map(async (dir) => {
        try {
          await dir.writeCheckpoint(checkpoint, this.#checkpointEntries(dir, checkpoint))
        } catch (error) {
          if (!(error instanceof DiskError)) throw error
          this.failDir(dir.path, error)
        }
      }),
    )
  }

  #checkpointEntries(dir: LogDir, checkpoint: Checkpoint) {
    const entries: { topic: string; partition: number; offset: number }[] = []
    for (const log of this.#everyLog()) {
      if (path.dirname(log.dir) !== dir.path || log.failure !== undefined) continue
      const { topic, partition } = log
      if (checkpoint === 'recoveryPoint') entries.push({ topic, partition, offset: log.recoveryPoint })
      else if (checkpoint === 'highWatermark') entries.push({ topic, partition, offset: log.highWatermark })
      else if (log.logStartOffset > (log.segments[0]?.baseOffset ?? 0)) {
        entries.push({ topic, partition, offset: log.logStartOffset })
      }
    }
    return entries
  }

  #flushDue(): void {
    const nowMs = this.environment.clock.wallMs()
    for (const log of this.#everyLog()) {
      if (log.failure !== undefined || !log.isFlushDue(nowMs)) continue
      log.flush().catch(() => {
        // The log has reported its failure, and its directory is offline by now.
      })
    }
  }

  #expireProducers(): void {
    const nowMs = this.environment.clock.wallMs()
    for (const { producers } of this.#everyLog()) {
      producers.expirationMs = this.#options.config['producer.id.expiration.ms']
      producers.removeExpired(nowMs)
    }
  }

  // The end

  /**
   * Flushes and closes all logs, writes the checkpoints, then the marker of an orderly end, and releases the
   * directories (B70). `brokerEpoch`: of this run, -1 where there is none.
   */
  async shutdown(brokerEpoch = -1n): Promise<void> {
    if (this.#chores.isStopped) return
    this.#chores.stop()
    for (const log of this.#doomed.values()) log?.abandon()
    const logs = [...this.#everyLog()]
    let next = 0
    const closeSome = async (): Promise<void> => {
      for (let log = logs[next++]; log !== undefined; log = logs[next++]) {
        await log.close().catch((error: unknown) => {
          if (!(error instanceof DiskError)) throw error
        })
      }
    }
    await Promise.all(Array.from({ length: CLOSING_AT_A_TIME }, closeSome))
    await this.checkpoint('recoveryPoint')
    await this.checkpoint('logStart')
    await this.checkpoint('highWatermark')
    for (const dir of this.#dirs.online) this.#guardDir(dir.path, () => dir.markClean(brokerEpoch))
    this.#dirs.release()
  }

  /** Lets go of everything at once, as a crash would. */
  abandon(): void {
    this.#chores.stop()
    for (const log of this.#everyLog()) log.abandon()
    for (const log of this.#doomed.values()) log?.abandon()
    this.#dirs.release()
  }
}

/** Logs that are flushed side by side while shutting down: what the thread pool takes. */
const CLOSING_AT_A_TIME = 4
