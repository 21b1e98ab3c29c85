import { readInt64, writeInt64 } from '../../protocol/records/int64.ts'
import type { Disk } from '../base/disk.ts'

const ENTRY_BYTES = 34
const VERSION = 0

/** A transaction that was aborted: its records lie in [firstOffset, lastOffset], the marker is at lastOffset. */
export interface AbortedTxn {
  producerId: number
  firstOffset: number
  lastOffset: number
  /** When the marker was written; later entries can only concern readers above it. */
  lastStableOffset: number
}

/**
 * The `.txnindex` of a segment: the aborted transactions whose markers lie in it (B6). The file is made with the first
 * of them, and entries reach it together with those of the other indexes.
 */
export class TxnIndex {
  path: string
  readonly #disk: Disk
  #entries: AbortedTxn[] | undefined
  #persisted = 0
  #unsynced = false

  constructor(disk: Disk, path: string, fresh: boolean) {
    this.#disk = disk
    this.path = path
    if (fresh) this.#entries = []
  }

  entries(): readonly AbortedTxn[] {
    return this.#all()
  }

  append(entry: AbortedTxn): void {
    this.#all().push(entry)
  }

  /**
   * Whether the file can be trusted (B60): whole entries of a known version, in order, inside the segment. Otherwise the
   * segment has to be recovered.
   */
  isSane(baseOffset: number): boolean {
    const bytes = this.#disk.exists(this.path) ? this.#disk.readFile(this.path) : Buffer.alloc(0)
    if (bytes.length % ENTRY_BYTES !== 0) return false
    let last = baseOffset - 1
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const { lastOffset } = decode(bytes, at)
      if (bytes.readInt16BE(at) < VERSION || lastOffset <= last) return false
      last = lastOffset
    }
    return true
  }

  clear(): void {
    this.#entries = []
    this.#persisted = 0
  }

  /** Removes the entries whose markers are at or above `offset`. */
  truncateTo(offset: number): void {
    const entries = this.#all()
    const kept = entries.findIndex((entry) => entry.lastOffset >= offset)
    if (kept < 0) return
    entries.length = kept
    this.#persisted = Math.min(this.#persisted, kept)
  }

  /** Brings the file in line with the entries. */
  persist(): void {
    const entries = this.#entries
    if (entries === undefined || (entries.length === 0 && !this.#disk.exists(this.path))) return
    const file = this.#disk.open(this.path, { create: true })
    try {
      const size = entries.length * ENTRY_BYTES
      if (this.#persisted === entries.length && file.size() === size) return
      const bytes = Buffer.allocUnsafe(size - this.#persisted * ENTRY_BYTES)
      for (let i = this.#persisted, at = 0; i < entries.length; i++, at += ENTRY_BYTES) encode(entries[i]!, bytes, at)
      if (bytes.length > 0) file.write(this.#persisted * ENTRY_BYTES, [bytes])
      file.truncate(size)
      this.#persisted = entries.length
      this.#unsynced = true
    } finally {
      file.close()
    }
  }

  async sync(): Promise<void> {
    if (!this.#unsynced) return
    this.#unsynced = false
    const file = this.#disk.open(this.path)
    try {
      await file.syncAsync()
    } finally {
      file.close()
    }
  }

  #all(): AbortedTxn[] {
    if (this.#entries !== undefined) return this.#entries
    const entries: AbortedTxn[] = []
    if (this.#disk.exists(this.path)) {
      const bytes = this.#disk.readFile(this.path)
      for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) entries.push(decode(bytes, at))
    }
    this.#entries = entries
    this.#persisted = entries.length
    return entries
  }
}

function encode(entry: AbortedTxn, into: Buffer, at: number): void {
  into.writeInt16BE(VERSION, at)
  writeInt64(into, entry.producerId, at + 2)
  writeInt64(into, entry.firstOffset, at + 10)
  writeInt64(into, entry.lastOffset, at + 18)
  writeInt64(into, entry.lastStableOffset, at + 26)
}

function decode(from: Buffer, at: number): AbortedTxn {
  return {
    producerId: readInt64(from, at + 2),
    firstOffset: readInt64(from, at + 10),
    lastOffset: readInt64(from, at + 18),
    lastStableOffset: readInt64(from, at + 26),
  }
}
