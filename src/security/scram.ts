import { pbkdf2Sync } from 'node:crypto'
import type { Random } from '../base/random.ts'
import { SCRAM_HASH, type ScramMechanism } from '../metadata/scram.ts'

/** What both sides of a SCRAM exchange compute and write (RFC 5802), beyond the credentials of `metadata/scram.ts`. */

const TEXT_BYTES = 17

export const digestBytes = (mechanism: ScramMechanism): number => (mechanism === 'SCRAM-SHA-256' ? 32 : 64)

/** Hi() of the RFC: the one step that is meant to take long. */
export const saltedPassword = (
  mechanism: ScramMechanism,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Buffer => pbkdf2Sync(password, salt, iterations, digestBytes(mechanism), SCRAM_HASH[mechanism])

export function xor(one: Uint8Array, other: Uint8Array): Buffer {
  const result = Buffer.from(one)
  for (const [i, byte] of other.entries()) result[i]! ^= byte
  return result
}

/** A user's name as it stands in messages, where `,` and `=` mean something else. */
export const saslName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

/** Undefined where a `=` stands for nothing. */
export function nameOf(saslName: string): string | undefined {
  if (/=(?!2C|3D)/.test(saslName)) return undefined
  return saslName.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

/** Bytes as printable text of 130 bits: as long as the nonces and salts that Apache Kafka makes. */
export const printable = (bytes: Uint8Array): string =>
  (BigInt(`0x${Buffer.from(bytes.subarray(0, TEXT_BYTES)).toString('hex')}`) >> 6n).toString(36)

/** A nonce, or a salt. */
export const randomText = (random: Random): string => printable(random.bytes(TEXT_BYTES))
