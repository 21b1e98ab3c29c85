import { type ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { BatchView } from '../../protocol/records/batch.ts'
import type { CoordinatorLog } from '../../src/coordinator/runtime/ports.ts'

interface Waiting {
  partition: number
  lastOffset: number
  resolve: (result: { lastOffset: number }) => void
  reject: (error: unknown) => void
}

/** Partitions in memory whose high watermark moves at once, or when told. */
export class MemoryLog implements CoordinatorLog {
  readonly batches = new Map<number, Buffer[]>()
  /** Appends answered by hand from now on. */
  isHeld = false
  /** The next append fails with it and leaves nothing in the log. */
  failNext: ErrorCode | undefined
  readonly #waiting: Waiting[] = []

  append(partition: number, batch: Buffer): Promise<{ lastOffset: number }> {
    if (this.failNext !== undefined) {
      const code = this.failNext
      this.failNext = undefined
      return Promise.reject(new ProtocolError(code))
    }
    const batches = this.batches.get(partition) ?? []
    this.batches.set(partition, batches)
    const view = BatchView.at(Buffer.from(batch))
    const last = batches.at(-1)
    view.setBaseOffset(last ? BatchView.at(last).nextOffset : 0)
    batches.push(view.bytes)
    const { lastOffset } = view
    if (!this.isHeld) return Promise.resolve({ lastOffset })
    return new Promise((resolve, reject) => this.#waiting.push({ partition, lastOffset, resolve, reject }))
  }

  async *read(partition: number): AsyncIterable<Buffer> {
    yield* [...(this.batches.get(partition) ?? [])]
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** The high watermark passes the oldest batch that waits. */
  commitNext(): void {
    const { lastOffset, resolve } = this.#waiting.shift()!
    resolve({ lastOffset })
  }

  /** The oldest batch that waits fails; it stays in the log unless `isGone`. */
  rejectNext(code: ErrorCode, isGone = true): void {
    const { partition, reject } = this.#waiting.shift()!
    if (isGone) this.batches.get(partition)!.pop()
    reject(new ProtocolError(code))
  }
}
