import path from 'node:path'
import { decodePartitionMetadata, encodePartitionMetadata } from '../../protocol/checkpoint/partition-metadata.ts'
import { DecodeError } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { PARTITION_METADATA_FILE } from './file-names.ts'

/** `partition.metadata`: ties a directory to a topic id (B38). Written without fsync; the log's first flush sees to it. */
export class TopicIdFile {
  readonly #disk: Disk
  #path: string
  #unsynced = false
  /** ZERO_UUID where there is none. */
  topicId: string

  constructor(disk: Disk, dir: string, logger: Logger) {
    this.#disk = disk
    this.#path = path.join(dir, PARTITION_METADATA_FILE)
    this.topicId = this.#read(logger)
  }

  movedTo(dir: string): void {
    this.#path = path.join(dir, PARTITION_METADATA_FILE)
  }

  #read(logger: Logger): string {
    if (!this.#disk.exists(this.#path)) return ZERO_UUID
    try {
      return decodePartitionMetadata(this.#disk.readFile(this.#path).toString())
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      logger.warn('partition.metadata cannot be read and counts as missing', { reason: error.message })
      return ZERO_UUID
    }
  }

  write(topicId: string): void {
    this.#disk.replaceFile(this.#path, encodePartitionMetadata(topicId))
    this.topicId = topicId
    this.#unsynced = true
  }

  async sync(): Promise<void> {
    if (!this.#unsynced) return
    this.#unsynced = false
    const file = this.#disk.open(this.#path)
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
  }
}
