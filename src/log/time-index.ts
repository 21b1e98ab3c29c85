import { readInt64, writeInt64 } from '../../protocol/records/int64.ts'
import { assert } from '../base/assert.ts'
import type { Disk } from '../base/disk.ts'
import { countWhile, grownCapacity, IndexFile } from './index-file.ts'

const ENTRY_BYTES = 12

/** The largest timestamp up to some point of the segment, and the last offset of the first batch that has it. */
export interface TimestampOffset {
  timestamp: number
  offset: number
}

/** The sparse `.timeindex`: int64 timestamp, int32 offset relative to the base (B5). Both grow from entry to entry. */
export class TimeIndex extends IndexFile {
  #timestamps = new Float64Array(0)
  #offsets = new Int32Array(0)

  constructor(disk: Disk, path: string, baseOffset: number, maxBytes: number, fresh: boolean) {
    super(disk, path, baseOffset, maxBytes, ENTRY_BYTES, fresh)
  }

  /** One slot is kept for the entry that closes the segment (B14). */
  get isFull(): boolean {
    return this.count >= this.maxEntries - 1
  }

  /**
   * Adds an entry if its timestamp is above the last one's (B11, B13). `closing` may take the reserved slot (B15).
   * A segment without timestamps keeps an empty index (B16).
   */
  maybeAppend({ timestamp, offset }: TimestampOffset, closing = false): void {
    const last = this.last()
    if (timestamp <= last.timestamp || (!closing && this.isFull)) return
    assert(this.count === 0 || offset >= last.offset, `${this.path}: offset ${offset} is below ${last.offset}`)
    if (this.count >= this.maxEntries) return
    const entry = this.grow()
    this.#timestamps[entry] = timestamp
    this.#offsets[entry] = offset - this.baseOffset
  }

  entry(entry: number): TimestampOffset {
    return { timestamp: this.#timestamps[entry]!, offset: this.baseOffset + this.#offsets[entry]! }
  }

  /** The last entry; timestamp -1 at the base offset where there is none. */
  last(): TimestampOffset {
    return this.count === 0 ? { timestamp: -1, offset: this.baseOffset } : this.entry(this.count - 1)
  }

  /** The last entry whose timestamp is at or below the given one; -1 at the base offset where there is none. */
  lookup(timestamp: number): TimestampOffset {
    const found = countWhile(this.count, (entry) => this.#timestamps[entry]! <= timestamp) - 1
    return found < 0 ? { timestamp: -1, offset: this.baseOffset } : this.entry(found)
  }

  /** Removes the entries at or above `offset`. */
  truncateTo(offset: number): void {
    const relative = offset - this.baseOffset
    this.cut(countWhile(this.count, (entry) => this.#offsets[entry]! < relative))
  }

  protected reserve(count: number): void {
    if (count <= this.#offsets.length) return
    const capacity = grownCapacity(this.#offsets.length, count)
    const [timestamps, offsets] = [new Float64Array(capacity), new Int32Array(capacity)]
    timestamps.set(this.#timestamps)
    offsets.set(this.#offsets)
    this.#timestamps = timestamps
    this.#offsets = offsets
  }

  protected encode(entry: number, into: Buffer, at: number): void {
    writeInt64(into, this.#timestamps[entry]!, at)
    into.writeInt32BE(this.#offsets[entry]!, at + 8)
  }

  protected decode(entry: number, from: Buffer, at: number): void {
    this.#timestamps[entry] = readInt64(from, at)
    this.#offsets[entry] = from.readInt32BE(at + 8)
  }

  /** Zeros behind the last entry of a preallocated file; timestamp 0 at the base offset says nothing either. */
  protected isEntry(entry: number): boolean {
    return this.#timestamps[entry]! > 0 || this.#offsets[entry]! > 0
  }
}
