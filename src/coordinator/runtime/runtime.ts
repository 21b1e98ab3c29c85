import { ErrorCode } from '../../../protocol/errors.ts'
import type { CoordinatorState, Outcome } from './ports.ts'
import { Shard, type ShardOptions } from './shard.ts'

/**
 * Runs a coordinator whose state is kept in the partitions of an internal topic: one shard for each partition that
 * this node leads.
 *
 * A request becomes an operation on a shard's state that returns records and a response. The records are gathered into
 * a batch, replayed into the state at once, appended, and the response goes out when the high watermark has passed
 * them. If the append fails, the state returns to what is committed (see Timeline and WriteQueue for how and why).
 * The same replay builds the state from the log when the shard is loaded.
 */
export class CoordinatorRuntime<State extends CoordinatorState<Record>, Record> {
  readonly #options: ShardOptions<State, Record>
  readonly #shards = new Map<number, Shard<State, Record>>()
  #closed = false

  constructor(options: ShardOptions<State, Record>) {
    this.#options = options
  }

  /** Settles when the shard is loaded, or will not be. */
  elect(partition: number, leaderEpoch: number): Promise<void> {
    if (this.#closed) return Promise.resolve()
    const shard = this.#shards.get(partition) ?? new Shard(partition, this.#options)
    this.#shards.set(partition, shard)
    return shard.elect(leaderEpoch)
  }

  /** Without an epoch the shard is unloaded in any case, as when the partition is deleted (fact N-E36). */
  resign(partition: number, leaderEpoch?: number): void {
    const shard = this.#shards.get(partition)
    shard?.resign(leaderEpoch)
    if (leaderEpoch === undefined) this.#shards.delete(partition)
  }

  /**
   * Runs an operation. The promise settles when its records are committed. A shard that is not active, or a failure
   * to store the records, becomes a response through `refused`.
   */
  write<T>(
    partition: number,
    operation: (state: State) => Outcome<Record, T>,
    refused: (code: ErrorCode) => T,
  ): Promise<T> {
    const shard = this.#shards.get(partition)
    if (!shard) return Promise.resolve(refused(ErrorCode.NOT_COORDINATOR))
    return new Promise<T>((resolve) => {
      shard.run(operation, (code, response) => resolve(code === ErrorCode.NONE ? (response as T) : refused(code)))
    })
  }

  /** Looks at a state without writing. What it sees of uncommitted records is the caller's choice (TimelineMap). */
  read<T>(partition: number, look: (state: State) => T, refused: (code: ErrorCode) => T): T {
    const shard = this.#shards.get(partition)
    if (shard?.state) return look(shard.state)
    return refused(shard?.availability ?? ErrorCode.NOT_COORDINATOR)
  }

  /** All shards that are loading or active. */
  *shards(): Iterable<{ partition: number; availability: ErrorCode }> {
    for (const { partition, availability, status } of this.#shards.values()) {
      if (status === 'loading' || status === 'active') yield { partition, availability }
    }
  }

  /** Gives up every shard: whoever waits is answered, no timer is left. */
  close(): void {
    this.#closed = true
    for (const shard of this.#shards.values()) shard.resign()
    this.#shards.clear()
  }
}
