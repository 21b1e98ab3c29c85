import t from 'tap'
import { clientKey, credentialOf, digest, keyed, type ScramMechanism } from '../../src/metadata/scram.ts'
import { nameOf, printable, saltedPassword, saslName, xor } from '../../src/security/scram.ts'
import { ScramServer } from '../../src/security/scram-server.ts'

// RFC 7677, section 3.
const USER = 'user'
const PASSWORD = 'pencil'
const CLIENT_NONCE = 'rOprNGfwEbeRWgbNEkqO'
const SERVER_NONCE = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ=='
const NONCE = CLIENT_NONCE + SERVER_NONCE
const SERVER_FIRST = `r=${NONCE},s=${SALT},i=4096`
const PROOF = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
const SIGNATURE = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

const saved = (mechanism: ScramMechanism, password: string) => {
  const salt = Buffer.from(SALT, 'base64')
  return credentialOf(mechanism, saltedPassword(mechanism, password, salt, 4096), salt, 4096)
}
const USERS = new Map([
  [USER, PASSWORD],
  ['a=b,c', PASSWORD],
])

function server(mechanism: ScramMechanism = 'SCRAM-SHA-256') {
  const made = new ScramServer({
    mechanism,
    disguise: Buffer.alloc(32, 7),
    nonce: () => SERVER_NONCE,
    credential: (user) => (USERS.has(user) ? saved(mechanism, USERS.get(user)!) : undefined),
  })
  return (token: string) => {
    const step = made.step(Buffer.from(token))
    return step.kind === 'failed' ? step : { ...step, token: step.token.toString() }
  }
}

/** What a client with that password answers to a challenge. */
function finalOf(mechanism: ScramMechanism, bare: string, challenge: string, password: string, channel = 'biws') {
  const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(\d+)$/.exec(challenge)!
  const salted = saltedPassword(mechanism, password, Buffer.from(salt!, 'base64'), Number(iterations))
  const key = clientKey(mechanism, salted)
  const withoutProof = `c=${channel},r=${nonce}`
  const signature = keyed(mechanism, digest(mechanism, key), `${bare},${challenge},${withoutProof}`)
  return `${withoutProof},p=${xor(key, signature).toString('base64')}`
}

t.test('RFC 7677: the exchange that it shows', (t) => {
  const step = server()
  t.same(step(`n,,n=${USER},r=${CLIENT_NONCE}`), { kind: 'challenge', token: SERVER_FIRST })
  const done = { kind: 'done', token: `v=${SIGNATURE}`, user: USER }
  t.same(step(`c=biws,r=${NONCE},p=${PROOF}`), done)
  t.same(step(`c=biws,r=${NONCE},p=${PROOF}`), { kind: 'failed' }, 'it cannot be said twice')
  t.end()
})

/** What a client that knows the password says with a nonce of its choice. */
function finalWith(nonce: string): string {
  const key = clientKey('SCRAM-SHA-256', saltedPassword('SCRAM-SHA-256', PASSWORD, Buffer.from(SALT, 'base64'), 4096))
  const withoutProof = `c=biws,r=${nonce}`
  const exchanged = `n=${USER},r=${CLIENT_NONCE},${SERVER_FIRST},${withoutProof}`
  const signature = keyed('SCRAM-SHA-256', digest('SCRAM-SHA-256', key), exchanged)
  return `${withoutProof},p=${xor(key, signature).toString('base64')}`
}

t.test('the server’s part of the nonce has to be there; librdkafka before 2.6.1 says its own part twice', (t) => {
  for (const [nonce, kind] of [
    [NONCE, 'done'],
    [CLIENT_NONCE + NONCE, 'done'],
    [CLIENT_NONCE, 'failed'],
    [`${NONCE}x`, 'failed'],
    [SERVER_NONCE, 'failed'],
  ] as const) {
    const step = server()
    step(`n,,n=${USER},r=${CLIENT_NONCE}`)
    t.match(step(finalWith(nonce)), { kind }, nonce)
  }
  t.end()
})

t.test('the right password and a wrong one, with either hash function', (t) => {
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    for (const [name, password, kind] of [
      ['user', PASSWORD, 'done'],
      ['a=3Db=2Cc', PASSWORD, 'done'],
      ['user', 'Pencil', 'failed'],
      ['nobody', PASSWORD, 'failed'],
    ] as const) {
      const bare = `n=${name},r=abc`
      const step = server(mechanism)
      const challenge = step(`n,,${bare}`)
      t.equal(challenge.kind, 'challenge')
      const outcome = step(finalOf(mechanism, bare, (challenge as { token: string }).token, password))
      t.match(outcome, kind === 'done' ? { kind, user: nameOf(name) } : { kind }, `${mechanism} ${name} ${password}`)
    }
  }
  t.end()
})

t.test('a user who does not exist looks like one who does', (t) => {
  const challengeOf = (name: string) => (server()(`n,,n=${name},r=abc`) as { token: string }).token
  const nobody = challengeOf('nobody')
  t.match(nobody, /^r=abc\S+,s=[A-Za-z0-9+/]+=*,i=4096$/)
  t.equal(challengeOf('nobody'), nobody, 'the salt is the same each time')
  t.not(challengeOf('nobody2'), nobody)
  const message = finalOf('SCRAM-SHA-256', 'n=nobody,r=abc', nobody, PASSWORD)
  const step = server()
  step('n,,n=nobody,r=abc')
  const wrong = server()
  const challenge = (wrong('n,,n=user,r=abc') as { token: string }).token
  t.same(step(message), wrong(finalOf('SCRAM-SHA-256', 'n=user,r=abc', challenge, 'wrong')))
  t.end()
})

t.test('an authorization id has to be the name, and tokens are nobody’s', (t) => {
  const other = { kind: 'failed', message: /authorization id that is different/ }
  for (const name of [USER, 'nobody']) t.match(server()(`n,a=admin,n=${name},r=abc`), other)
  const same = server()
  const again = same('n,a=user,n=user,r=abc') as { token: string }
  t.match(same(finalOf('SCRAM-SHA-256', 'n=user,r=abc', again.token, PASSWORD, 'bixhPXVzZXIs')), { kind: 'done' })
  const token = server()
  const bare = 'n=user,r=abc,tokenauth=true'
  const third = token(`n,,${bare}`) as { token: string }
  t.same(token(finalOf('SCRAM-SHA-256', bare, third.token, PASSWORD)), { kind: 'failed' }, 'KIP-48 is not served')
  t.end()
})

t.test('messages that RFC 5802 does not know are refused', (t) => {
  for (const first of [
    '',
    'n,,',
    'n=user,r=abc',
    'y,,n=user,r=abc',
    'p=tls-unique,,n=user,r=abc',
    'n,,m=x,n=user,r=abc',
    'n,,n=us=er,r=abc',
    'n,,n=us,er,r=abc',
    'n,,n=,r=abc',
    'n,,n=user,r=',
    'n,,n=user,r=a c',
    'n,,r=abc,n=user',
  ])
    t.same(server()(first), { kind: 'failed' }, first)
  for (const final of [
    '',
    `c=biws,r=${NONCE}`,
    `c=biws,r=${NONCE}x,p=${PROOF}`,
    `c=biws,r=${SERVER_NONCE},p=${PROOF}`,
    `c=biws,r=${NONCE},p=`,
    `c=biws,r=${NONCE},p=AAAA`,
    `c=biws,r=${NONCE},p=${PROOF},x=y`,
    `c=b,r=${NONCE},p=${PROOF}`,
  ]) {
    const step = server()
    step(`n,,n=${USER},r=${CLIENT_NONCE}`)
    t.same(step(final), { kind: 'failed' }, final)
  }
  t.end()
})

t.test('names and nonces in messages', (t) => {
  for (const name of ['a', 'a=b', ',=', '=2C']) t.equal(nameOf(saslName(name)), name)
  t.equal(nameOf('a=2c'), undefined)
  t.equal(printable(Buffer.alloc(17, 0xff)).length, 26)
  t.match(printable(Buffer.from('0123456789abcdef0123456789abcdef01', 'hex')), /^[0-9a-z]+$/)
  t.end()
})
