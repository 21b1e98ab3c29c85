import { type ApiKey, apiByKey } from '../../../protocol/api/index.ts'
import { counter, DurationHistogram, gauge, type Metric, QUANTILES } from '../../base/metrics.ts'
import type { Clock } from '../../base/time.ts'
import type { Dispatch, IncomingRequest } from '../../net/dispatch.ts'

const REQUESTS = 'kafka_network_requestmetrics'
const FETCH = 1
/** How brokers that follow name themselves. */
const FOLLOWER = /^broker-\d+-fetcher/

interface Counts {
  readonly request: string
  readonly byVersion: number[]
  readonly times: DurationHistogram
}

/** How many requests of each kind there were, and how long they took until their answer was ready (fact E23). */
export class RequestMetrics {
  readonly #clock: Clock
  readonly #counts = new Map<number, Counts>()
  readonly #followers = newCounts('FetchFollower')
  readonly #consumers = newCounts('FetchConsumer')

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts what goes through. */
  measured(dispatch: Dispatch): Dispatch {
    return async (request) => {
      const startMs = this.#clock.monotonicMs()
      try {
        return await dispatch(request)
      } finally {
        this.#record(request, startMs)
      }
    }
  }

  metrics(): Metric[] {
    const nowMs = this.#clock.monotonicMs()
    const all = [...this.#counts.values(), this.#followers, this.#consumers].filter(({ times }) => times.count > 0)
    const requests = all.flatMap(({ request, byVersion }) =>
      byVersion.flatMap((value, version) =>
        value === undefined ? [] : [{ value, labels: { request, version: String(version) } }],
      ),
    )
    const quantiles = all.flatMap(({ request, times }) =>
      QUANTILES.map((part) => ({ value: times.quantile(part, nowMs), labels: { request, quantile: String(part) } })),
    )
    const counts = all.map(({ request, times }) => ({ value: times.count, labels: { request } }))
    return [
      counter(`${REQUESTS}_requests_total`, 'Requests, by kind and version.', requests),
      gauge(`${REQUESTS}_totaltimems`, 'Ms from a request to its answer, of late.', quantiles),
      counter(`${REQUESTS}_totaltimems_count`, 'Requests that were measured.', counts),
    ]
  }

  #record({ header }: IncomingRequest, startMs: number): void {
    const { apiKey, apiVersion, clientId } = header
    const nowMs = this.#clock.monotonicMs()
    let counts = this.#counts.get(apiKey)
    if (counts === undefined) {
      // What is no API is not counted: a peer may send any number.
      const api = apiByKey(apiKey as ApiKey)
      if (api === undefined) return
      counts = newCounts(api.name)
      this.#counts.set(apiKey, counts)
    }
    add(counts, apiVersion, nowMs, startMs)
    if (apiKey === FETCH)
      add(FOLLOWER.test(clientId ?? '') ? this.#followers : this.#consumers, apiVersion, nowMs, startMs)
  }
}

const newCounts = (request: string): Counts => ({ request, byVersion: [], times: new DurationHistogram() })

/** Versions beyond are none that anybody serves. */
const MAX_VERSION = 100

function add({ byVersion, times }: Counts, version: number, nowMs: number, startMs: number): void {
  if (version >= 0 && version <= MAX_VERSION) byVersion[version] = (byVersion[version] ?? 0) + 1
  times.record(nowMs - startMs, nowMs)
}
