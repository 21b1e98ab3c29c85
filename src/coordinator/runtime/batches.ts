import { batches } from '../../../protocol/records/batch.ts'
import { buildBatch } from '../../../protocol/records/build.ts'
import { readRecords } from '../../../protocol/records/record.ts'
import { assert } from '../../base/assert.ts'
import type { EncodedRecord, TransactionalProducer } from './ports.ts'

/** A record with its wall-clock timestamp in ms. */
export interface TimedRecord extends EncodedRecord {
  readonly timestamp: number
}

/** Length, attributes, timestamp delta, offset delta, two lengths and no headers, each at its longest. */
const RECORD_OVERHEAD_BYTES = 5 + 1 + 10 + 5 + 5 + 5 + 1

/** The most bytes a record can take in a batch without compression. */
export function recordSizeBound({ key, value }: EncodedRecord): number {
  return RECORD_OVERHEAD_BYTES + key.length + (value?.length ?? 0)
}

/**
 * A v2 batch with CreateTime and base sequence 0, with or without a producer (facts E11, E12). `codec` is the number of
 * a compression codec.
 */
export function encodeBatch(
  records: readonly TimedRecord[],
  producer: TransactionalProducer | undefined,
  codec: number,
): Buffer {
  return buildBatch({
    records,
    codec: codec as 0,
    baseSequence: 0,
    ...(producer && { ...producer, isTransactional: true }),
  })
}

export interface LoadedBatch {
  readonly lastOffset: number
  readonly records: readonly { offset: number; key: Buffer; value: Buffer | null }[]
  /** Set if the records are part of a transaction, and for its end. */
  readonly producer: TransactionalProducer | undefined
  /** The batch ends a transaction. */
  readonly marker: 'commit' | 'abort' | undefined
}

/** Type of a control record, the second int16 of its key (KIP-98). */
const ABORT_MARKER = 0
const COMMIT_MARKER = 1

/** Throws what reading records throws when the bytes are damaged. */
export function* readBatches(buffer: Buffer): Generator<LoadedBatch, void, undefined> {
  for (const batch of batches(buffer)) {
    assert(batch.magic === 2, 'a coordinator topic holds batches of version 2')
    const { lastOffset, producerId, producerEpoch, isTransactional, isControl } = batch
    const producer = isTransactional ? { producerId, producerEpoch } : undefined
    if (isControl) {
      const [record] = readRecords(batch)
      const type = record?.key && record.key.length >= 4 ? record.key.readInt16BE(2) : undefined
      const marker = type === COMMIT_MARKER ? 'commit' : type === ABORT_MARKER ? 'abort' : undefined
      yield { lastOffset, records: [], producer: { producerId, producerEpoch }, marker }
      continue
    }
    const records = []
    for (const { offset, key, value } of readRecords(batch)) {
      // A record without a key says nothing about any key.
      if (key !== null) records.push({ offset, key, value })
    }
    yield { lastOffset, records, producer, marker: undefined }
  }
}
