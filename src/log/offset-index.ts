import { assert } from '../base/assert.ts'
import type { Disk } from '../base/disk.ts'
import { countWhile, grownCapacity, IndexFile } from './index-file.ts'

const ENTRY_BYTES = 8

/** A batch's last offset, and where in the segment file the batch begins. */
export interface OffsetPosition {
  offset: number
  position: number
}

/** The sparse `.index`: int32 offset relative to the base, int32 position (B4). Both grow from entry to entry. */
export class OffsetIndex extends IndexFile {
  #entries = new Int32Array(0)

  constructor(disk: Disk, path: string, baseOffset: number, maxBytes: number, fresh: boolean) {
    super(disk, path, baseOffset, maxBytes, ENTRY_BYTES, fresh)
  }

  get isFull(): boolean {
    return this.count >= this.maxEntries
  }

  append(offset: number, position: number): void {
    const last = this.last()
    assert(this.count === 0 || offset > last.offset, `${this.path}: offset ${offset} is not above ${last.offset}`)
    const entry = this.grow()
    this.#entries[2 * entry] = offset - this.baseOffset
    this.#entries[2 * entry + 1] = position
  }

  entry(entry: number): OffsetPosition {
    return { offset: this.baseOffset + this.#entries[2 * entry]!, position: this.#entries[2 * entry + 1]! }
  }

  /** The last entry; the start of the segment where there is none. */
  last(): OffsetPosition {
    return this.count === 0 ? { offset: this.baseOffset, position: 0 } : this.entry(this.count - 1)
  }

  /** The last entry at or below `offset`; the start of the segment where there is none. */
  lookup(offset: number): OffsetPosition {
    const found = this.#firstFrom(offset + 1) - 1
    return found < 0 ? { offset: this.baseOffset, position: 0 } : this.entry(found)
  }

  /** The first entry at or after `position` in the file, if there is one (D13). */
  firstAtPosition(position: number): OffsetPosition | undefined {
    const { count } = this
    const found = countWhile(count, (entry) => this.#entries[2 * entry + 1]! < position)
    return found === count ? undefined : this.entry(found)
  }

  /** Removes the entries at or above `offset`. */
  truncateTo(offset: number): void {
    this.cut(this.#firstFrom(offset))
  }

  #firstFrom(offset: number): number {
    const relative = offset - this.baseOffset
    return countWhile(this.count, (entry) => this.#entries[2 * entry]! < relative)
  }

  protected reserve(count: number): void {
    if (2 * count <= this.#entries.length) return
    const grown = new Int32Array(2 * grownCapacity(this.#entries.length / 2, count))
    grown.set(this.#entries)
    this.#entries = grown
  }

  protected encode(entry: number, into: Buffer, at: number): void {
    into.writeInt32BE(this.#entries[2 * entry]!, at)
    into.writeInt32BE(this.#entries[2 * entry + 1]!, at + 4)
  }

  protected decode(entry: number, from: Buffer, at: number): void {
    this.#entries[2 * entry] = from.readInt32BE(at)
    this.#entries[2 * entry + 1] = from.readInt32BE(at + 4)
  }

  /** The first batch of a segment is never indexed (B10), so no entry has position 0. */
  protected isEntry(entry: number): boolean {
    return this.#entries[2 * entry + 1]! > 0
  }
}
