import path from 'node:path'
import { decodeCleanShutdown, encodeCleanShutdown } from '../../protocol/checkpoint/clean-shutdown.ts'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
} from '../../protocol/checkpoint/meta-properties.ts'
import { decodeOffsetCheckpoint, encodeOffsetCheckpoint } from '../../protocol/checkpoint/offset-checkpoint.ts'
import { DecodeError } from '../../protocol/errors.ts'
import { type Disk, DiskError } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { partitionDirName, type TopicPartition } from './file-names.ts'

const LOCK_FILE = '.lock'
const META_FILE = 'meta.properties'
const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown'

/** The offset checkpoints of a log directory (B30, B31). */
export const CHECKPOINTS = {
  recoveryPoint: 'recovery-point-offset-checkpoint',
  logStart: 'log-start-offset-checkpoint',
  highWatermark: 'replication-offset-checkpoint',
} as const
export type Checkpoint = keyof typeof CHECKPOINTS

export type CheckpointEntry = TopicPartition & { offset: number }

/** One entry of `log.dirs`: what lies in it besides the partitions. Locked from construction until `release`. */
export class LogDir {
  readonly path: string
  readonly #disk: Disk
  readonly #logger: Logger
  readonly #lock: { release(): void }
  /** What each checkpoint file holds, to leave it alone where nothing has changed. */
  readonly #written = new Map<Checkpoint, string>()
  #writing: Promise<void> = Promise.resolve()
  meta: MetaProperties | undefined
  /** The last run ended in order. */
  readonly clean: boolean
  /** The broker epoch of the last run, if it ended in order and knew it. */
  readonly lastBrokerEpoch: bigint | undefined
  /** Set when the disk failed under it: nothing is read or written here any more (KIP-112). */
  failure: DiskError | undefined

  /** @throws DiskError: ELOCKED among others, EDAMAGED for a meta.properties that cannot be read */
  constructor(disk: Disk, dir: string, logger: Logger) {
    this.#disk = disk
    this.path = dir
    this.#logger = logger
    disk.makeDir(dir)
    this.#lock = disk.lock(path.join(dir, LOCK_FILE))
    try {
      this.meta = this.#readMeta()
      const marker = path.join(dir, CLEAN_SHUTDOWN_FILE)
      this.clean = disk.exists(marker)
      this.lastBrokerEpoch = this.clean ? this.#readBrokerEpoch(marker) : undefined
      disk.remove(marker)
    } catch (error) {
      this.release()
      throw error
    }
  }

  #readMeta(): MetaProperties | undefined {
    const file = path.join(this.path, META_FILE)
    if (!this.#disk.exists(file)) return undefined
    const bytes = this.#disk.readFile(file)
    try {
      return decodeMetaProperties(bytes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw new DiskError('EDAMAGED', `${file} is damaged: ${error.message}`, error)
    }
  }

  get isOnline(): boolean {
    return this.failure === undefined
  }

  #readBrokerEpoch(marker: string): bigint | undefined {
    try {
      const epoch = decodeCleanShutdown(this.#disk.readFile(marker).toString())
      return epoch >= 0n ? epoch : undefined
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return undefined
    }
  }

  /** Says who the directory belongs to (B40). `syncMeta` makes it last; a start need not wait for that. */
  writeMeta(meta: MetaProperties, nowMs: number): void {
    this.#disk.replaceFile(path.join(this.path, META_FILE), encodeMetaProperties(meta, nowMs))
    this.meta = meta
  }

  /**
   * The mark of an ordered end is gone for good. A power failure that brought it back would have the next start trust
   * what nobody has flushed since.
   */
  syncUnmarked(): Promise<void> {
    return this.#disk.syncDirAsync(this.path)
  }

  async syncMeta(): Promise<void> {
    const file = this.#disk.open(path.join(this.path, META_FILE))
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
    await this.#disk.syncDirAsync(this.path)
  }

  /** Names of the directories in it. */
  partitionDirs(): string[] {
    return this.#disk
      .list(this.path)
      .filter((entry) => entry.isDirectory)
      .map((entry) => entry.name)
  }

  /** Offsets by `topic-partition`. A file that cannot be read is like one that says nothing: logs recover in full. */
  readCheckpoint(checkpoint: Checkpoint): Map<string, number> {
    const file = path.join(this.path, CHECKPOINTS[checkpoint])
    const offsets = new Map<string, number>()
    if (!this.#disk.exists(file)) return offsets
    try {
      for (const entry of decodeOffsetCheckpoint(this.#disk.readFile(file).toString())) {
        offsets.set(partitionDirName(entry), entry.offset)
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#logger.warn('a checkpoint file cannot be read and counts as empty', { file, reason: error.message })
    }
    return offsets
  }

  /** Replaces a checkpoint file where its content changes: temporary file, fsync, rename, fsync of the directory (B28). */
  writeCheckpoint(checkpoint: Checkpoint, entries: readonly CheckpointEntry[]): Promise<void> {
    const text = encodeOffsetCheckpoint(entries)
    const write = () => this.#replaceCheckpoint(checkpoint, text)
    this.#writing = this.#writing.then(write, write)
    return this.#writing
  }

  async #replaceCheckpoint(checkpoint: Checkpoint, text: string): Promise<void> {
    if (this.#written.get(checkpoint) === text || !this.isOnline) return
    const file = path.join(this.path, CHECKPOINTS[checkpoint])
    const temporary = this.#disk.open(`${file}.tmp`, { create: true })
    try {
      const bytes = Buffer.from(text)
      temporary.truncate(bytes.length)
      temporary.write(0, [bytes])
      await temporary.syncAsync()
    } finally {
      temporary.close()
    }
    this.#disk.rename(`${file}.tmp`, file)
    await this.#disk.syncDirAsync(this.path)
    this.#written.set(checkpoint, text)
  }

  /** The last thing of a run that ended in order (B46). */
  markClean(brokerEpoch: bigint): void {
    this.#disk.replaceFile(path.join(this.path, CLEAN_SHUTDOWN_FILE), encodeCleanShutdown(brokerEpoch), { sync: true })
  }

  release(): void {
    try {
      this.#lock.release()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#logger.warn('the lock of a log directory was not released', { dir: this.path, reason: error.message })
    }
  }
}
