import type { Random } from '../base/random.ts'
import {
  clientKey,
  digest,
  isScram,
  keyed,
  SCRAM_ITERATIONS,
  type ScramMechanism,
  serverKey,
} from '../metadata/scram.ts'
import type { OwnCredentials } from './sasl-settings.ts'
import { randomText, saltedPassword, saslName, xor } from './scram.ts'
import { isSameSecret } from './secrets.ts'

/** Fewer would make a stolen answer cheap to guess from; as Apache Kafka has it. */
const MIN_ITERATIONS = SCRAM_ITERATIONS.min
/** More would keep this process busy for whoever pretends to be a server. */
const MAX_ITERATIONS = 1_000_000

/** The client's side of SASL: makes of each challenge what is to be answered, undefined once nothing is. */
export interface SaslLogin {
  readonly mechanism: string
  begin(): { answer(challenge: Buffer | undefined): Buffer | undefined }
}

export function saslLogin(credentials: OwnCredentials, random: Random): SaslLogin {
  const { mechanism, user, password } = credentials
  if (isScram(mechanism)) return new ScramLogin(mechanism, user, password, random)
  const answer = (challenge: Buffer | undefined) =>
    challenge === undefined ? Buffer.from(`\0${user}\0${password}`) : undefined
  return { mechanism, begin: () => ({ answer }) }
}

/** SCRAM (RFC 5802). The salted password is kept: a node comes in at many others, where it is the same. */
class ScramLogin implements SaslLogin {
  readonly mechanism: ScramMechanism
  readonly #user: string
  readonly #password: string
  readonly #random: Random
  #salted: { readonly of: string; readonly bytes: Buffer } | undefined

  constructor(mechanism: ScramMechanism, user: string, password: string, random: Random) {
    this.mechanism = mechanism
    this.#user = user
    this.#password = password
    this.#random = random
  }

  begin() {
    const nonce = randomText(this.#random)
    const bare = `n=${saslName(this.#user)},r=${nonce}`
    let proof: { readonly signature: string } | undefined
    const answer = (challenge: Buffer | undefined): Buffer | undefined => {
      if (challenge === undefined) return Buffer.from(`n,,${bare}`)
      const text = challenge.toString('utf8')
      if (proof !== undefined) {
        if (!isSameSecret(text.split(',')[0]!, `v=${proof.signature}`))
          throw new Error('it did not show that it knows the password itself')
        return undefined
      }
      const final = this.#final(bare, nonce, text)
      proof = final
      return Buffer.from(final.message)
    }
    return { answer }
  }

  #final(bare: string, ownNonce: string, challenge: string): { message: string; signature: string } {
    const { mechanism } = this
    const [, nonce = '', salt = '', count = ''] = /^r=([^,]+),s=([^,]+),i=(\d{1,9})(?:,.*)?$/.exec(challenge) ?? []
    const iterations = Number(count)
    if (!nonce.startsWith(ownNonce) || nonce.length === ownNonce.length)
      throw new Error('its challenge is not one of SCRAM')
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
      throw new Error(`it asks for ${iterations} iterations; ${MIN_ITERATIONS} to ${MAX_ITERATIONS} are made`)
    const salted = this.#saltedPassword(salt, iterations)
    const key = clientKey(mechanism, salted)
    const withoutProof = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`
    const exchanged = `${bare},${challenge},${withoutProof}`
    const proof = xor(key, keyed(mechanism, digest(mechanism, key), exchanged))
    return {
      message: `${withoutProof},p=${proof.toString('base64')}`,
      signature: keyed(mechanism, serverKey(mechanism, salted), exchanged).toString('base64'),
    }
  }

  #saltedPassword(salt: string, iterations: number): Buffer {
    const of = `${iterations}:${salt}`
    if (this.#salted?.of !== of) {
      const bytes = saltedPassword(this.mechanism, this.#password, Buffer.from(salt, 'base64'), iterations)
      this.#salted = { of, bytes }
    }
    return this.#salted!.bytes
  }
}
