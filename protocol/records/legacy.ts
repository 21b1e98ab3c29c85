import { crc32 } from '../checksum.ts'
import { Codec, compress, decompress, MAX_DECOMPRESSED_BYTES } from '../compression/index.ts'
import {
  Attribute,
  type BatchView,
  batches,
  LOG_OVERHEAD,
  MESSAGE_OVERHEAD,
  MessageField,
  NO_TIMESTAMP,
  TimestampType,
} from './batch.ts'
import { invalidRecord } from './failures.ts'
import { readInt64, writeInt64 } from './int64.ts'
import type { ReadOptions } from './record.ts'

/** A message of magic 0 or 1, out of its wrapper if it was in one. Key and value share memory with it. */
export interface LegacyRecord {
  offset: number
  /** In ms; -1 none, which is all that magic 0 has. */
  timestamp: number
  timestampType: TimestampType
  key: Buffer | null
  value: Buffer | null
}

export type LegacyMagic = 0 | 1

/**
 * The messages of one entry of magic 0 or 1: itself, or what its wrapper holds. The checksum of the entry is the
 * caller's to verify, those of wrapped messages are verified here.
 * @throws ProtocolError INVALID_RECORD: a wrapper that is empty, nested, or of mixed magic, lengths or offsets that
 *   cannot be; CORRUPT_MESSAGE: a wrapped message of impossible size or with a wrong checksum; what `decompress` throws
 */
export function readMessages(
  entry: BatchView,
  { maxBytes = MAX_DECOMPRESSED_BYTES }: ReadOptions = {},
): LegacyRecord[] {
  if (!entry.isCompressed) return [readMessage(entry)]
  const { value } = readMessage(entry)
  if (value === null) throw invalidRecord('a compressed message without a value')
  const magic = entry.magic
  const inner = decompress(entry.codec, value, { magic, maxBytes })
  const messages: LegacyRecord[] = []
  for (const message of batches(inner)) {
    if (message.magic !== magic) throw invalidRecord(`a message of magic ${message.magic} in one of magic ${magic}`)
    if (message.isCompressed) throw invalidRecord('a compressed message in a compressed message')
    message.ensureValid()
    messages.push(readMessage(message))
  }
  if (messages.length === 0) throw invalidRecord('a compressed message with nothing in it')
  return magic === 0 ? messages : placeInWrapper(messages, entry)
}

/** Magic 1: offsets inside count from 0, the wrapper has the last one; a broker's timestamp is the wrapper's. */
function placeInWrapper(messages: LegacyRecord[], wrapper: BatchView): LegacyRecord[] {
  const lastInner = messages.at(-1)!.offset
  const last = wrapper.lastOffset
  // Old producers (librdkafka before 0.9.2) left the wrapper's offset at 0.
  const base = last === 0 ? 0 : last - lastInner
  if (base < 0) throw invalidRecord(`a wrapper at offset ${last} around offset ${lastInner}`)
  const stamped = wrapper.timestampType === TimestampType.LOG_APPEND_TIME
  for (const message of messages) {
    message.offset += base
    if (stamped) {
      message.timestamp = wrapper.maxTimestamp
      message.timestampType = TimestampType.LOG_APPEND_TIME
    }
  }
  return messages
}

function readMessage(view: BatchView): LegacyRecord {
  const { buffer, end } = view
  const keyAt = view.start + LOG_OVERHEAD + MESSAGE_OVERHEAD[view.magic as LegacyMagic] - 8
  const key = readSized(buffer, keyAt, end)
  const valueAt = keyAt + 4 + (key?.length ?? 0)
  return {
    offset: readInt64(buffer, view.start),
    timestamp: view.maxTimestamp,
    timestampType: view.timestampType,
    key,
    value: readSized(buffer, valueAt, end),
  }
}

function readSized(buffer: Buffer, at: number, end: number): Buffer | null {
  if (end - at < 4) throw invalidRecord('a message ends early')
  const length = buffer.readInt32BE(at)
  if (length < 0) return null
  if (length > end - at - 4) throw invalidRecord(`${length} bytes in a message with ${end - at - 4} left`)
  return buffer.subarray(at + 4, at + 4 + length)
}

export interface LegacyInput {
  offset: number
  /** In ms; magic 0 drops it. */
  timestamp: number
  key: Buffer | null
  value: Buffer | null
}

export interface MessageSetInput {
  magic: LegacyMagic
  /** Default none. With one, all messages are in a single wrapper. No zstd. */
  codec?: Codec
  level?: number | undefined
  /** Default CreateTime; LogAppendTime needs `logAppendTimeMs`, which then is the time of every message. */
  timestampType?: TimestampType
  logAppendTimeMs?: number
  records: readonly LegacyInput[]
}

/** A message set in the layout of magic 0 or 1. Nothing for no records. */
export function buildMessageSet(input: MessageSetInput): Buffer {
  const { magic, codec = Codec.NONE, records, timestampType = TimestampType.CREATE_TIME } = input
  if (records.length === 0) return Buffer.alloc(0)
  const stamp = timestampType === TimestampType.LOG_APPEND_TIME ? (input.logAppendTimeMs ?? NO_TIMESTAMP) : undefined
  const base = codec === Codec.NONE || magic === 0 ? 0 : records[0]!.offset
  const messages = records.map((record) =>
    encodeMessage(magic, timestampType, Codec.NONE, {
      ...record,
      offset: record.offset - base,
      timestamp: stamp ?? record.timestamp,
    }),
  )
  const plain = Buffer.concat(messages)
  if (codec === Codec.NONE) return plain
  const timestamp = stamp ?? records.reduce((largest, record) => Math.max(largest, record.timestamp), NO_TIMESTAMP)
  const value = compress(codec, plain, { level: input.level, magic })
  return encodeMessage(magic, timestampType, codec, { offset: records.at(-1)!.offset, timestamp, key: null, value })
}

function encodeMessage(magic: LegacyMagic, type: TimestampType, codec: Codec, record: LegacyInput): Buffer {
  const { key, value } = record
  const overhead = MESSAGE_OVERHEAD[magic]
  const size = overhead + (key?.length ?? 0) + (value?.length ?? 0)
  const message = Buffer.allocUnsafe(LOG_OVERHEAD + size)
  writeInt64(message, record.offset, MessageField.OFFSET)
  message.writeInt32BE(size, MessageField.SIZE)
  message[MessageField.MAGIC] = magic
  const stamped = magic === 1 && type === TimestampType.LOG_APPEND_TIME
  message[MessageField.ATTRIBUTES] = codec | (stamped ? Attribute.LOG_APPEND_TIME : 0)
  if (magic === 1) writeInt64(message, record.timestamp, MessageField.TIMESTAMP)
  const valueAt = writeSized(message, key, LOG_OVERHEAD + overhead - 8)
  writeSized(message, value, valueAt)
  message.writeUInt32BE(crc32(message, MessageField.MAGIC), MessageField.CRC)
  return message
}

function writeSized(to: Buffer, bytes: Buffer | null, at: number): number {
  to.writeInt32BE(bytes?.length ?? -1, at)
  bytes?.copy(to, at + 4)
  return at + 4 + (bytes?.length ?? 0)
}
