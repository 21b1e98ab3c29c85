import { ErrorCode } from '../../protocol/errors.ts'
import type { Offset } from '../base/brand.ts'
import { giveBack } from '../base/slabs.ts'
import type { ReplicaContext } from './context.ts'
import { divergence, isFollower, isHeldBack, leaderOnly, type ReadOutcome, readAll, readBound } from './fetch-read.ts'
import type { Partition } from './partition.ts'
import type { DelayedOperation } from './purgatory.ts'
import type { FetchPartition, FetchPartitionResult, FetchRequest } from './types.ts'

/**
 * Reads from partitions that this broker holds, in the order given. Resolves when there are `minBytes`, when waiting
 * has no sense (an error, a divergence), or after `maxWaitMs` with what there is (D7). Results are in the order asked;
 * their records are slices of the log's memory and must not be written to.
 */
export function fetch(
  context: ReplicaContext,
  asked: FetchRequest,
  partitions: readonly FetchPartition[],
): Promise<FetchPartitionResult[]> {
  const maxBytes = Math.min(asked.maxBytes, context.config['fetch.max.bytes'])
  const request = { ...asked, maxBytes, minBytes: Math.min(asked.minBytes, maxBytes) }
  const outcome = readAll(context, request, partitions, true)
  const answered =
    outcome instanceof Promise
      ? outcome.then((read) => answerOrPark(context, request, partitions, read))
      : answerOrPark(context, request, partitions, outcome)
  return answered.then((results) => counted(context, request, results))
}

function counted(
  context: ReplicaContext,
  request: FetchRequest,
  results: FetchPartitionResult[],
): FetchPartitionResult[] {
  const { traffic, clientTraffic } = context
  clientTraffic.fetchRequests += results.length
  for (const result of results) {
    if (result.errorCode !== ErrorCode.NONE) clientTraffic.failedFetchRequests += 1
    if (result.records.length === 0) continue
    const partition = context.find(result)
    if (typeof partition === 'number') continue
    const bytes = result.records.reduce((sum, { length }) => sum + length, 0)
    if (isFollower(request)) traffic.sent(partition, request.replicaId, bytes)
    else clientTraffic.fetched(partition.topic, bytes)
  }
  return results
}

function answerOrPark(
  context: ReplicaContext,
  request: FetchRequest,
  partitions: readonly FetchPartition[],
  outcome: ReadOutcome,
): Promise<FetchPartitionResult[]> {
  const { results, bytes, isUrgent } = outcome
  if (request.maxWaitMs <= 0 || partitions.length === 0 || bytes >= request.minBytes || isUrgent) {
    return Promise.resolve(results)
  }
  for (const { records } of results) giveBack(records)
  return new Promise((resolve) => {
    const parked = new ParkedFetch(context, request, partitions, outcome, resolve)
    if (!parked.tryCompleteAll()) context.fetches.park(parked, parked.watched(), request.maxWaitMs)
  })
}

/** A fetch that found too little. It counts what comes and reads all again when there is enough. */
class ParkedFetch implements DelayedOperation<Partition> {
  readonly #context: ReplicaContext
  readonly #request: FetchRequest
  readonly #asked: readonly FetchPartition[]
  readonly #partitions: readonly Partition[]
  readonly #resolve: (results: FetchPartitionResult[] | Promise<FetchPartitionResult[]>) => void
  /** By place: bytes there are for it, and up to where they were counted. */
  readonly #counted: number[]
  readonly #countedTo: Offset[]
  #bytes = 0

  constructor(
    context: ReplicaContext,
    request: FetchRequest,
    asked: readonly FetchPartition[],
    outcome: ReadOutcome,
    resolve: (results: FetchPartitionResult[] | Promise<FetchPartitionResult[]>) => void,
  ) {
    this.#context = context
    this.#request = request
    this.#asked = asked
    // Without an error every partition was found.
    this.#partitions = outcome.partitions as Partition[]
    this.#resolve = resolve
    this.#counted = asked.map(() => 0)
    this.#countedTo = asked.map(({ fetchOffset }) => fetchOffset)
  }

  watched(): Partition[] {
    return [...new Set(this.#partitions)]
  }

  tryCompleteAll(): boolean {
    for (let place = 0; place < this.#asked.length; place++) if (this.#isEnough(place)) return this.#complete()
    return false
  }

  tryComplete(changed: Partition): boolean {
    let place = this.#partitions.indexOf(changed)
    for (; place >= 0; place = this.#partitions.indexOf(changed, place + 1)) {
      if (this.#isEnough(place)) return this.#complete()
    }
    return false
  }

  expire(): void {
    this.#complete()
  }

  #complete(): true {
    const outcome = readAll(this.#context, this.#request, this.#asked, false)
    this.#resolve(outcome instanceof Promise ? outcome.then(({ results }) => results) : outcome.results)
    return true
  }

  /** Whether the fetch is to be answered because of this partition (D7, D8). */
  #isEnough(place: number): boolean {
    const partition = this.#partitions[place]!
    const asked = this.#asked[place]!
    const { log } = partition
    if (partition.check(asked.currentLeaderEpoch, leaderOnly(this.#request)) !== ErrorCode.NONE) return true
    if (divergence(partition, asked) !== undefined) return true
    if (asked.fetchOffset > log.logEndOffset || asked.fetchOffset < log.logStartOffset) return true
    if (isHeldBack(this.#context, partition, this.#request)) return false
    const bound = readBound(partition, this.#request)
    if (bound <= this.#countedTo[place]! || asked.partitionMaxBytes <= this.#counted[place]!) return false
    // Data of two segments never comes together, so waiting for more would be in vain.
    if (this.#request.minBytes <= 1 || log.isInOlderSegment(asked.fetchOffset, bound)) return true
    return this.#count(place, partition, bound)
  }

  #count(place: number, partition: Partition, upTo: Offset): boolean {
    const room = this.#asked[place]!.partitionMaxBytes - this.#counted[place]!
    const slice = partition.log.read({
      offset: this.#countedTo[place]!,
      maxBytes: room,
      upTo,
      minOneBatch: false,
    })
    // Not in memory: it is there, and old.
    if (slice instanceof Promise) {
      slice.catch(() => {})
      return true
    }
    giveBack(slice.records)
    this.#counted[place] = this.#counted[place]! + slice.bytes
    this.#countedTo[place] = upTo
    this.#bytes += slice.bytes
    return this.#bytes >= this.#request.minBytes
  }
}
