import type { Disk } from '../base/disk.ts'
import { DELETED_SUFFIX, offsetOfFile, SNAPSHOT_SUFFIX, segmentFile } from './file-names.ts'

/** The `.snapshot` files of a log, by offset: what was known of producers when the log ended there. */
export class SnapshotFiles {
  readonly #disk: Disk
  #dir: string
  /** Ascending. */
  #offsets: number[] = []

  constructor(disk: Disk, dir: string) {
    this.#disk = disk
    this.#dir = dir
  }

  movedTo(dir: string): void {
    this.#dir = dir
  }

  /** Takes stock of the files whose names are given. */
  load(names: readonly string[]): void {
    this.#offsets = names
      .filter((name) => name.endsWith(SNAPSHOT_SUFFIX))
      .map(offsetOfFile)
      .filter((offset) => offset !== undefined)
      .sort((a, b) => a - b)
  }

  get offsets(): readonly number[] {
    return this.#offsets
  }

  /** The newest at or below `offset`. */
  latest(offset = Number.POSITIVE_INFINITY): number | undefined {
    return this.#offsets.findLast((known) => known <= offset)
  }

  path(offset: number): string {
    return segmentFile(this.#dir, offset, SNAPSHOT_SUFFIX)
  }

  read(offset: number): Buffer {
    return this.#disk.readFile(this.path(offset))
  }

  /** No fsync: the flush of what lies below the offset takes care (B24). */
  write(offset: number, bytes: Buffer): void {
    this.#disk.replaceFile(this.path(offset), bytes)
    if (this.#offsets.includes(offset)) return
    this.#offsets.push(offset)
    this.#offsets.sort((a, b) => a - b)
  }

  async sync(offset: number): Promise<void> {
    if (!this.#offsets.includes(offset)) return
    const file = this.#disk.open(this.path(offset))
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
  }

  remove(offset: number): void {
    if (!this.#offsets.includes(offset)) return
    this.#disk.remove(this.path(offset))
    this.#offsets = this.#offsets.filter((known) => known !== offset)
  }

  /** Renames one whose segment is on its way out; `removeMarked` follows later. */
  markDeleted(offset: number): void {
    if (!this.#offsets.includes(offset)) return
    const path = this.path(offset)
    this.#disk.rename(path, path + DELETED_SUFFIX)
    this.#offsets = this.#offsets.filter((known) => known !== offset)
  }

  removeMarked(offset: number): void {
    this.#disk.remove(this.path(offset) + DELETED_SUFFIX)
  }

  removeWhere(matches: (offset: number) => boolean): void {
    for (const offset of this.#offsets.filter(matches)) this.remove(offset)
  }

  /**
   * Removes those that belong to no segment, except the largest where it lies above the newest base: a clean close
   * leaves one at the log's end (B55).
   */
  removeStrays(segmentBases: readonly number[]): void {
    const bases = new Set(segmentBases)
    const newest = segmentBases.at(-1) ?? 0
    const largest = this.#offsets.at(-1)
    this.removeWhere((offset) => !bases.has(offset) && !(offset === largest && offset > newest))
  }
}
