/**
 * What can be measured, read when somebody asks: rooms keep plain numbers, and whoever shows them makes these of them.
 * Names and labels are those under which Apache Kafka's metrics are known to Prometheus.
 */
export interface Metric {
  readonly name: string
  readonly help: string
  /** A counter grows only, as long as the process lives. */
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly Sample[]
}

export interface Sample {
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

export const gauge = (name: string, help: string, value: number | readonly Sample[]): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: typeof value === 'number' ? [{ value }] : value,
})

export const counter = (name: string, help: string, value: number | readonly Sample[]): Metric => ({
  ...gauge(name, help, value),
  type: 'counter',
})

/** Buckets a power of two, and how many there are: from a microsecond to an hour, each 9 % wide. */
const STEPS = 8
const BUCKETS = 32 * STEPS
/** What is older than one of these, at most two, does not count for quantiles. */
const WINDOW_MS = 60_000

/** Durations of late, and how many there ever were. Recording one allocates nothing. */
export class DurationHistogram {
  /** All that were ever recorded. */
  count = 0
  #current = new Uint32Array(BUCKETS)
  #last = new Uint32Array(BUCKETS)
  #windowEndMs = Number.NEGATIVE_INFINITY

  record(durationMs: number, nowMs: number): void {
    if (nowMs >= this.#windowEndMs) this.#turn(nowMs)
    this.count += 1
    const bucket = (Math.log2(durationMs * 1000 + 1) * STEPS) | 0
    this.#current[Math.min(bucket, BUCKETS - 1)]! += 1
  }

  /** Milliseconds below which this part of them is, to 9 %; 0 where there is none. */
  quantile(part: number, nowMs: number): number {
    if (nowMs >= this.#windowEndMs) this.#turn(nowMs)
    let total = 0
    for (let i = 0; i < BUCKETS; i++) total += this.#current[i]! + this.#last[i]!
    let left = Math.ceil(part * total)
    if (left === 0) return 0
    let bucket = -1
    while (left > 0) left -= this.#current[++bucket]! + this.#last[bucket]!
    return (2 ** ((bucket + 1) / STEPS) - 1) / 1000
  }

  #turn(nowMs: number): void {
    const stale = nowMs >= this.#windowEndMs + WINDOW_MS
    const spare = this.#last.fill(0)
    this.#last = stale ? spare : this.#current
    this.#current = stale ? this.#current.fill(0) : spare
    this.#windowEndMs = nowMs + WINDOW_MS
  }
}

export const QUANTILES = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999] as const

/** Mean and maximum of what was recorded of late, as Kafka's sensors have them. */
export class RecentValues {
  #sums = [0, 0]
  #counts = [0, 0]
  #maxima = [0, 0]
  #windowEndMs = Number.NEGATIVE_INFINITY

  record(value: number, nowMs: number): void {
    this.#turn(nowMs)
    this.#sums[0]! += value
    this.#counts[0]! += 1
    this.#maxima[0] = Math.max(this.#maxima[0]!, value)
  }

  /** NaN where there is none. */
  average(nowMs: number): number {
    this.#turn(nowMs)
    return (this.#sums[0]! + this.#sums[1]!) / (this.#counts[0]! + this.#counts[1]!)
  }

  /** NaN where there is none. */
  max(nowMs: number): number {
    this.#turn(nowMs)
    return this.#counts[0]! + this.#counts[1]! === 0 ? Number.NaN : Math.max(...this.#maxima)
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#windowEndMs) return
    const stale = nowMs >= this.#windowEndMs + WINDOW_MS
    for (const values of [this.#sums, this.#counts, this.#maxima]) {
      values[1] = stale ? 0 : values[0]!
      values[0] = 0
    }
    this.#windowEndMs = nowMs + WINDOW_MS
  }
}
