import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

/** What RFC 5802 computes, for the two hash functions that Kafka has it with (KIP-84). */

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** How KIP-554 numbers the mechanisms. */
export const SCRAM_NUMBER: Readonly<Record<ScramMechanism, number>> = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 }

/** As Apache Kafka allows them (fact B86). */
export const SCRAM_ITERATIONS = { min: 4096, max: 16_384 }

const HASH: Readonly<Record<ScramMechanism, 'sha256' | 'sha512'>> = {
  'SCRAM-SHA-256': 'sha256',
  'SCRAM-SHA-512': 'sha512',
}

/** What a server knows of a user: enough to check a password, too little to make one of. */
export interface ScramCredential {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

export const isScram = (mechanism: string): mechanism is ScramMechanism => Object.hasOwn(HASH, mechanism)

export const digestBytes = (mechanism: ScramMechanism): number => (mechanism === 'SCRAM-SHA-256' ? 32 : 64)

export const digest = (mechanism: ScramMechanism, bytes: Uint8Array): Buffer =>
  createHash(HASH[mechanism]).update(bytes).digest()

export const keyed = (mechanism: ScramMechanism, key: Uint8Array, text: string | Uint8Array): Buffer =>
  createHmac(HASH[mechanism], key).update(text).digest()

/** Hi() of the RFC: the one step that is meant to take long. */
export const saltedPassword = (
  mechanism: ScramMechanism,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Buffer => pbkdf2Sync(password, salt, iterations, digestBytes(mechanism), HASH[mechanism])

export const clientKey = (mechanism: ScramMechanism, salted: Uint8Array): Buffer =>
  keyed(mechanism, salted, 'Client Key')

export const serverKey = (mechanism: ScramMechanism, salted: Uint8Array): Buffer =>
  keyed(mechanism, salted, 'Server Key')

export const credentialOf = (
  mechanism: ScramMechanism,
  salted: Uint8Array,
  salt: Buffer,
  iterations: number,
): ScramCredential => ({
  salt,
  storedKey: digest(mechanism, clientKey(mechanism, salted)),
  serverKey: serverKey(mechanism, salted),
  iterations,
})

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
  (BigInt(`0x${Buffer.from(bytes.subarray(0, 17)).toString('hex')}`) >> 6n).toString(36)
