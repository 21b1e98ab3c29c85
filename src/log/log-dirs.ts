import path from 'node:path'
import { DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { randomUuid } from '../base/random.ts'
import type { LogConfig } from './config.ts'
import type { LogEnvironment } from './environment.ts'
import type { Log } from './log.ts'
import { LogDir } from './log-dir.ts'

export interface Identity {
  readonly nodeId: number
  /** The directories must belong to it, where it is given. */
  readonly clusterId?: string | undefined
  /** What a node without data of a cluster takes, where `clusterId` is not given; default: a random one. */
  readonly freshClusterId?: string | undefined
}

export interface DirInfo {
  path: string
  /** Directory id (KIP-858); undefined where the directory has no meta.properties. */
  id: string | undefined
  isOnline: boolean
}

/** What a directory holds. */
export interface DirUsage {
  path: string
  isOnline: boolean
  /** Gets no new replicas (KIP-1066). */
  isCordoned: boolean
  /** Of the volume; -1 where the system does not say. */
  totalBytes: number
  usableBytes: number
  /** Those on their way to the directory too; none where it is offline. */
  logs: Log[]
}

export interface LogDirsOptions {
  /** Absolute paths: `log.dirs`. */
  readonly dirs: readonly string[]
  /** `cordoned.log.dirs` may change while it runs. */
  readonly config: LogConfig
  readonly logger: Logger
}

/** Says in a sentence for people why the log directories cannot be used. */
export class LogDirProblem extends Error {
  override name = 'LogDirProblem'
}

/** The log directories of a node: whose they are, which of them still work, and which one gets a new replica. */
export class LogDirs {
  readonly #environment: LogEnvironment
  readonly #options: LogDirsOptions
  readonly #dirs: LogDir[] = []
  /** The last one: what to say when no directory is left. */
  #failure: DiskError | undefined
  #clusterId: string | undefined

  constructor(environment: LogEnvironment, options: LogDirsOptions) {
    this.#environment = environment
    this.#options = options
  }

  /** Undefined before `identify`. */
  get clusterId(): string | undefined {
    return this.#clusterId
  }

  get online(): LogDir[] {
    return this.#dirs.filter((dir) => dir.isOnline)
  }

  get infos(): DirInfo[] {
    return this.#dirs.map((dir) => ({ path: dir.path, id: dir.meta?.directoryId ?? undefined, isOnline: dir.isOnline }))
  }

  /** The broker epoch of the last run, where all directories say that it ended in order with the same one. */
  get lastBrokerEpoch(): bigint | undefined {
    const epochs = new Set(this.#dirs.map((dir) => dir.lastBrokerEpoch))
    const [epoch] = epochs
    return epochs.size === 1 ? epoch : undefined
  }

  // The start

  /** Locks the directories. @throws DiskError, LogDirProblem: none is left */
  open(): void {
    for (const dir of this.#options.dirs) this.#openDir(path.resolve(dir))
    this.ensureOnline()
  }

  #openDir(dirPath: string): void {
    const { logger } = this.#options
    try {
      this.#dirs.push(new LogDir(this.#environment.disk, dirPath, logger))
    } catch (error) {
      if (!(error instanceof DiskError) || error.code === 'ELOCKED') throw error
      this.#failure = error
      logger.error('a log directory cannot be used', { dir: dirPath, reason: error.message })
    }
  }

  ensureOnline(): void {
    if (this.online.length === 0) throw this.#failure ?? new LogDirProblem('no log directory is configured')
  }

  /**
   * All directories are this node's and this cluster's, and each has an id of its own (B41). `failed` is told of what
   * the start does not wait for.
   */
  identify({ nodeId, clusterId, freshClusterId }: Identity, failed: (dir: LogDir, error: DiskError) => void): void {
    const { random, clock } = this.#environment
    const known = this.#clusterOf(nodeId, clusterId) ?? freshClusterId ?? randomUuid(random)
    this.#clusterId = known
    for (const dir of this.online) {
      const watch = (sync: Promise<void>) =>
        sync.catch((error: unknown) => {
          if (!(error instanceof DiskError)) throw error
          failed(dir, error)
        })
      const { meta } = dir
      if (dir.clean) watch(dir.syncUnmarked())
      if (meta?.version === 1 && meta.directoryId !== null) continue
      const directoryId = meta?.directoryId ?? randomUuid(random)
      dir.writeMeta({ version: 1, clusterId: known, nodeId, directoryId }, clock.wallMs())
      watch(dir.syncMeta())
    }
  }

  /** The cluster that the directories say they belong to; the given one where they say nothing. */
  #clusterOf(nodeId: number, clusterId: string | undefined): string | undefined {
    const ids = new Set<string>()
    let known = clusterId
    for (const { path: dir, meta } of this.online) {
      if (meta === undefined) continue
      known ??= meta.clusterId ?? undefined
      if (meta.clusterId !== null && meta.clusterId !== known) {
        throw new LogDirProblem(`${dir} belongs to cluster ${meta.clusterId}, not to ${known}`)
      }
      if (meta.nodeId !== null && meta.nodeId !== nodeId) {
        throw new LogDirProblem(`${dir} belongs to node ${meta.nodeId}, not to ${nodeId}`)
      }
      if (meta.directoryId === null) continue
      if (ids.has(meta.directoryId)) throw new LogDirProblem(`two log directories have the id ${meta.directoryId}`)
      ids.add(meta.directoryId)
    }
    return known
  }

  // What they hold

  usage(logs: Iterable<Log>): DirUsage[] {
    const all = [...logs]
    const cordoned = this.#cordoned()
    return this.#dirs.map((dir) => {
      const { totalBytes, usableBytes } = this.#space(dir)
      return {
        path: dir.path,
        isOnline: dir.isOnline,
        isCordoned: cordoned.has(dir.path),
        totalBytes,
        usableBytes,
        logs: dir.isOnline ? all.filter((log) => path.dirname(log.dir) === dir.path) : [],
      }
    })
  }

  #space(dir: LogDir): { totalBytes: number; usableBytes: number } {
    const unknown = { totalBytes: -1, usableBytes: -1 }
    try {
      return dir.isOnline ? this.#environment.disk.space(dir.path) : unknown
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return unknown
    }
  }

  /** Ids of the directories that get no new replicas (KIP-1066). */
  get cordonedIds(): string[] {
    const cordoned = this.#cordoned()
    return this.infos.flatMap(({ path: dir, id }) => (id !== undefined && cordoned.has(dir) ? id : []))
  }

  #cordoned(): ReadonlySet<string> {
    const named = this.#options.config['cordoned.log.dirs']
    return new Set(named.includes('*') ? this.#dirs.map(({ path: dir }) => dir) : named.map((dir) => path.resolve(dir)))
  }

  /** Where a new log goes: where somebody has wished it, else into the given directory, else to the fewest. */
  forNew(preferredId: string | undefined, wished: string | undefined, logs: Iterable<Log>): LogDir {
    const { online } = this
    const preferred =
      online.find((dir) => dir.path === wished) ??
      online.find((dir) => preferredId !== undefined && dir.meta?.directoryId === preferredId)
    if (preferred !== undefined) return preferred
    const cordoned = this.#cordoned()
    const open = online.filter((dir) => !cordoned.has(dir.path))
    const counts = new Map<string, number>()
    for (const log of logs) {
      const dir = path.dirname(log.dir)
      counts.set(dir, (counts.get(dir) ?? 0) + 1)
    }
    let best = open[0] ?? online[0]
    for (const dir of open) {
      if (best !== undefined && (counts.get(dir.path) ?? 0) < (counts.get(best.path) ?? 0)) best = dir
    }
    if (best === undefined) throw this.#failure ?? new DiskError('EIO', 'no log directory is online')
    return best
  }

  // Failure and the end

  /** The directory that the path is in goes offline; undefined where there is none, or it is offline already. */
  fail(at: string, error: DiskError): LogDir | undefined {
    const dir = this.#dirs.find(({ path: own }) => at === own || at.startsWith(own + path.sep))
    if (dir === undefined || !dir.isOnline) return undefined
    dir.failure = error
    this.#failure = error
    const { code, message: reason } = error
    this.#options.logger.error('a log directory goes offline', { dir: dir.path, code, reason })
    return dir
  }

  release(): void {
    for (const dir of this.#dirs) dir.release()
  }
}
