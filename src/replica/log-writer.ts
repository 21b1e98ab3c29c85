import { DiskError } from '../base/disk.ts'
import type { Timers } from '../base/time.ts'
import type { Partition } from './partition.ts'

/**
 * Gathers what is appended in one turn of the event loop: each log with new bytes gets one write at the end of it. A
 * reply to the append leaves after that write, so that acknowledged means handed to the system, and many requests cost
 * one system call.
 */
export class LogWriter {
  readonly #timers: Timers
  readonly #onWritten: (partition: Partition, highWatermarkMoved: boolean) => void
  readonly #onFailure: (partition: Partition, error: DiskError) => void
  #dirty = new Set<Partition>()

  constructor(options: {
    timers: Timers
    onWritten: (partition: Partition, highWatermarkMoved: boolean) => void
    onFailure: (partition: Partition, error: DiskError) => void
  }) {
    this.#timers = options.timers
    this.#onWritten = options.onWritten
    this.#onFailure = options.onFailure
  }

  /** The partition's log has bytes that are not written. */
  add(partition: Partition): void {
    if (this.#dirty.size === 0) this.#timers.soon(() => this.flush())
    this.#dirty.add(partition)
  }

  /** Writes now; afterwards nothing is gathered. Callers whose partitions must be synced wait for their own waiters. */
  flush(): void {
    const dirty = this.#dirty
    if (dirty.size === 0) return
    this.#dirty = new Set()
    for (const partition of dirty) this.#write(partition)
  }

  #write(partition: Partition): void {
    if (partition.state === 'offline' || partition.state === 'deleted') return
    const { log } = partition
    const end = log.logEndOffset
    const waiters = partition.takeWriteWaiters()
    const { cuts } = partition
    const written = () => {
      // Cut while it was synced: what was written then may be gone, and the cut has seen to the rest.
      const moved = partition.cuts === cuts && partition.written(end)
      for (const waiter of waiters) waiter.written(partition)
      this.#onWritten(partition, moved)
    }
    const failed = (error: unknown) => {
      if (!(error instanceof DiskError)) throw error
      // The replica has moved meanwhile: all of it is in the log that has taken the place of this one.
      if (partition.log !== log && partition.log.failure === undefined) {
        written()
        return
      }
      for (const waiter of waiters) waiter.failed(partition)
      // The files of a deleted replica may vanish under an fsync: no reason to give up the directory.
      if (partition.state === 'deleted') return
      this.#onFailure(partition, error)
    }
    let syncing: void | Promise<void>
    try {
      syncing = log.write()
    } catch (error) {
      failed(error)
      return
    }
    if (syncing === undefined) written()
    // Not a DiskError: thrown into nowhere on purpose, the process stops on an unhandled rejection.
    else syncing.then(written, failed)
  }
}
