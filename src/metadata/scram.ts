import { createHash, createHmac } from 'node:crypto'

/** SCRAM credentials, as the cluster keeps them: what RFC 5802 has a server know, for Kafka's two hash functions (KIP-84). */

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** How KIP-554 numbers the mechanisms. */
export const SCRAM_NUMBER: Readonly<Record<ScramMechanism, number>> = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 }

/** As Apache Kafka allows them (fact B86). */
export const SCRAM_ITERATIONS = { min: 4096, max: 16_384 }

export const SCRAM_HASH: Readonly<Record<ScramMechanism, 'sha256' | 'sha512'>> = {
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

export const isScram = (mechanism: string): mechanism is ScramMechanism => Object.hasOwn(SCRAM_NUMBER, mechanism)

export const scramMechanism = (number: number): ScramMechanism | undefined =>
  Object.keys(SCRAM_NUMBER)
    .filter(isScram)
    .find((mechanism) => SCRAM_NUMBER[mechanism] === number)

export const digest = (mechanism: ScramMechanism, bytes: Uint8Array): Buffer =>
  createHash(SCRAM_HASH[mechanism]).update(bytes).digest()

export const keyed = (mechanism: ScramMechanism, key: Uint8Array, text: string | Uint8Array): Buffer =>
  createHmac(SCRAM_HASH[mechanism], key).update(text).digest()

export const clientKey = (mechanism: ScramMechanism, salted: Uint8Array): Buffer =>
  keyed(mechanism, salted, 'Client Key')

export const serverKey = (mechanism: ScramMechanism, salted: Uint8Array): Buffer =>
  keyed(mechanism, salted, 'Server Key')

/** The salted password itself is not kept. */
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
