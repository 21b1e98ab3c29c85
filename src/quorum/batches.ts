import { type ControlRecord, decodeControlRecord, encodeControlValue } from '../../protocol/control/index.ts'
import { DecodeError } from '../../protocol/errors.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from '../../protocol/metadata/index.ts'
import { type BatchView, batches } from '../../protocol/records/batch.ts'
import { buildBatch } from '../../protocol/records/build.ts'
import { buildControlBatch, parseControlKey } from '../../protocol/records/control.ts'
import { type DecodedRecord, readRecords } from '../../protocol/records/record.ts'
import type { Offset } from '../base/brand.ts'

/** One batch of the metadata log or of a snapshot: metadata records, or control records for the quorum itself. */
export type MetadataBatch = {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  readonly epoch: number
  /** In ms, of the append. */
  readonly timestamp: number
  readonly sizeInBytes: number
} & (
  | { readonly control: true; readonly records: readonly ControlRecord[] }
  | { readonly control: false; readonly records: readonly MetadataRecord[] }
)

interface BatchPlace {
  readonly baseOffset?: Offset
  readonly leaderEpoch: number
  /** In ms, of all records: the time of the append. */
  readonly timestamp: number
}

/** All records of one atomic write (facts A77, A78). */
export function encodeRecords(records: readonly MetadataRecord[], place: BatchPlace): Buffer {
  const { timestamp } = place
  return buildBatch({
    ...place,
    records: records.map((record) => ({ timestamp, key: null, value: encodeMetadataRecord(record) })),
  })
}

export function encodeControls(records: readonly ControlRecord[], place: BatchPlace): Buffer {
  return buildControlBatch({
    ...place,
    records: records.map(({ type, value }) => ({ type, value: encodeControlValue(type, value) })),
  })
}

/**
 * The batches of a snapshot or a piece of the log, checked.
 * @throws ProtocolError CORRUPT_MESSAGE; DecodeError for a record that this release cannot read: it must stop, not skip
 */
export function* decodeBatches(bytes: Buffer): Generator<MetadataBatch, void, undefined> {
  for (const batch of batches(bytes)) {
    batch.ensureValid()
    yield decodeBatch(batch)
  }
}

/** Only what the quorum says to itself; batches of metadata are passed over and not even checked. */
export function* decodeControls(bytes: Buffer): Generator<MetadataBatch & { control: true }, void, undefined> {
  for (const batch of batches(bytes)) {
    if (!batch.isControl) continue
    batch.ensureValid()
    const decoded = decodeBatch(batch)
    if (decoded.control) yield decoded
  }
}

function decodeBatch(batch: BatchView): MetadataBatch {
  const { baseOffset, lastOffset, sizeInBytes } = batch
  const place = {
    baseOffset,
    lastOffset,
    epoch: batch.partitionLeaderEpoch,
    timestamp: batch.maxTimestamp,
    sizeInBytes,
  }
  if (batch.isControl) {
    return {
      ...place,
      control: true,
      records: [...readRecords(batch)].flatMap((record) => decodeControl(record) ?? []),
    }
  }
  return { ...place, control: false, records: [...readRecords(batch)].map(decodeRecord) }
}

function decodeControl({ key, value }: DecodedRecord): ControlRecord | undefined {
  return value === null ? undefined : decodeControlRecord(parseControlKey(key), value)
}

/** Fact A79: a data record is a value and nothing else. */
function decodeRecord({ offset, key, value, headers }: DecodedRecord): MetadataRecord {
  if (key !== null || value === null || headers.length > 0) {
    throw new DecodeError(`record ${offset} of the metadata log has a key, headers or no value`)
  }
  return decodeMetadataRecord(value)
}
