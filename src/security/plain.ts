import { failed, type SaslExchange, type SaslStep } from './sasl-exchange.ts'
import { isSameSecret } from './secrets.ts'

/**
 * The server's side of PLAIN (RFC 4616, fact I31): one token, `[authzid] NUL authcid NUL passwd`. A user who does not
 * exist costs as much time as one whose password is wrong.
 */
export const plainExchange = (passwords: ReadonlyMap<string, string>): SaslExchange => ({
  step: (token) => checked(token.toString('utf8').split('\0'), passwords),
})

function checked(parts: readonly string[], passwords: ReadonlyMap<string, string>): SaslStep {
  if (parts.length !== 3)
    return failed(`Invalid SASL/PLAIN response: expected 3 tokens, got ${Math.min(parts.length, 4)}`)
  const [authorizationId, user, password] = parts as [string, string, string]
  if (user === '') return failed('Authentication failed: username not specified')
  if (password === '') return failed('Authentication failed: password not specified')
  const expected = passwords.get(user)
  const isRight = isSameSecret(password, expected ?? '')
  if (!isRight || expected === undefined) return failed('Authentication failed: Invalid username or password')
  if (authorizationId !== '' && authorizationId !== user)
    return failed('Authentication failed: Client requested an authorization id that is different from username')
  return { kind: 'done', token: Buffer.alloc(0), user }
}
