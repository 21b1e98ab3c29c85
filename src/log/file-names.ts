import path from 'node:path'

/** Names inside a log directory (B1, B2). */
export const LOG_SUFFIX = '.log'
export const OFFSET_INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TXN_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
export const DELETED_SUFFIX = '.deleted'
export const CLEANED_SUFFIX = '.cleaned'
export const SWAP_SUFFIX = '.swap'
export const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint'
export const PARTITION_METADATA_FILE = 'partition.metadata'

/** The files of one segment, the log itself first. */
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX] as const

const MAX_NAME_LENGTH = 255
/** Ends the name of a partition's folder in the directory that it moves to. */
const FUTURE_SUFFIX = '-future'
const NO_HEX = '0'.repeat(32)

export function segmentFile(dir: string, baseOffset: number, suffix: string): string {
  return path.join(dir, String(baseOffset).padStart(20, '0') + suffix)
}

/** The 20 digits at the start of a segment's or snapshot's file name; undefined for other files. */
export function offsetOfFile(name: string): number | undefined {
  const match = /^(\d{20})\./.exec(name)
  return match ? Number(match[1]) : undefined
}

export interface TopicPartition {
  topic: string
  partition: number
}

export function partitionDirName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** `topic-partition.<32 hex>-future`, for what `canMove`. */
export const futureDirName = (of: TopicPartition, hex: string): string =>
  `${partitionDirName(of)}.${hex}${FUTURE_SUFFIX}`

/** False where the topic's name is so long that no folder can have the one of a partition that moves. */
export const canMove = (of: TopicPartition): boolean => futureDirName(of, NO_HEX).length <= MAX_NAME_LENGTH

export const isFutureDir = (dir: string): boolean => dir.endsWith(FUTURE_SUFFIX)

/** `topic-partition.<32 hex>-delete` and the like; the topic is cut where the name would be too long. */
export function suffixedDirName({ topic, partition }: TopicPartition, hex: string, kind: 'delete' | 'stray'): string {
  const rest = `-${partition}.${hex}-${kind}`
  return topic.slice(0, MAX_NAME_LENGTH - rest.length) + rest
}

export type DirKind = 'log' | 'delete' | 'stray' | 'future'

/** What a directory in a log dir is; undefined where the name is none that a log could have. */
export function parseDirName(name: string): (TopicPartition & { kind: DirKind }) | undefined {
  const marked = /^(.+)\.[0-9a-f]{32}-(delete|stray|future)$/.exec(name)
  const plain = marked?.[1] ?? name
  const dash = plain.lastIndexOf('-')
  const digits = plain.slice(dash + 1)
  if (dash <= 0 || !/^\d{1,10}$/.test(digits)) return undefined
  return { topic: plain.slice(0, dash), partition: Number(digits), kind: (marked?.[2] as DirKind) ?? 'log' }
}
