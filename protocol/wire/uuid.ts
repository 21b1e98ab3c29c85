/**
 * Kafka's UUIDs: 16 bytes on the wire, in programs the 22 characters of URL-safe base64 without padding (KIP-516).
 */

/** Topic id of nothing; as a directory id, MIGRATING (KIP-858). */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Topic id of `__cluster_metadata` (KIP-516); as a directory id, UNASSIGNED (KIP-858). */
export const ONE_UUID = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** As a directory id, LOST: the replica's disk has failed (KIP-858). */
export const TWO_UUID = 'AAAAAAAAAAAAAAAAAAAAAg'

const TEXT = /^[A-Za-z0-9_-]{21}[AQgw]$/

/** Whether the text is a UUID in Kafka's form; the last character carries two bits only. */
export const isUuid = (text: string): boolean => TEXT.test(text)

/** 16 bytes at `offset` as text. */
export const uuidFromBytes = (bytes: Buffer, offset = 0): string => bytes.toString('base64url', offset, offset + 16)

/** Text as 16 bytes. Throws RangeError on anything but a UUID in Kafka's form. */
export function uuidToBytes(text: string): Buffer {
  if (!isUuid(text)) throw new RangeError(`not a UUID in base64 form: ${JSON.stringify(text)}`)
  return Buffer.from(text, 'base64url')
}

/**
 * A version 4 (random) UUID from 16 random bytes. As in Kafka, ids whose text starts with a dash are avoided, because
 * command lines would take them for flags.
 */
export function uuidFromRandom(random: Buffer): string {
  const bytes = Buffer.from(random.subarray(0, 16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  if (bytes[0]! >>> 2 === 62) bytes[0]! ^= 0x80
  return uuidFromBytes(bytes)
}
