import { crc32c } from '../checksum.ts'
import { DecodeError } from '../errors.ts'
import { message } from '../schema/message.ts'
import { array, int16, int32, int53, uint32 } from '../schema/types.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/**
 * `<offset>.snapshot`: what a partition's log knows of its producers up to an offset (KIP-98). On disk: int16 version,
 * then the message, whose checksum is the CRC-32C of all that follows it.
 */

export const ProducerSnapshot = message(
  'ProducerSnapshot',
  { versions: [1, 1], flexible: 'never' },
  {
    crc: uint32,
    producerEntries: array({
      producerId: int53,
      epoch: int16,
      lastSequence: int32,
      lastOffset: int53,
      offsetDelta: int32,
      timestamp: int53,
      coordinatorEpoch: int32,
      currentTxnFirstOffset: int53,
    }),
  },
)
export type ProducerSnapshot = typeof ProducerSnapshot.T
/** The last batch of a producer, and the first offset of its open transaction, or -1. */
export type ProducerEntry = ProducerSnapshot['producerEntries'][number]

const VERSION = 1
const CRC_AT = 2
const ENTRIES_AT = CRC_AT + 4

export function encodeProducerSnapshot(producerEntries: readonly ProducerEntry[]): Buffer {
  const writer = new Writer()
  writer.int16(VERSION)
  ProducerSnapshot.encode(writer, VERSION, { crc: 0, producerEntries })
  const bytes = writer.finishContiguous()
  bytes.writeUInt32BE(crc32c(bytes, ENTRIES_AT), CRC_AT)
  return bytes
}

/** Throws DecodeError if the version is another one, the checksum does not hold or the layout is broken. */
export function decodeProducerSnapshot(bytes: Buffer): ProducerEntry[] {
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (version !== VERSION) throw new DecodeError(`producer snapshot of version ${version}`)
  const { crc, producerEntries } = ProducerSnapshot.decode(reader, version)
  if (crc !== crc32c(bytes, ENTRIES_AT)) throw new DecodeError('producer snapshot with a wrong checksum')
  return producerEntries
}
