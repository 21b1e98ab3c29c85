import { javaHash } from '../base/hash.ts'
import { NO_LEADER } from '../metadata/image.ts'
import { Fetcher, type FetcherContext } from './fetcher.ts'
import { type Partition, partitionKey } from './partition.ts'

/** The fetchers of a broker: `num.replica.fetchers` for each leader it replicates from, each made when it is needed. */
export class FetcherManager {
  readonly #context: FetcherContext
  readonly #fetchers = new Map<string, Fetcher>()
  /** By key; they failed and are not fetched until their leader epoch changes. */
  readonly #failed = new Map<string, Partition>()
  #fetchersPerLeader: number
  #closed = false

  constructor(context: Omit<FetcherContext, 'failed'>) {
    this.#context = { ...context, failed: (partition) => this.#failed.set(partitionKey(partition), partition) }
    this.#fetchersPerLeader = context.config['num.replica.fetchers']
  }

  /** Partitions that are fetched. */
  get size(): number {
    return this.#sum((fetcher) => fetcher.size)
  }

  /** Records that the partition that is furthest behind its leader's high watermark lacks (MaxLag). */
  get maxLag(): number {
    let max = 0
    for (const fetcher of this.#fetchers.values()) max = Math.max(max, fetcher.maxLag)
    return max
  }

  /** Each fetched partition's lag. */
  *lags(): Generator<{ partition: Partition; lag: number }, void, undefined> {
    for (const fetcher of this.#fetchers.values()) yield* fetcher.lags()
  }

  /** FailedPartitionsCount. */
  get failedPartitions(): number {
    return this.#failed.size
  }

  get fetchers(): number {
    return this.#fetchers.size
  }

  /** Each of these is in a new leader epoch, or gone: whatever was fetched of it is, or is not any more (D58, D81). */
  restart(partitions: Iterable<Partition>): void {
    if (this.#closed) return
    const all = [...partitions]
    for (const partition of all) this.#remove(partition)
    for (const partition of all) {
      if (partition.state === 'follower' && partition.leader !== NO_LEADER) this.#fetcherOf(partition).add(partition)
    }
    this.#closeIdle()
  }

  /** Nothing more is fetched of these. */
  stop(partitions: Iterable<Partition>): void {
    for (const partition of partitions) this.#remove(partition)
    this.#closeIdle()
  }

  /** `num.replica.fetchers` may have changed: partitions find their fetcher by it. */
  resize(partitions: Iterable<Partition>): void {
    const wanted = this.#context.config['num.replica.fetchers']
    if (wanted === this.#fetchersPerLeader) return
    this.#fetchersPerLeader = wanted
    const failed = new Set(this.#failed.values())
    this.restart([...partitions].filter((partition) => partition.state === 'follower' && !failed.has(partition)))
  }

  close(): void {
    this.#closed = true
    for (const fetcher of this.#fetchers.values()) fetcher.close()
    this.#fetchers.clear()
  }

  #remove(partition: Partition): void {
    this.#failed.delete(partitionKey(partition))
    for (const fetcher of this.#fetchers.values()) if (fetcher.remove(partition)) return
  }

  #fetcherOf({ topic, index, leader }: Partition): Fetcher {
    const place = fetcherIndex(topic, index, this.#fetchersPerLeader)
    const key = `${leader}:${place}`
    const known = this.#fetchers.get(key)
    if (known !== undefined) return known
    const fetcher = new Fetcher(leader, place, this.#context)
    this.#fetchers.set(key, fetcher)
    return fetcher
  }

  #closeIdle(): void {
    for (const [key, fetcher] of this.#fetchers) {
      if (!fetcher.isIdle) continue
      fetcher.close()
      this.#fetchers.delete(key)
    }
  }

  #sum(of: (fetcher: Fetcher) => number): number {
    let sum = 0
    for (const fetcher of this.#fetchers.values()) sum += of(fetcher)
    return sum
  }
}

/** Which of a leader's fetchers a partition belongs to (D47); int32 arithmetic as in Java. */
export function fetcherIndex(topic: string, partition: number, fetchers: number): number {
  const hash = (Math.imul(31, javaHash(topic)) + partition) | 0
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % fetchers
}
