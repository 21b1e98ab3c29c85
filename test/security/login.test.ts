import t from 'tap'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { credentialOf, type ScramMechanism } from '../../src/metadata/scram.ts'
import { Peer } from '../../src/net/peer.ts'
import { saslLogin } from '../../src/security/login.ts'
import { SaslServer } from '../../src/security/sasl-server.ts'
import { saltedPassword } from '../../src/security/scram.ts'
import { API_VERSIONS, apiVersionsReply, METADATA, memoryServer, replyTo } from '../net/harness.ts'

const random = new SeededRandom(1)
const SALT = Buffer.from('salt of some bytes')
const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** A server that lets alice in, by "secret"; its requests but those of SASL wait for the test. */
async function world({ maxReauthMs = 0, mechanisms = ['PLAIN', ...SCRAM] as string[] } = {}) {
  const sasl = new SaslServer({
    system: { clock: { wallMs: () => 0, monotonicMs: () => made.time.monotonicMs() }, timers: timersOf(), random },
    listeners: new Map([
      [
        'PLAINTEXT',
        {
          mechanisms,
          passwords: new Map([['alice', 'secret']]),
          maxTokenBytes: 1000,
          maxReauthMs: new Map(mechanisms.map((name) => [name, maxReauthMs])),
          failureDelayMs: 100,
        },
      ],
    ]),
    credential: (mechanism, user) =>
      user === 'alice'
        ? credentialOf(mechanism, saltedPassword(mechanism, 'secret', SALT, 4096), SALT, 4096)
        : undefined,
  })
  function timersOf() {
    return { after: (ms: number, task: () => void) => made.time.after(ms, task), soon: () => {} }
  }
  const users: string[] = []
  const made = await memoryServer({
    dispatch: (request) => {
      if (request.header.apiKey !== API_VERSIONS) {
        users.push(request.connection.principal.name)
        return replyTo(request, 60)
      }
      return apiVersionsReply(request, [
        [METADATA, 0, 12],
        [17, 0, 1],
        [API_VERSIONS, 0, 4],
        [36, 0, 2],
      ])
    },
    gate: (listener) => sasl.gate(listener),
  })
  const refusals: string[] = []
  const hooks = { onBegin: () => {} }
  const come = async (mechanism: string, user: string, password: string) => {
    const login = saslLogin({ mechanism, user, password }, random)
    const connecting = Peer.connect({
      system: made.system,
      address: { host: 'localhost', port: 9092 },
      clientId: 'test',
      login: {
        mechanism,
        begin: () => {
          hooks.onBegin()
          return login.begin()
        },
        onRefused: (reason) => void refusals.push(reason),
      },
    })
    connecting.catch(() => {})
    await made.time.run(200)
    return connecting
  }
  return { ...made, come, users, refusals, hooks }
}

t.test('a peer comes in by each mechanism, and what it sends is of its user', async (t) => {
  for (const mechanism of ['PLAIN', ...SCRAM]) {
    const { come, users, settle } = await world()
    const peer = await come(mechanism, 'alice', 'secret')
    peer.send(METADATA, { topics: null }).catch(() => {})
    await settle()
    t.same(users, ['alice'], mechanism)
    peer.close()
    await settle()
  }
})

t.test('a peer that is not let in says why, and whoever wants to know is told', async (t) => {
  for (const mechanism of ['PLAIN', ...SCRAM]) {
    for (const [user, password] of [
      ['alice', 'wrong'],
      ['nobody', 'secret'],
    ] as const) {
      const { come, users, refusals, settle, server } = await world()
      await t.rejects(come(mechanism, user, password), {
        code: 'EAUTH',
        message: /^localhost:9092 does not let this client in: .*Authentication failed/,
      })
      t.equal(refusals.length, 1)
      t.equal(users.length, 0)
      await settle()
      t.equal(server.connections.size, 0)
    }
  }
  const { come } = await world({ mechanisms: ['PLAIN'] })
  const message = /SCRAM-SHA-256 is not enabled there; PLAIN are/
  await t.rejects(come('SCRAM-SHA-256', 'alice', 'secret'), { code: 'EAUTH', message })
})

t.test('KIP-368: a peer says in time who it is again, and what is sent meanwhile waits', async (t) => {
  const { come, users, settle, time, server, hooks } = await world({ maxReauthMs: 10_000 })
  const peer = await come('SCRAM-SHA-256', 'alice', 'secret')
  hooks.onBegin = () => {
    for (let i = 0; i < 2; i++) peer.send(METADATA, { topics: null }).catch(() => {})
  }
  await time.run(5 * 8500)
  t.same(users, Array(10).fill('alice'))
  t.equal(server.connections.size, 1)
  peer.close()
  await settle()
})

t.test('RFC 5802: a server has to show that it knows the user, too', (t) => {
  const exchange = (mechanism: ScramMechanism = 'SCRAM-SHA-256') => {
    const { answer } = saslLogin({ mechanism, user: 'a,b=c', password: 'secret' }, random).begin()
    const first = answer(undefined)!.toString()
    return { answer, first, nonce: first.replace(/.*,r=/, '') }
  }
  t.match(exchange().first, /^n,,n=a=2Cb=3Dc,r=[0-9a-z]+$/)
  t.not(exchange().nonce, exchange().nonce)
  const challenge = (nonce: string, iterations = '4096') => Buffer.from(`r=${nonce},s=c2FsdA==,i=${iterations}`)
  const impostor = exchange()
  impostor.answer(challenge(`${impostor.nonce}x`))
  const signature = Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`)
  t.throws(() => impostor.answer(signature), /did not show/)
  for (const [nonce, iterations, message] of [
    [() => 'other', '4096', /not one of SCRAM/],
    [(own: string) => own, '4096', /not one of SCRAM/],
    [(own: string) => `${own}x`, '4095', /4095 iterations/],
    [(own: string) => `${own}x`, '100000000', /100000000 iterations/],
    [(own: string) => `${own}x`, '', /not one of SCRAM/],
  ] as const) {
    const { answer, nonce: own } = exchange()
    t.throws(() => answer(challenge(nonce(own), iterations)), message)
  }
  t.end()
})
