import { digest, keyed, SCRAM_ITERATIONS, type ScramCredential, type ScramMechanism } from '../metadata/scram.ts'
import { failed, type SaslExchange, type SaslStep } from './sasl-exchange.ts'
import { digestBytes, nameOf, printable, xor } from './scram.ts'
import { isSameSecret } from './secrets.ts'

/** What users have who do not exist; Apache Kafka's own tools make credentials of as many iterations. */
const UNKNOWN_ITERATIONS = SCRAM_ITERATIONS.min

// The grammar of RFC 5802, as far as Apache Kafka takes it: no channel binding, extensions are passed over.
const VALUE = '[\\x01-\\x2b\\x2d-\\x7f]+'
const NAME = '(?:[\\x01-\\x2b\\x2d-\\x3c\\x3e-\\x7f\\u0080-\\uffff]|=2C|=3D)+'
const PRINTABLE = '[\\x21-\\x2b\\x2d-\\x7e]+'
const BASE64 = '(?:[a-zA-Z0-9/+]{4})*(?:[a-zA-Z0-9/+]{3}=|[a-zA-Z0-9/+]{2}==)?'
const EXTENSIONS = `(?:,[A-Za-z]+=${VALUE})*`
const CLIENT_FIRST = new RegExp(`^n,(?:a=(${NAME}))?,(n=(${NAME}),r=(${PRINTABLE})(${EXTENSIONS}))$`)
const CLIENT_FINAL = new RegExp(`^(c=${BASE64},r=(${PRINTABLE})${EXTENSIONS}),p=(${BASE64})$`)

export interface ScramServerOptions {
  readonly mechanism: ScramMechanism
  /** Of this process: makes of the name of a user who does not exist a salt that is always the same. */
  readonly disguise: Buffer
  /** The server's part of one. */
  nonce(): string
  credential(user: string): ScramCredential | undefined
}

/**
 * The server's side of SCRAM (RFC 5802): client-first, server-first, client-final, server-final. A user who does not
 * exist is led on with a salt of his own and fails at the end, as one whose password is wrong.
 */
export class ScramServer implements SaslExchange {
  readonly #options: ScramServerOptions
  #known:
    | {
        readonly user: string
        readonly exists: boolean
        readonly credential: ScramCredential
        readonly nonce: string
        readonly begun: string
      }
    | undefined
  #isOver = false

  constructor(options: ScramServerOptions) {
    this.#options = options
  }

  step(token: Buffer): SaslStep {
    if (this.#isOver) return failed()
    const step = this.#known === undefined ? this.#first(token.toString('utf8')) : this.#final(token.toString('utf8'))
    this.#isOver = step.kind !== 'challenge'
    return step
  }

  #first(message: string): SaslStep {
    const { credential } = this.#options
    const [, authorizationName, bare, name, clientNonce, extensions = ''] = CLIENT_FIRST.exec(message) ?? []
    const user = name === undefined ? undefined : nameOf(name)
    const authorizationId = nameOf(authorizationName ?? '')
    if (user === undefined || authorizationId === undefined) return failed()
    if (authorizationId !== '' && authorizationId !== user)
      return failed('Authentication failed: Client requested an authorization id that is different from username')
    // Delegation tokens (KIP-48) prove themselves like passwords; there are none.
    const isToken = /(?:^|,)tokenauth=true(?:,|$)/i.test(extensions)
    const found = isToken ? undefined : credential(user)
    const used = found ?? this.#unknown(user)
    const nonce = `${clientNonce}${this.#options.nonce()}`
    const answer = `r=${nonce},s=${used.salt.toString('base64')},i=${used.iterations}`
    this.#known = {
      user,
      exists: found !== undefined,
      credential: used,
      nonce,
      begun: `${bare},${answer}`,
    }
    return { kind: 'challenge', token: Buffer.from(answer) }
  }

  #final(message: string): SaslStep {
    const { mechanism } = this.#options
    const { user, exists, credential, nonce, begun } = this.#known!
    const [, withoutProof, echoed, proof] = CLIENT_FINAL.exec(message) ?? []
    // librdkafka before 2.6.1 puts its own part in front a second time. Apache Kafka 4 refuses it; our part is all that
    // keeps an answer from being played back, and that is there.
    if (withoutProof === undefined || !echoed!.endsWith(nonce)) return failed()
    const bytes = Buffer.from(proof!, 'base64')
    if (bytes.length !== digestBytes(mechanism)) return failed()
    const exchanged = `${begun},${withoutProof}`
    const key = xor(keyed(mechanism, credential.storedKey, exchanged), bytes)
    const isRight = isSameSecret(digest(mechanism, key), credential.storedKey)
    if (!isRight || !exists) return failed()
    const signature = keyed(mechanism, credential.serverKey, exchanged).toString('base64')
    return { kind: 'done', token: Buffer.from(`v=${signature}`), user }
  }

  #unknown(user: string): ScramCredential {
    const { mechanism, disguise } = this.#options
    const key = keyed(mechanism, disguise, user)
    const salt = Buffer.from(printable(key))
    return { salt, storedKey: key, serverKey: key, iterations: UNKNOWN_ITERATIONS }
  }
}
