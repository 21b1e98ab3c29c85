import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-lines.ts'
import { parseInt32, parseInt53 } from './numbers.ts'

export interface OffsetCheckpointEntry {
  topic: string
  partition: number
  offset: number
}

/**
 * Text of recovery-point-offset-checkpoint, log-start-offset-checkpoint, replication-offset-checkpoint and
 * cleaner-offset-checkpoint, which are one format.
 */
export function encodeOffsetCheckpoint(entries: Iterable<OffsetCheckpointEntry>): string {
  return encodeCheckpoint(Array.from(entries, ({ topic, partition, offset }) => `${topic} ${partition} ${offset}`))
}

/** Entries in any order. @throws DecodeError */
export function decodeOffsetCheckpoint(text: string): OffsetCheckpointEntry[] {
  return decodeCheckpoint(text, 'offset checkpoint', 3).map(([topic, partition, offset]) => ({
    topic: topic!,
    partition: parseInt32(partition, 'offset checkpoint: partition'),
    offset: parseInt53(offset, 'offset checkpoint: offset'),
  }))
}
