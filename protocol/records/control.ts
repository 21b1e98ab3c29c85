import { buildBatch } from './build.ts'
import { invalidRecord } from './failures.ts'

/** What a control record says (KIP-98, KIP-595, KIP-630, KIP-853). Readers pass over types they do not know. */
export const ControlType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const
export type ControlType = (typeof ControlType)[keyof typeof ControlType]

const KEY_BYTES = 4
const KEY_VERSION = 0
const MARKER_BYTES = 6
const MARKER_VERSION = 0

/** The key of a control record: version and type. */
export function controlKey(type: ControlType): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  key.writeInt16BE(KEY_VERSION, 0)
  key.writeInt16BE(type, 2)
  return key
}

/**
 * The type that a control record's key names; any number, as later versions may have more.
 * @throws ProtocolError INVALID_RECORD for a key that is missing, too short, or of a negative version
 */
export function parseControlKey(key: Buffer | null): number {
  if (key === null || key.length < KEY_BYTES) throw invalidRecord(`a control key of ${key?.length ?? 'no'} bytes`)
  const version = key.readInt16BE(0)
  if (version < 0) throw invalidRecord(`a control key of version ${version}`)
  return key.readInt16BE(2)
}

export interface ControlBatchInput {
  baseOffset?: number
  leaderEpoch?: number
  /** In ms, of every record. */
  timestamp: number
  records: readonly { type: ControlType; value: Buffer }[]
}

/** A control batch of the metadata log: leader change, snapshot header and footer, voters and so on. */
export function buildControlBatch({ timestamp, records, ...header }: ControlBatchInput): Buffer {
  return buildBatch({
    ...header,
    isControl: true,
    records: records.map(({ type, value }) => ({ timestamp, key: controlKey(type), value })),
  })
}

export interface TransactionMarker {
  isCommit: boolean
  /** Epoch of the transaction coordinator that decided; an older one is fenced by it. */
  coordinatorEpoch: number
}

export interface MarkerInput extends TransactionMarker {
  baseOffset?: number
  leaderEpoch?: number
  producerId: number
  producerEpoch: number
  /** In ms. */
  timestamp: number
}

/** The batch that ends a producer's transaction in a partition: one record, 78 bytes. */
export function buildMarker({ isCommit, coordinatorEpoch, timestamp, ...header }: MarkerInput): Buffer {
  const value = Buffer.alloc(MARKER_BYTES)
  value.writeInt16BE(MARKER_VERSION, 0)
  value.writeInt32BE(coordinatorEpoch, 2)
  const key = controlKey(isCommit ? ControlType.COMMIT : ControlType.ABORT)
  return buildBatch({ ...header, isTransactional: true, isControl: true, records: [{ timestamp, key, value }] })
}

/**
 * The marker in a control record; null when the record is of another type.
 * @throws ProtocolError INVALID_RECORD for a broken key or a value that is too short
 */
export function parseMarker(record: { key: Buffer | null; value: Buffer | null }): TransactionMarker | null {
  const type = parseControlKey(record.key)
  if (type !== ControlType.ABORT && type !== ControlType.COMMIT) return null
  const { value } = record
  if (value === null || value.length < MARKER_BYTES) {
    throw invalidRecord(`the value of a transaction marker has ${value?.length ?? 'no'} bytes`)
  }
  if (value.readInt16BE(0) < 0) throw invalidRecord('the value of a transaction marker has a negative version')
  return { isCommit: type === ControlType.COMMIT, coordinatorEpoch: value.readInt32BE(2) }
}
