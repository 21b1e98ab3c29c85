import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-lines.ts'
import { parseInt32, parseInt53 } from './numbers.ts'

export interface EpochEntry {
  epoch: number
  /** First offset written under this leader epoch. */
  startOffset: number
}

/** Text of a partition's leader-epoch-checkpoint (KIP-101). Entries ascend in both fields. */
export function encodeLeaderEpochCheckpoint(entries: Iterable<EpochEntry>): string {
  return encodeCheckpoint(Array.from(entries, ({ epoch, startOffset }) => `${epoch} ${startOffset}`))
}

/** @throws DecodeError */
export function decodeLeaderEpochCheckpoint(text: string): EpochEntry[] {
  return decodeCheckpoint(text, 'leader epoch checkpoint', 2).map(([epoch, startOffset]) => ({
    epoch: parseInt32(epoch, 'leader epoch checkpoint: epoch'),
    startOffset: parseInt53(startOffset, 'leader epoch checkpoint: offset'),
  }))
}
