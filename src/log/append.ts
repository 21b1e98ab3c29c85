import type { BatchView } from '../../protocol/records/batch.ts'
import { parseMarker } from '../../protocol/records/control.ts'
import { readRecords } from '../../protocol/records/record.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import { firstOffset } from './producer-entry.ts'
import type { AppendOrigin, ProducerState } from './producer-state.ts'
import type { Verification } from './verifications.ts'

/** What an append says and gives, and what is looked at before the batches are taken. */

export interface LeaderAppend {
  leaderEpoch: number
  origin: Exclude<AppendOrigin, 'replication'>
  /** The wall clock. */
  nowMs: number
  /** Of Produce, for origin client. */
  version?: number
  /** Of the marker that is appended (KIP-1228); 0 unless told. */
  transactionVersion?: number
  /** A batch that begins a transaction must be confirmed: by what `startVerification` gave, null for nothing (C35). */
  verification?: Verification | null
}

export interface AppendInfo {
  /** -1 where there was nothing to append (an old producer's empty message set). */
  firstOffset: number
  lastOffset: number
  /** The broker's clock under LogAppendTime, the remembered batch's for a duplicate (C29), else -1. */
  logAppendTimeMs: number
  logStartOffset: number
  /** Was appended before; nothing has changed. */
  duplicate: boolean
  sizeBytes: number
}

export const appended = (
  logStartOffset: number,
  firstOffset: number,
  lastOffset: number,
  more: Partial<AppendInfo> = {},
): AppendInfo => ({
  firstOffset,
  lastOffset,
  logAppendTimeMs: -1,
  logStartOffset,
  duplicate: false,
  sizeBytes: 0,
  ...more,
})

/** Notes where the batches' leader epochs begin; gives how many bytes they are. */
export function noteEpochs(epochs: LeaderEpochs, batches: readonly BatchView[]): number {
  let bytes = 0
  for (const batch of batches) {
    bytes += batch.sizeInBytes
    if (batch.magic < 2) epochs.clear()
    // One below the latest corrects it: that was noted by a leader of an earlier life, and got no data here (B35).
    else if (batch.partitionLeaderEpoch >= 0) epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset)
  }
  epochs.save()
  return bytes
}

/** What was appended before, where a client sends it again; undefined where the batches are to be appended. */
export function checkProducers(
  producers: ProducerState,
  batches: readonly BatchView[],
  { origin, verification, transactionVersion = 0 }: LeaderAppend,
  logStartOffset: number,
): AppendInfo | undefined {
  for (const batch of batches) {
    if (!batch.hasProducerId) continue
    if (origin === 'client') {
      const known = producers.findDuplicate(batch)
      if (known !== undefined) {
        const more = { duplicate: true, logAppendTimeMs: known.timestamp }
        return appended(logStartOffset, firstOffset(known), known.lastOffset, more)
      }
    }
    producers.check(batch, origin)
    if (verification !== undefined) producers.checkVerified(batch, verification ?? undefined)
    if (batch.isControl) checkMarker(producers, batch, transactionVersion)
  }
  return undefined
}

function checkMarker(producers: ProducerState, batch: BatchView, transactionVersion: number): void {
  const record = readRecords(batch).next().value
  const marker = record ? parseMarker(record) : null
  if (marker !== null) producers.checkMarker(batch, marker.coordinatorEpoch, transactionVersion)
}
