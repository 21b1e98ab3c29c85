import { hold, release } from '../base/slabs.ts'
import type { Segment } from './segment.ts'
import type { Chunk, KeptBytes } from './tail.ts'

/** Bytes appended and not yet handed to the system. */
interface Queued {
  segment: Segment
  position: number
  chunk: Chunk
  start: number
  end: number
  lastOffset: number
}

/** What waits for the next write of a log, in order, without gaps. Holds the bytes, no copies. */
export class WriteQueue {
  #queued: Queued[] = []

  get isEmpty(): boolean {
    return this.#queued.length === 0
  }

  add(segment: Segment, position: number, lastOffset: number, kept: KeptBytes): void {
    const last = this.#queued.at(-1)
    if (last !== undefined && last.chunk === kept.chunk && last.end === kept.start) {
      last.end = kept.end
      last.lastOffset = lastOffset
    } else {
      hold(kept.chunk.buffer)
      this.#queued.push({ segment, position, lastOffset, ...kept })
    }
  }

  /**
   * Hands all of it to the system, one gathered write for each segment; `written` is told the last offset after each.
   * @throws DiskError: the queue stays as it is, and the log is not to go on
   */
  write(written: (lastOffset: number) => void): void {
    const queued = this.#queued
    for (let from = 0; from < queued.length; ) {
      const { segment, position } = queued[from]!
      const buffers: Buffer[] = []
      let bytes = 0
      let to = from
      for (; to < queued.length && queued[to]!.segment === segment; to++) {
        const { chunk, start, end } = queued[to]!
        buffers.push(chunk.buffer.subarray(start, end))
        bytes += end - start
      }
      segment.write(position, buffers, bytes)
      written(queued[to - 1]!.lastOffset)
      from = to
    }
    this.clear()
  }

  clear(): void {
    for (const { chunk } of this.#queued) release(chunk.buffer)
    this.#queued = []
  }
}
