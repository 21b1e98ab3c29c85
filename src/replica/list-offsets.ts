import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Offset } from '../base/brand.ts'
import type { ReplicaContext } from './context.ts'
import { errorCodeOf } from './error-code.ts'
import { READ_COMMITTED } from './fetch-read.ts'
import type { Partition } from './partition.ts'
import type { ListOffsetsEntry, ListOffsetsRequest, ListOffsetsResult } from './types.ts'

/** Timestamps that stand for a place in the log, and the ListOffsets version that brought each. */
export const SPECIAL_TIMESTAMP = {
  LATEST: -1,
  EARLIEST: -2,
  /** The record with the largest timestamp (KIP-734). */
  MAX_TIMESTAMP: -3,
  /** On this broker's disk, as opposed to a tier (KIP-405). */
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  /** Not uploaded to the tier yet (KIP-1023). */
  EARLIEST_PENDING_UPLOAD: -6,
} as const
const KNOWN_SINCE: Readonly<Record<number, number>> = { [-1]: 0, [-2]: 0, [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11 }
/** OFFSET_NOT_AVAILABLE is known to clients; before, LEADER_NOT_AVAILABLE says it (KIP-207). */
const NOT_AVAILABLE_SINCE = 5
/** The DEBUGGING replica: reads from any replica, to the log end. */
const DEBUGGING_REPLICA = -2

interface Found {
  offset: Offset
  timestamp: number
  leaderEpoch: number
}
const NOTHING: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 }

/** Offsets by time. Results are in the order of the entries; each succeeds or fails alone. */
export async function listOffsets(
  context: ReplicaContext,
  request: ListOffsetsRequest,
  entries: readonly ListOffsetsEntry[],
): Promise<ListOffsetsResult[]> {
  const repeated = repeatedPartitions(entries)
  const results: ListOffsetsResult[] = []
  for (const entry of entries) {
    if (repeated.has(keyOf(entry))) results.push(refusal(entry, ErrorCode.INVALID_REQUEST))
    else results.push(await listOne(context, request, entry))
  }
  return results
}

const keyOf = (entry: ListOffsetsEntry): string => `${entry.topic}:${entry.partition}`

function repeatedPartitions(entries: readonly ListOffsetsEntry[]): Set<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const entry of entries) {
    const key = keyOf(entry)
    if (seen.has(key)) repeated.add(key)
    seen.add(key)
  }
  return repeated
}

function refusal(entry: ListOffsetsEntry, errorCode: ErrorCode): ListOffsetsResult {
  const { topic, partition } = entry
  return { topic, partition, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1, oldStyleOffsets: [] }
}

async function listOne(
  context: ReplicaContext,
  request: ListOffsetsRequest,
  entry: ListOffsetsEntry,
): Promise<ListOffsetsResult> {
  const { timestamp } = entry
  if (timestamp < 0 && !(request.apiVersion >= (KNOWN_SINCE[timestamp] ?? Number.POSITIVE_INFINITY))) {
    return refusal(entry, ErrorCode.UNSUPPORTED_VERSION)
  }
  const partition = context.find({ topic: entry.topic, topicId: ZERO_UUID, partition: entry.partition })
  if (typeof partition === 'number') return refusal(entry, partition)
  const code = partition.check(entry.currentLeaderEpoch, request.replicaId !== DEBUGGING_REPLICA)
  if (code !== ErrorCode.NONE) return refusal(entry, code)
  try {
    if (request.apiVersion === 0) return oldStyle(context, request, entry, partition)
    return { ...refusal(entry, ErrorCode.NONE), ...(await lookUp(request, entry, partition)) }
  } catch (error) {
    const code = errorCodeOf(error)
    const now = partition.check(-1, false)
    return refusal(entry, now === ErrorCode.NONE ? code : now)
  }
}

/** Where the caller's reading ends: a consumer's at the high watermark or last stable offset, a replica's at the end. */
function readableEnd(request: ListOffsetsRequest, partition: Partition): Offset {
  if (request.replicaId !== -1) return partition.log.logEndOffset
  return request.isolationLevel === READ_COMMITTED ? partition.lastStableOffset : partition.highWatermark
}

async function lookUp(request: ListOffsetsRequest, entry: ListOffsetsEntry, partition: Partition): Promise<Found> {
  const { log } = partition
  switch (entry.timestamp) {
    case SPECIAL_TIMESTAMP.LATEST:
      refuseIfUnsettled(request, partition)
      return { offset: readableEnd(request, partition), timestamp: -1, leaderEpoch: partition.leaderEpoch }
    case SPECIAL_TIMESTAMP.EARLIEST:
    case SPECIAL_TIMESTAMP.EARLIEST_LOCAL:
      return { offset: log.logStartOffset, timestamp: -1, leaderEpoch: log.epochOf(log.logStartOffset) }
    // Nothing is tiered here.
    case SPECIAL_TIMESTAMP.LATEST_TIERED:
    case SPECIAL_TIMESTAMP.EARLIEST_PENDING_UPLOAD:
      return NOTHING
  }
  const found =
    entry.timestamp === SPECIAL_TIMESTAMP.MAX_TIMESTAMP
      ? await log.maxTimestamp()
      : await log.offsetForTimestamp(entry.timestamp)
  if (found !== undefined && found.offset < readableEnd(request, partition)) return found
  refuseIfUnsettled(request, partition)
  return NOTHING
}

/** A new leader that does not yet know what is committed must not let a consumer's idea of the end go back (D35). */
function refuseIfUnsettled(request: ListOffsetsRequest, partition: Partition): void {
  if (request.replicaId !== -1 || partition.knowsLatest) return
  const known = request.apiVersion >= NOT_AVAILABLE_SINCE
  throw new ProtocolError(known ? ErrorCode.OFFSET_NOT_AVAILABLE : ErrorCode.LEADER_NOT_AVAILABLE)
}

/**
 * v0: up to `maxNumOffsets` offsets at which segments begin, and the log's end, newest first; those whose segment was
 * last written at or before the timestamp (D36). Consumers see the high watermark in place of what lies above it.
 */
function oldStyle(
  context: ReplicaContext,
  request: ListOffsetsRequest,
  entry: ListOffsetsEntry,
  partition: Partition,
): ListOffsetsResult {
  const { log } = partition
  const marks = log.segments.map(({ baseOffset, sizeBytes, modifiedMs }) => ({
    offset: Math.max(baseOffset, log.logStartOffset),
    modifiedMs,
    sizeBytes,
  }))
  if (marks.at(-1)!.sizeBytes > 0) {
    marks.push({ offset: log.logEndOffset, modifiedMs: context.clock.wallMs(), sizeBytes: 0 })
  }
  let newest = marks.length - 1
  if (entry.timestamp === SPECIAL_TIMESTAMP.EARLIEST) newest = 0
  else if (entry.timestamp >= 0) newest = marks.findLastIndex(({ modifiedMs }) => modifiedMs <= entry.timestamp)
  const count = Math.max(0, Math.min(entry.maxNumOffsets ?? 1, newest + 1))
  let offsets = marks.slice(newest + 1 - count, newest + 1).map(({ offset }) => offset)
  offsets.sort((a, b) => b - a)
  const { highWatermark } = partition
  if (request.replicaId === -1 && offsets.some((offset) => offset > highWatermark)) {
    offsets = [highWatermark, ...offsets.filter((offset) => offset <= highWatermark)]
  }
  return { ...refusal(entry, ErrorCode.NONE), oldStyleOffsets: offsets }
}
