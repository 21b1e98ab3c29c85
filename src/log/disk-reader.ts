import { ProtocolError } from '../../protocol/errors.ts'
import { BATCH_OVERHEAD, BatchView, claimedBatchSize, HEADER_UP_TO_MAGIC } from '../../protocol/records/batch.ts'
import type { DiskFile } from '../base/disk.ts'

/** What a reader wants next: up to `length` bytes from `position` on. It gets fewer only at the end of the file. */
export interface ReadStep {
  position: number
  length: number
}

/**
 * Code that reads a file without saying how: it yields what it wants to read and is given the bytes. `runSync` is for
 * start-up, `runAsync` for everything while clients are served, since a read outside the page cache may take long.
 */
export type Reading<T> = Generator<ReadStep, T, Buffer>

export function runSync<T>(file: DiskFile, reading: Reading<T>): T {
  let step = reading.next()
  while (!step.done) {
    const into = Buffer.allocUnsafeSlow(step.value.length)
    const length = file.read(step.value.position, into)
    step = reading.next(into.subarray(0, length))
  }
  return step.value
}

export async function runAsync<T>(file: DiskFile, reading: Reading<T>): Promise<T> {
  let step = reading.next()
  while (!step.done) {
    const into = Buffer.allocUnsafeSlow(step.value.length)
    const length = await file.readAsync(step.value.position, into)
    step = reading.next(into.subarray(0, length))
  }
  return step.value
}

/** Bytes read at a time where only headers are wanted. */
export const SCAN_WINDOW_BYTES = 16 * 1024

/** A batch on disk. Only the bytes of its header are sure to be in the view's buffer. */
export interface LocatedBatch {
  batch: BatchView
  position: number
}

/**
 * The first batch in [position, end) that `matches`, reading headers only. Undefined at the end, or where the bytes
 * are no batch: a reader of a damaged file finds nothing behind the damage.
 */
export function* findBatch(
  position: number,
  end: number,
  matches: (batch: BatchView, position: number) => boolean,
): Reading<LocatedBatch | undefined> {
  let window: Buffer = Buffer.alloc(0)
  let windowAt = position
  for (let at = position; at + HEADER_UP_TO_MAGIC <= end; ) {
    if (at - windowAt + Math.min(BATCH_OVERHEAD, end - at) > window.length) {
      window = yield { position: at, length: Math.min(SCAN_WINDOW_BYTES, end - at) }
      windowAt = at
    }
    const batch = headerAt(window, at - windowAt)
    if (batch === undefined || at + batch.sizeInBytes > end) return undefined
    if (matches(batch, at)) return { batch, position: at }
    at += batch.sizeInBytes
  }
  return undefined
}

/** The batch whose header begins at `at`, if the bytes there can be one and hold all of the header. */
export function headerAt(buffer: Buffer, at: number): BatchView | undefined {
  const size = claimedSize(buffer, at)
  if (size === undefined || buffer.length - at < Math.min(size, BATCH_OVERHEAD)) return undefined
  return new BatchView(buffer, at, size)
}

/** Bytes of the batch at `at`; undefined where there is none. */
function claimedSize(buffer: Buffer, at: number): number | undefined {
  if (buffer.length - at < HEADER_UP_TO_MAGIC) return undefined
  try {
    return claimedBatchSize(buffer, at)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** Bytes read at a time where whole batches are wanted one after the other. */
const BATCH_WINDOW_BYTES = 1024 * 1024

/**
 * Calls `visit` with each whole batch in [position, end); it shares memory with its neighbours. Stops behind the last whole one, where the bytes are no
 * batch, or where `visit` says false (that batch then counts as not read). Gives the position where it stopped.
 */
export function* eachBatch(
  position: number,
  end: number,
  visit: (batch: BatchView, position: number) => boolean,
): Reading<number> {
  let window: Buffer = Buffer.alloc(0)
  let windowAt = position
  let at = position
  while (at + HEADER_UP_TO_MAGIC <= end) {
    if (at - windowAt + HEADER_UP_TO_MAGIC > window.length) {
      window = yield { position: at, length: Math.min(BATCH_WINDOW_BYTES, end - at) }
      windowAt = at
      if (window.length < HEADER_UP_TO_MAGIC) break
    }
    const size = claimedSize(window, at - windowAt)
    if (size === undefined || size > end - at) break
    if (at - windowAt + size > window.length) {
      window = yield { position: at, length: Math.min(Math.max(size, BATCH_WINDOW_BYTES), end - at) }
      windowAt = at
      if (window.length < size) break
    }
    if (!visit(new BatchView(window, at - windowAt, size), at)) break
    at += size
  }
  return at
}
