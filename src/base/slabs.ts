import { assert } from './assert.ts'

/**
 * Memory for large requests that is used again. A buffer that lives as long as one request, or as long as the newest
 * batches are kept, dies old: each costs the garbage collector a part of a full collection, which was a third of what a
 * busy broker did. So such buffers, called slabs, are counted: whoever needs the bytes after a call returns holds them,
 * and the last holder that lets go makes the slab free for the next request.
 *
 * Nothing depends on every holder letting go. A slab that somebody forgot is never used again, and the garbage
 * collector takes it as it takes any buffer. Letting go too early is what must not happen; hence the two kinds:
 *
 *   hold, release     for those who can pair them, by any part of the slab
 *   lend, giveBack    for bytes that leave through others (replies): a part that was lent is given back once, by
 *                     identity, and what nobody lent is left alone
 *
 * All four do nothing to memory that is no slab.
 */

/** Smaller buffers are cheap: Node cuts them from pages of its own. */
export const MIN_SLAB_BYTES = 8 * 1024
/** Larger ones are rare, and too much memory to keep for the next. */
export const MAX_SLAB_BYTES = 4 * 1024 * 1024
/** Bytes of free slabs that are kept. */
export const MAX_FREE_BYTES = 16 * 1024 * 1024
/** Bytes of slabs that are out for requests of which only the size is known. */
export const MAX_AHEAD_BYTES = 16 * 1024 * 1024

interface Slab {
  readonly bytes: Buffer
  readonly pool: SlabPool
  holders: number
}

const slabs = new WeakMap<ArrayBufferLike, Slab>()
const lent = new WeakMap<Uint8Array, Slab>()

/** The slab that this is a part of stays until a `release` more. */
export function hold(part: Uint8Array): void {
  const slab = slabs.get(part.buffer)
  if (slab === undefined) return
  assert(slab.holders > 0, 'a slab that nobody holds is held by nobody new')
  slab.holders++
}

/** The end of a `hold`, or of having taken the slab from its pool. */
export function release(part: Uint8Array): void {
  const slab = slabs.get(part.buffer)
  if (slab !== undefined) letGo(slab)
}

/** Holds until `giveBack` of this very object. */
export function lend(part: Uint8Array): void {
  const slab = slabs.get(part.buffer)
  if (slab === undefined) return
  assert(slab.holders > 0, 'a slab that nobody holds cannot be lent')
  slab.holders++
  lent.set(part, slab)
}

/** Nobody reads these any more; those among them that were lent are given back. */
export function giveBack(parts: readonly Uint8Array[]): void {
  for (const part of parts) {
    const slab = lent.get(part)
    if (slab === undefined) continue
    lent.delete(part)
    letGo(slab)
  }
}

function letGo(slab: Slab): void {
  assert(slab.holders > 0, 'a slab is let go as often as it was held')
  slab.holders--
  if (slab.holders === 0) slab.pool.add(slab)
}

/** Free slabs of one size, and the fewest there were since the last look. */
interface Shelf {
  readonly free: Slab[]
  fewest: number
}

export interface SlabPoolOptions {
  maxFreeBytes?: number
  maxAheadBytes?: number
  /** Overwrites what becomes free, so that whoever reads it too late sees it. For tests. */
  poison?: boolean
}

/** The slabs of a node that nobody holds, by size. */
export class SlabPool {
  readonly #maxFreeBytes: number
  readonly #maxAheadBytes: number
  readonly #poison: boolean
  /** By size of slab; the one that was used last comes last. */
  readonly #shelves = new Map<number, Shelf>()
  #freeBytes = 0
  #aheadBytes = 0

  constructor({
    maxFreeBytes = MAX_FREE_BYTES,
    maxAheadBytes = MAX_AHEAD_BYTES,
    poison = false,
  }: SlabPoolOptions = {}) {
    this.#maxFreeBytes = maxFreeBytes
    this.#maxAheadBytes = maxAheadBytes
    this.#poison = poison
  }

  get freeBytes(): number {
    return this.#freeBytes
  }

  /** A buffer of that size with anything in it; a slab held once by the caller, where one of that size is worth it. */
  take(bytes: number): Buffer {
    if (bytes < MIN_SLAB_BYTES) return Buffer.allocUnsafe(bytes)
    if (bytes > MAX_SLAB_BYTES) return Buffer.allocUnsafeSlow(bytes)
    return this.#takeFree(bytes) ?? this.#make(bytes)
  }

  /**
   * A slab for bytes that were announced and have not come: only memory that is there anyway, and not all of it, so that
   * announcing costs us nothing. `arrived` says that it is over.
   */
  takeAhead(bytes: number): Buffer | undefined {
    if (bytes < MIN_SLAB_BYTES || this.#aheadBytes + bytes > this.#maxAheadBytes) return undefined
    const buffer = this.#takeFree(bytes)
    if (buffer !== undefined) this.#aheadBytes += bytes
    return buffer
  }

  arrived(bytes: number): void {
    this.#aheadBytes -= bytes
  }

  /** Drops what was not needed since the last call. */
  trim(): void {
    for (const [size, shelf] of this.#shelves) {
      shelf.free.splice(0, shelf.fewest)
      this.#freeBytes -= shelf.fewest * size
      shelf.fewest = shelf.free.length
      if (shelf.free.length === 0) this.#shelves.delete(size)
    }
  }

  /** Called by the last holder. */
  add(slab: Slab): void {
    const size = slab.bytes.length
    if (this.#poison) slab.bytes.fill(0xdb)
    const shelf = this.#shelves.get(size) ?? { free: [], fewest: 0 }
    shelf.free.push(slab)
    this.#freeBytes += size
    this.#shelves.delete(size)
    this.#shelves.set(size, shelf)
    while (this.#freeBytes > this.#maxFreeBytes) this.#dropLeastUsed()
  }

  #dropLeastUsed(): void {
    for (const [size, shelf] of this.#shelves) {
      if (shelf.free.pop() === undefined) {
        this.#shelves.delete(size)
        continue
      }
      shelf.fewest = Math.min(shelf.fewest, shelf.free.length)
      this.#freeBytes -= size
      return
    }
  }

  #takeFree(bytes: number): Buffer | undefined {
    const size = slabSize(bytes)
    const shelf = this.#shelves.get(size)
    const slab = shelf?.free.pop()
    if (shelf === undefined || slab === undefined) return undefined
    shelf.fewest = Math.min(shelf.fewest, shelf.free.length)
    this.#freeBytes -= size
    slab.holders = 1
    return slab.bytes.subarray(0, bytes)
  }

  #make(bytes: number): Buffer {
    const slab: Slab = { bytes: Buffer.allocUnsafeSlow(slabSize(bytes)), pool: this, holders: 1 }
    slabs.set(slab.bytes.buffer, slab)
    return slab.bytes.subarray(0, bytes)
  }
}

/** Four sizes to each power of two: less than a quarter is left over, and requests of about one size share slabs. */
function slabSize(bytes: number): number {
  const step = 1 << (29 - Math.clz32(bytes - 1))
  return Math.ceil(bytes / step) * step
}
