import t from 'tap'
import { plainExchange } from '../../src/security/plain.ts'

const passwords = new Map([
  ['alice', 'secret'],
  ['zoë', 'pässword'],
])
const step = (token: string) => plainExchange(passwords).step(Buffer.from(token))

t.test('I31: a name and its password', (t) => {
  t.same(step('\0alice\0secret'), { kind: 'done', token: Buffer.alloc(0), user: 'alice' })
  t.match(step('alice\0alice\0secret'), { kind: 'done', user: 'alice' }, 'it may say that it acts for itself')
  t.match(step('\0zoë\0pässword'), { kind: 'done', user: 'zoë' })
  t.end()
})

t.test('I31: what is refused, and what the client is told', (t) => {
  const wrong = 'Authentication failed: Invalid username or password'
  for (const [token, message] of [
    ['\0alice\0secre', wrong],
    ['\0alice\0secrett', wrong],
    ['\0bob\0secret', wrong],
    ['\0toString\0secret', wrong],
    ['\0\0secret', 'Authentication failed: username not specified'],
    ['\0alice\0', 'Authentication failed: password not specified'],
    [
      'bob\0alice\0secret',
      'Authentication failed: Client requested an authorization id that is different from username',
    ],
    ['', 'Invalid SASL/PLAIN response: expected 3 tokens, got 1'],
    ['alice\0secret', 'Invalid SASL/PLAIN response: expected 3 tokens, got 2'],
    ['\0alice\0secret\0', 'Invalid SASL/PLAIN response: expected 3 tokens, got 4'],
    ['\0a\0b\0c\0d', 'Invalid SASL/PLAIN response: expected 3 tokens, got 4'],
  ] as const)
    t.same(step(token), { kind: 'failed', message }, JSON.stringify(token))
  t.end()
})
