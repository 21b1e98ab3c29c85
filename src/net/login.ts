import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import { ErrorCode, errorName } from '../../protocol/errors.ts'

const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36
/** Tokens of one exchange; SCRAM has two. */
const MAX_TOKENS = 10

/** As whom a connection comes in where clients are asked who they are (SASL). */
export interface Login {
  readonly mechanism: string
  begin(): LoginExchange
  /** It was not let in, for whoever has to know; what waits for the connection fails anyhow. */
  onRefused?(reason: string): void
}

export interface LoginExchange {
  /**
   * What to say to a challenge, at first to none; undefined once there is nothing left to say. Throws an Error where the
   * other side does not show what it should.
   */
  answer(challenge: Buffer | undefined): Buffer | undefined
}

export type Ask = <Key extends ApiKey>(
  key: Key,
  body: ApiOf<Key>['request']['Input'],
) => Promise<ApiOf<Key>['response']['T']>

/** Says who this is. Gives for how many milliseconds that holds, 0 for ever; rejects with what was wrong. */
export async function logIn(ask: Ask, login: Login): Promise<number> {
  const { mechanism } = login
  const handshake = await ask(SASL_HANDSHAKE, { mechanism })
  if (handshake.errorCode !== ErrorCode.NONE) throw new Error(refusal(mechanism, handshake))
  const exchange = login.begin()
  let lifetimeMs = 0
  let token = exchange.answer(undefined)
  for (let tokens = 1; token !== undefined; tokens++) {
    if (tokens > MAX_TOKENS) throw new Error(`${mechanism} does not come to an end`)
    const { errorCode, errorMessage, authBytes, sessionLifetimeMs } = await ask(SASL_AUTHENTICATE, { authBytes: token })
    if (errorCode !== ErrorCode.NONE) throw new Error(errorMessage ?? errorName(errorCode))
    lifetimeMs = sessionLifetimeMs
    token = exchange.answer(authBytes)
  }
  return lifetimeMs
}

function refusal(mechanism: string, { errorCode, mechanisms }: { errorCode: number; mechanisms: string[] }): string {
  if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM)
    return `${mechanism} is not enabled there; ${mechanisms.join(', ')} are`
  if (errorCode === ErrorCode.ILLEGAL_SASL_STATE) return 'nobody is asked there who he is'
  return errorName(errorCode)
}
