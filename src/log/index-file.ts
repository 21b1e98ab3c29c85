import { type Disk, DiskError } from '../base/disk.ts'

/**
 * The file half of an index: entries of one size, appended, cut at the end, kept in memory by the subclass.
 *
 * Apache Kafka maps the file into memory. Here entries reach the file when the segment ends: a crash before that makes
 * the segment be recovered, and recovery builds its indexes anew. The file of a segment that takes appends has its full
 * size all the same (sparse), and is cut to its entries when the segment is done (B7, B8).
 *
 * Invariant: entries below `#persisted` are in the file as they are in memory.
 */
export abstract class IndexFile {
  path: string
  readonly baseOffset: number
  protected readonly disk: Disk
  readonly #entryBytes: number
  readonly #maxBytes: number
  #count: number | undefined
  #persisted = 0
  #unsynced = false

  /** `fresh`: there is no file, or what it holds does not count. */
  constructor(disk: Disk, path: string, baseOffset: number, maxBytes: number, entryBytes: number, fresh: boolean) {
    this.disk = disk
    this.path = path
    this.baseOffset = baseOffset
    this.#entryBytes = entryBytes
    this.#maxBytes = Math.floor(maxBytes / entryBytes) * entryBytes
    if (fresh) this.#count = 0
  }

  /** Makes room for `count` entries in memory. */
  protected abstract reserve(count: number): void
  protected abstract encode(entry: number, into: Buffer, at: number): void
  protected abstract decode(entry: number, from: Buffer, at: number): void
  /** False for what a preallocated file holds behind its last entry. */
  protected abstract isEntry(entry: number): boolean

  /** Entries; reads the file at the first call. */
  get count(): number {
    return this.#count ?? this.#load()
  }

  get maxEntries(): number {
    return this.#maxBytes / this.#entryBytes
  }

  get sizeBytes(): number {
    return this.count * this.#entryBytes
  }

  protected grow(): number {
    const entry = this.count
    this.reserve(entry + 1)
    this.#count = entry + 1
    return entry
  }

  /** Keeps the first `count` entries. */
  protected cut(count: number): void {
    this.#count = Math.min(this.count, count)
    this.#persisted = Math.min(this.#persisted, count)
  }

  /** Forgets all entries. */
  clear(): void {
    this.#count = 0
    this.#persisted = 0
  }

  /** Gives the file its full size, for a segment that takes appends. */
  preallocate(): void {
    this.#write((file) => file.truncate(this.#maxBytes))
  }

  /** Writes what is missing and cuts the file to its entries. */
  trim(): void {
    const { count } = this
    this.#write((file) => {
      this.#writeEntries(file)
      file.truncate(count * this.#entryBytes)
    })
  }

  /** fsync of what was written since the last one. An empty index reads the same with and without. */
  async sync(): Promise<void> {
    if (!this.#unsynced || this.count === 0) return
    this.#unsynced = false
    const file = this.disk.open(this.path)
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
  }

  #write(action: (file: ReturnType<Disk['open']>) => void): void {
    const file = this.disk.open(this.path, { create: true })
    try {
      action(file)
      this.#unsynced = true
    } finally {
      file.close()
    }
  }

  #writeEntries(file: ReturnType<Disk['open']>): void {
    const { count } = this
    if (this.#persisted === count) return
    const bytes = Buffer.allocUnsafe((count - this.#persisted) * this.#entryBytes)
    for (let entry = this.#persisted, at = 0; entry < count; entry++, at += this.#entryBytes)
      this.encode(entry, bytes, at)
    file.write(this.#persisted * this.#entryBytes, [bytes])
    this.#persisted = count
  }

  #load(): number {
    const bytes = this.#readAll()
    let count = Math.floor(bytes.length / this.#entryBytes)
    this.reserve(count)
    for (let entry = 0; entry < count; entry++) this.decode(entry, bytes, entry * this.#entryBytes)
    while (count > 0 && !this.isEntry(count - 1)) count--
    this.#persisted = count
    this.#count = count
    return count
  }

  #readAll(): Buffer {
    try {
      return this.disk.readFile(this.path)
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return Buffer.alloc(0)
      throw error
    }
  }
}

/** Number of leading entries for which `before` holds; they all stand in front of those for which it does not. */
export function countWhile(count: number, before: (entry: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** Capacity for `count` entries: doubles, so that appending stays cheap. */
export function grownCapacity(present: number, count: number): number {
  return Math.max(count, present * 2, 16)
}
