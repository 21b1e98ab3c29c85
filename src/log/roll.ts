import type { BatchView } from '../../protocol/records/batch.ts'
import { assert } from '../base/assert.ts'
import { isCompacted, segmentBytes, type TopicConfig } from './config.ts'
import type { LogEnvironment } from './environment.ts'
import type { Flusher } from './flusher.ts'
import type { ProducerState } from './producer-state.ts'
import { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/** Whether the active segment must end before these batches are appended (B17 to B20). */
export function mustRoll(active: Segment, batches: readonly BatchView[], config: TopicConfig, nowMs: number): boolean {
  let bytes = 0
  let maxTimestamp = -1
  for (const batch of batches) {
    bytes += batch.sizeInBytes
    maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp)
  }
  return (
    active.sizeBytes > segmentBytes(config) - bytes ||
    (active.sizeBytes > 0 && isOld(active, maxTimestamp, config, nowMs)) ||
    active.offsetIndex.isFull ||
    active.timeIndex.isFull ||
    !active.holdsOffset(batches.at(-1)!.lastOffset)
  )
}

/** B18: by the time in the records; by the clock where the first batch has none. */
function isOld(active: Segment, maxTimestamp: number, config: TopicConfig, nowMs: number): boolean {
  const compaction = isCompacted(config) ? config['max.compaction.lag.ms'] : Number.POSITIVE_INFINITY
  const limit = Math.min(config['segment.ms'], compaction)
  const first = active.firstTimestamp()
  const waited = first >= 0 ? maxTimestamp - first : nowMs - active.createdMs
  return waited > limit - active.rollJitterMs
}

/** A segment of the log in `dir`. `fresh`: without files, or with files whose content does not count. */
export function segmentOf(
  environment: LogEnvironment,
  dir: string,
  baseOffset: number,
  config: TopicConfig,
  fresh: boolean,
): Segment {
  const { disk, files, clock, random } = environment
  const jitter = Math.min(config['segment.jitter.ms'], config['segment.ms'], 2 ** 31 - 1)
  const segment = new Segment({
    disk,
    files,
    dir,
    baseOffset,
    maxIndexBytes: config['segment.index.bytes'],
    createdMs: clock.wallMs(),
    fresh,
  })
  // B21: so that segments of a topic that began together do not all end together.
  if (jitter > 0) segment.rollJitterMs = random.below(jitter)
  return segment
}

/** What is rolled. */
export interface RolledLog {
  readonly environment: LogEnvironment
  readonly dir: string
  readonly config: TopicConfig
  readonly segments: Segments
  readonly producers: ProducerState
  readonly flusher: Flusher
  /** Hands what is queued to the system. */
  handOver(): void
}

/** Begins segments. */
export class Roller {
  readonly #log: RolledLog

  constructor(log: RolledLog) {
    this.#log = log
  }

  /** Ends the active segment and begins one at `baseOffset`. */
  roll(baseOffset: number): void {
    const { segments, producers, flusher } = this.#log
    const { active } = segments
    if (active.baseOffset === baseOffset) {
      assert(active.sizeBytes === 0, 'a segment that holds nothing begins where it ends')
      this.#recreate(active)
      return
    }
    this.#log.handOver()
    active.close()
    flusher.ended(active)
    producers.advanceTo(baseOffset)
    producers.takeSnapshot()
    this.addSegment(baseOffset)
    flusher.flush(baseOffset).catch(() => {
      // A failed flush has taken the log offline already, and whoever waits for this log is told.
    })
  }

  /** An empty segment that cannot take the append, such as one with an index that is full from the start. */
  #recreate(active: Segment): void {
    this.#log.segments.remove([active])
    active.removeFiles(false)
    this.addSegment(active.baseOffset)
  }

  addSegment(baseOffset: number): void {
    const { environment, dir, config, segments, flusher } = this.#log
    const segment = segmentOf(environment, dir, baseOffset, config, true)
    segment.removeLeftovers()
    segment.create(config.preallocate ? segmentBytes(config) : 0)
    segments.add(segment)
    flusher.namesChanged()
  }
}
