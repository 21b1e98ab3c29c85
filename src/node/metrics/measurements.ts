import { RecentValues } from '../../base/metrics.ts'
import type { Clock } from '../../base/time.ts'
import { ControllerCounters } from '../../controller/metrics.ts'
import type { RecordLog } from '../../controller/ports.ts'
import type { QuorumLeader } from '../../quorum/metadata-quorum.ts'
import type { QuorumTimes } from './quorum.ts'
import { RequestMetrics } from './requests.ts'
import { LoopIdle } from './saturation.ts'

/** What has to be measured while it happens, since no room keeps it. */
export class Measurements implements QuorumTimes {
  readonly requests: RequestMetrics
  readonly controller = new ControllerCounters()
  readonly commits = new RecentValues()
  readonly elections = new RecentValues()
  readonly loop = new LoopIdle()
  readonly #clock: Clock
  #leaderlessSinceMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.requests = new RequestMetrics(clock)
  }

  /** The metadata log, with the time that commits take. */
  timed(log: RecordLog): RecordLog {
    const clock = this.#clock
    const { commits } = this
    return {
      get nextOffset() {
        return log.nextOffset
      },
      async append(records) {
        const startMs = clock.monotonicMs()
        const offset = await log.append(records)
        const nowMs = clock.monotonicMs()
        commits.record(nowMs - startMs, nowMs)
        return offset
      },
    }
  }

  leaderChanged({ id }: QuorumLeader): void {
    const nowMs = this.#clock.monotonicMs()
    if (id < 0) this.#leaderlessSinceMs ??= nowMs
    else if (this.#leaderlessSinceMs !== undefined) {
      this.elections.record(nowMs - this.#leaderlessSinceMs, nowMs)
      this.#leaderlessSinceMs = undefined
    }
  }
}
