import path from 'node:path'
import type { ControlRecord } from '../../protocol/control/index.ts'
import { DecodeError, ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brand.ts'
import type { Disk, DiskFile } from '../base/disk.ts'
import type { Random } from '../base/random.ts'
import type { SnapshotId, SnapshotRead, SnapshotStep } from '../raft/types.ts'
import { decodeBatches, decodeControls, type MetadataBatch } from './batches.ts'
import { QuorumError } from './quorum-error.ts'
import { listSnapshots, partialName, snapshotName } from './snapshot.ts'

/** Of the first batch, which stands before all records: no voter set comes near it. */
const MAX_HEAD_BYTES = 1024 * 1024

const isFormatting = ({ offset }: SnapshotId): boolean => offset === 0

const sameId = (one: SnapshotId, other: SnapshotId): boolean => one.offset === other.offset && one.epoch === other.epoch

/** A snapshot that is being written. It is one when it is finished; until then a crash leaves a leftover. */
interface Partial {
  readonly id: SnapshotId
  readonly path: string
  readonly file: DiskFile
  position: number
}

export interface SnapshotWriter {
  write(bytes: Buffer): void
  /** `isWanted` is asked when all of it is on the medium. Resolves with what it said. */
  finish(isWanted: () => boolean): Promise<boolean>
  abandon(): void
}

/**
 * The snapshots beside the metadata log. The checkpoint (0, 0), written by formatting, is kept here as well; it says
 * nothing about the cluster and is no snapshot for other nodes (facts A50, A98).
 */
export class SnapshotStore {
  readonly #disk: Disk
  readonly #random: Random
  readonly #dir: string
  #ids: SnapshotId[]
  #download: Partial | undefined

  /** Removes what a crash left half written. */
  constructor({ disk, random }: { disk: Disk; random: Random }, dir: string) {
    this.#disk = disk
    this.#random = random
    this.#dir = dir
    this.#ids = listSnapshots(disk, dir)
  }

  /** A file was put beside the others. */
  refresh(): void {
    this.#ids = listSnapshots(this.#disk, this.#dir)
  }

  /** Oldest first, the checkpoint (0, 0) too. */
  get ids(): readonly SnapshotId[] {
    return this.#ids
  }

  get latest(): SnapshotId | undefined {
    return this.#ids.findLast((id) => !isFormatting(id))
  }

  get oldest(): SnapshotId | undefined {
    return this.#ids.find((id) => !isFormatting(id))
  }

  has(id: SnapshotId): boolean {
    return this.#ids.some((known) => sameId(known, id))
  }

  /** In bytes; undefined if there is none. */
  sizeOf(id: SnapshotId): number | undefined {
    return this.has(id) ? this.#disk.stat(this.#path(id))?.size : undefined
  }

  read({ id, position, length }: SnapshotRead): Buffer {
    const bytes = Buffer.alloc(length)
    const file = this.#disk.open(this.#path(id))
    try {
      return bytes.subarray(0, file.read(position, bytes))
    } finally {
      file.close()
    }
  }

  /** @throws ProtocolError CORRUPT_MESSAGE, DecodeError */
  batches(id: SnapshotId): Generator<MetadataBatch, void, undefined> {
    return decodeBatches(this.#disk.readFile(this.#path(id)))
  }

  /**
   * Throws QuorumError for one that is damaged: what is missing in it would be taken for deleted. Apache Kafka does not
   * start over such a one either.
   */
  ensureWhole(id: SnapshotId): void {
    try {
      checkWhole(this.batches(id))
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof DecodeError)) throw error
      throw new QuorumError(`the metadata snapshot ${this.#path(id)} is damaged: ${error.message}`, { cause: error })
    }
  }

  /** What it says of the quorum: its header, kraft.version and voters. */
  controls(id: SnapshotId): readonly ControlRecord[] {
    const head = this.read({ id, position: 0, length: Math.min(this.sizeOf(id) ?? 0, MAX_HEAD_BYTES) })
    const [first] = decodeControls(head)
    return first?.records ?? []
  }

  /** When the last record in it was appended, in ms. */
  timestampOf(id: SnapshotId): number {
    const [header] = this.controls(id)
    return header?.type === ControlType.SNAPSHOT_HEADER ? header.value.lastContainedLogTimestamp : 0
  }

  /**
   * A step of a download (fact A76). With 'install' the file is checked and in place when it returns.
   * @throws ProtocolError CORRUPT_MESSAGE if it has arrived damaged, and then it is gone; DecodeError
   */
  take(step: SnapshotStep): void {
    if (step.step === 'begin') {
      this.#drop()
      this.#download = this.#begin(step.id)
      return
    }
    if (step.step === 'drop') {
      this.#drop()
      return
    }
    const download = this.#download
    assert(download !== undefined && sameId(download.id, step.id), 'a part of a snapshot that is not being downloaded')
    if (step.step === 'write') {
      assert(download.position === step.position, `bytes for position ${step.position}, at ${download.position}`)
      this.#append(download, step.bytes)
    } else {
      this.#download = undefined
      this.#install(download)
    }
  }

  /** Writes a snapshot of our own; batches come as they are made, so that a large one does not hold up the event loop. */
  create(id: SnapshotId): SnapshotWriter {
    const partial = this.#begin(id)
    return {
      write: (bytes) => this.#append(partial, bytes),
      finish: (isWanted) => this.#finish(partial, isWanted),
      abandon: () => this.#discard(partial),
    }
  }

  /** Removes those that end below `offset`. */
  removeBelow(offset: Offset): void {
    this.#ids = this.#ids.filter((id) => {
      if (id.offset >= offset) return true
      this.#disk.remove(this.#path(id))
      return false
    })
  }

  #path(id: SnapshotId): string {
    return path.join(this.#dir, snapshotName(id))
  }

  #begin(id: SnapshotId): Partial {
    const file = this.#disk.open(path.join(this.#dir, partialName(id, this.#random)), { create: true })
    return { id, path: file.path, file, position: 0 }
  }

  #append(partial: Partial, bytes: Buffer): void {
    partial.file.write(partial.position, [bytes])
    partial.position += bytes.length
  }

  #install(partial: Partial): void {
    try {
      checkWhole(decodeBatches(this.#disk.readFile(partial.path)))
    } catch (error) {
      this.#discard(partial)
      throw error
    }
    partial.file.sync()
    this.#putInPlace(partial)
    this.#disk.syncDir(this.#dir)
  }

  async #finish(partial: Partial, isWanted: () => boolean): Promise<boolean> {
    await partial.file.syncAsync()
    if (!isWanted()) {
      this.#discard(partial)
      return false
    }
    this.#putInPlace(partial)
    await this.#disk.syncDirAsync(this.#dir)
    return true
  }

  #putInPlace({ id, path: from, file }: Partial): void {
    file.close()
    this.#disk.rename(from, this.#path(id))
    this.#ids = [...this.#ids.filter((known) => !sameId(known, id)), id].sort(
      (one, other) => one.offset - other.offset || one.epoch - other.epoch,
    )
  }

  #drop(): void {
    if (this.#download) this.#discard(this.#download)
    this.#download = undefined
  }

  #discard({ path: file, file: handle }: Partial): void {
    handle.close()
    this.#disk.remove(file)
  }
}

/** Fact A68: it begins with a header and ends with a footer, and every checksum holds. */
function checkWhole(batches: Iterable<MetadataBatch>): void {
  let first: MetadataBatch | undefined
  let last: MetadataBatch | undefined
  for (const batch of batches) {
    first ??= batch
    last = batch
  }
  const begins = first?.control === true && first.records[0]?.type === ControlType.SNAPSHOT_HEADER
  const ends = last?.control === true && last.records.at(-1)?.type === ControlType.SNAPSHOT_FOOTER
  if (!begins || !ends) throw new ProtocolError(ErrorCode.CORRUPT_MESSAGE, 'a snapshot without header or footer')
}
