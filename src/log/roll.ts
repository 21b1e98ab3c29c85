import type { BatchView } from '../../protocol/records/batch.ts'
import { isCompacted, segmentBytes, type TopicConfig } from './config.ts'
import type { LogEnvironment } from './environment.ts'
import { Segment } from './segment.ts'

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
