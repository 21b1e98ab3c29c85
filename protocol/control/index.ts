import { DecodeError } from '../errors.ts'
import { ControlType } from '../records/control.ts'
import type { AnyMessage } from '../schema/message.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { EndTxnMarker } from './end-txn-marker.ts'
import { KRaftVersionRecord } from './kraft-version-record.ts'
import { LeaderChangeMessage } from './leader-change-message.ts'
import { SnapshotFooterRecord } from './snapshot-footer-record.ts'
import { SnapshotHeaderRecord } from './snapshot-header-record.ts'
import { VotersRecord } from './voters-record.ts'

/**
 * Values of control records. Each begins with an int16 that tells its version: in the records of the metadata log it is
 * the first field of the message, `version`; in transaction markers it stands before the message.
 */

const MESSAGES = {
  [ControlType.ABORT]: EndTxnMarker,
  [ControlType.COMMIT]: EndTxnMarker,
  [ControlType.LEADER_CHANGE]: LeaderChangeMessage,
  [ControlType.SNAPSHOT_HEADER]: SnapshotHeaderRecord,
  [ControlType.SNAPSHOT_FOOTER]: SnapshotFooterRecord,
  [ControlType.KRAFT_VERSION]: KRaftVersionRecord,
  [ControlType.KRAFT_VOTERS]: VotersRecord,
} as const

type Messages = typeof MESSAGES
export type ControlValue<Type extends ControlType = ControlType> = Messages[Type]['T']

const MARKER_VERSION = 0

/** A control record that its type tells apart. */
export type ControlRecord = {
  [Type in ControlType]: { readonly type: Type; readonly value: ControlValue<Type> }
}[ControlType]

/** The value of a control record, for records/control's buildControlBatch. */
export function encodeControlValue<Type extends ControlType>(type: Type, value: Messages[Type]['Input']): Buffer {
  const message: AnyMessage = MESSAGES[type]
  const writer = new Writer()
  if (isMarker(type)) {
    writer.int16(MARKER_VERSION)
    message.encode(writer, MARKER_VERSION, value)
  } else {
    message.encode(writer, (value as { version: number }).version, value)
  }
  return writer.finishContiguous()
}

/** undefined for a type that is not known, which readers pass over. Throws DecodeError. */
export function decodeControlRecord(type: number, value: Buffer): ControlRecord | undefined {
  if (!Object.hasOwn(MESSAGES, type)) return undefined
  const message: AnyMessage = MESSAGES[type as ControlType]
  const reader = new Reader(value)
  const version = reader.int16()
  if (version < 0) throw new DecodeError(`control record of version ${version}`)
  // Old readers get along with new versions, which may only add to what there was.
  if (!isMarker(type)) reader.position = 0
  return {
    type: type as ControlType,
    value: message.decode(reader, Math.min(version, message.newest)),
  } as ControlRecord
}

const isMarker = (type: number): boolean => type === ControlType.ABORT || type === ControlType.COMMIT
