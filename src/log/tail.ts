import { assert } from '../base/assert.ts'
import { hold, lend, release } from '../base/slabs.ts'
import type { Segment } from './segment.ts'

/** Bytes of newest batches that one log keeps in memory, and that all logs of a node keep together. */
export const MAX_TAIL_BYTES_PER_LOG = 8 * 1024 * 1024
export const MAX_TAIL_BYTES = 64 * 1024 * 1024
/** Chunks that nobody has added to or read for so long are let go, so that an idle node is small. */
export const TAIL_IDLE_MS = 10_000

/** How exactly the time of the last read is kept. */
const TOUCH_INTERVAL_MS = 1000

/** A batch up to this size is always copied, so that neighbours become one buffer, one write and one slice to send. */
const ALWAYS_COPY_BYTES = 4 * 1024
/** A batch from this size on is never copied. */
const NEVER_COPY_BYTES = 16 * 1024
/** Between the two, a batch is copied where its slab is more than so many times as large. */
const MAX_SLAB_RATIO = 4
const MIN_ARENA_BYTES = 4 * 1024
const MAX_ARENA_BYTES = 64 * 1024

/** Neighbouring batches of one segment in one buffer: one kept by reference, or several small ones that were copied. */
export interface Chunk {
  readonly tail: Tail
  readonly segment: Segment
  /** Of the first byte, in the segment file. */
  readonly position: number
  readonly buffer: Buffer
  /** Bytes of `buffer` that hold batches. */
  used: number
  readonly firstOffset: number
  /** Of each batch: where it starts in `buffer`, and its last offset. */
  readonly starts: number[]
  readonly lasts: number[]
  touchedMs: number
  older: Chunk | undefined
  newer: Chunk | undefined
}

/**
 * The memory for tails, shared by all logs of a node. What counts is what is kept from being freed: a slice counts with
 * its whole slab, once. Above the limit the oldest chunk goes, whichever log it belongs to.
 */
export class TailMemory {
  readonly nowMs: () => number
  readonly #limit: number
  readonly #slabs = new Map<ArrayBufferLike, number>()
  #pinnedBytes = 0
  #oldest: Chunk | undefined
  #newest: Chunk | undefined

  /** `nowMs`: the monotonic clock. */
  constructor(limitBytes = MAX_TAIL_BYTES, nowMs: () => number = () => 0) {
    this.#limit = limitBytes
    this.nowMs = nowMs
  }

  get pinnedBytes(): number {
    return this.#pinnedBytes
  }

  add(chunk: Chunk): void {
    chunk.older = this.#newest
    if (this.#newest) this.#newest.newer = chunk
    else this.#oldest = chunk
    this.#newest = chunk
    const slab = chunk.buffer.buffer
    const users = this.#slabs.get(slab) ?? 0
    if (users === 0) {
      hold(chunk.buffer)
      this.#pinnedBytes += slab.byteLength
    }
    this.#slabs.set(slab, users + 1)
    while (this.#pinnedBytes > this.#limit && this.#oldest !== undefined) this.#oldest.tail.evictOldest()
  }

  remove(chunk: Chunk): void {
    if (chunk.older) chunk.older.newer = chunk.newer
    else this.#oldest = chunk.newer
    if (chunk.newer) chunk.newer.older = chunk.older
    else this.#newest = chunk.older
    chunk.older = undefined
    chunk.newer = undefined
    const slab = chunk.buffer.buffer
    const users = this.#slabs.get(slab)! - 1
    if (users > 0) this.#slabs.set(slab, users)
    else {
      this.#slabs.delete(slab)
      this.#pinnedBytes -= slab.byteLength
      release(chunk.buffer)
    }
  }

  /** Lets go of chunks that nobody added to or read since `beforeMs`; gives whether anything is left. */
  evictIdle(beforeMs: number): boolean {
    for (let chunk = this.#oldest; chunk !== undefined; ) {
      const { newer } = chunk
      // Within a tail the older ones are idle for longer, so this one is the oldest of its tail by now.
      if (chunk.touchedMs < beforeMs) chunk.tail.evictOldest()
      chunk = newer
    }
    return this.#oldest !== undefined
  }
}

/** Where an appended batch lies in memory until it is written. */
export interface KeptBytes {
  chunk: Chunk
  start: number
  end: number
}

/** The newest batches of one log, without gaps between them. */
export class Tail {
  readonly #memory: TailMemory
  readonly #limit: number
  /** Oldest first; those before `#first` have been let go. */
  #chunks: Chunk[] = []
  #first = 0
  #bytes = 0
  #arenaBytes = MIN_ARENA_BYTES

  constructor(memory: TailMemory, limitBytes = MAX_TAIL_BYTES_PER_LOG) {
    this.#memory = memory
    this.#limit = limitBytes
  }

  /** Takes a batch that was appended at `position` of `segment`. The bytes must not change any more. */
  add(
    batch: Buffer,
    firstOffset: number,
    lastOffset: number,
    segment: Segment,
    position: number,
    nowMs: number,
  ): KeptBytes {
    const copy = mustCopy(batch)
    const open = this.#chunks.at(-1)
    let chunk = copy && open !== undefined && fits(open, batch, segment, position) ? open : undefined
    const isNew = chunk === undefined
    chunk ??= {
      tail: this,
      segment,
      position,
      buffer: copy ? Buffer.from(new ArrayBuffer(this.#arenaFor(batch.length))) : batch,
      used: 0,
      firstOffset,
      starts: [],
      lasts: [],
      touchedMs: nowMs,
      older: undefined,
      newer: undefined,
    }
    const start = chunk.used
    if (copy) batch.copy(chunk.buffer, start)
    chunk.used += batch.length
    chunk.starts.push(start)
    chunk.lasts.push(lastOffset)
    chunk.touchedMs = nowMs
    this.#bytes += batch.length
    if (isNew) {
      this.#chunks.push(chunk)
      this.#memory.add(chunk)
    }
    while (this.#bytes > this.#limit && this.#first < this.#chunks.length) this.evictOldest()
    return { chunk, start, end: chunk.used }
  }

  /** Small at first and after a pause, larger while a log is busy. */
  #arenaFor(bytes: number): number {
    const arena = Math.max(this.#arenaBytes, bytes)
    this.#arenaBytes = Math.min(2 * this.#arenaBytes, MAX_ARENA_BYTES)
    return arena
  }

  evictOldest(): void {
    const chunk = this.#chunks[this.#first]
    assert(chunk !== undefined, 'there is a chunk to let go')
    this.#memory.remove(chunk)
    this.#bytes -= chunk.used
    this.#first++
    if (this.#first === this.#chunks.length) {
      this.#chunks = []
      this.#first = 0
      this.#arenaBytes = MIN_ARENA_BYTES
    } else if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first)
      this.#first = 0
    }
  }

  clear(): void {
    while (this.#chunks.length > this.#first) this.evictOldest()
  }

  /** What is read at all stays, and with it what comes behind: a reader goes on there. */
  #touchFrom(index: number): void {
    const nowMs = this.#memory.nowMs()
    // Later chunks were touched no earlier, so that most reads need not look at them.
    if (this.#chunks[index]!.touchedMs > nowMs - TOUCH_INTERVAL_MS) return
    for (let at = index; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!
      if (chunk.touchedMs < nowMs) chunk.touchedMs = nowMs
    }
  }

  /**
   * The stored bytes from the batch that holds `offset` (or the next one) on: whole batches that end below `upTo`, of
   * one segment, up to `maxBytes`, the last one possibly cut (D3 to D5). `minOneBatch`: the first one whole whatever
   * its size. Undefined where the batch is not in memory. The bytes are lent (`giveBack` of base/slabs.ts).
   */
  read(offset: number, maxBytes: number, upTo: number, minOneBatch: boolean): TailSlice | undefined {
    const oldest = this.#chunks[this.#first]
    if (oldest === undefined || offset < oldest.firstOffset) return undefined
    let index = this.#chunkOf(offset)
    let chunk = this.#chunks[index]
    if (chunk === undefined) return undefined
    this.#touchFrom(index)
    const batch = firstAtLeast(chunk.lasts, offset)
    const start = chunk.starts[batch]!
    const slice: TailSlice = {
      records: [],
      bytes: 0,
      segment: chunk.segment,
      position: chunk.position + start,
      firstBatchBytes: (chunk.starts[batch + 1] ?? chunk.used) - start,
    }
    const limit = minOneBatch ? Math.max(maxBytes, slice.firstBatchBytes) : maxBytes
    for (let from = start; chunk !== undefined && chunk.segment === slice.segment; from = 0) {
      const end = endBelow(chunk, upTo)
      const to = Math.min(end, from + limit - slice.bytes)
      if (to > from) {
        const part = chunk.buffer.subarray(from, to)
        lend(part)
        slice.records.push(part)
        slice.bytes += to - from
      }
      if (end < chunk.used || slice.bytes >= limit) break
      chunk = this.#chunks[++index]
    }
    return slice
  }

  /** Index of the first chunk that ends at or above `offset`. */
  #chunkOf(offset: number): number {
    let [low, high] = [this.#first, this.#chunks.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#chunks[middle]!.lasts.at(-1)! < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

export interface TailSlice {
  records: Buffer[]
  bytes: number
  segment: Segment
  /** Of the first byte, in the segment file. */
  position: number
  firstBatchBytes: number
}

function mustCopy(batch: Buffer): boolean {
  if (batch.length <= ALWAYS_COPY_BYTES) return true
  return batch.length < NEVER_COPY_BYTES && batch.buffer.byteLength > MAX_SLAB_RATIO * batch.length
}

function fits(chunk: Chunk, batch: Buffer, segment: Segment, position: number): boolean {
  const isArena = chunk.starts.length > 1 || chunk.buffer.length > chunk.used
  return (
    isArena &&
    chunk.segment === segment &&
    chunk.position + chunk.used === position &&
    chunk.used + batch.length <= chunk.buffer.length
  )
}

/** Where the batches that end below `upTo` end in the chunk. */
function endBelow(chunk: Chunk, upTo: number): number {
  if (chunk.lasts.at(-1)! < upTo) return chunk.used
  return chunk.starts[firstAtLeast(chunk.lasts, upTo)]!
}

function firstAtLeast(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
