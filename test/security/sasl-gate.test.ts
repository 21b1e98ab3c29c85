import t from 'tap'
import { type ApiKey, type ApiOf, apiByKey } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { encodeResponse } from '../../protocol/frame.ts'
import { ResponseHeader, responseHeaderVersion } from '../../protocol/header.ts'
import { Reader } from '../../protocol/wire/reader.ts'
import type { IncomingRequest, Reply } from '../../src/net/dispatch.ts'
import { plainExchange } from '../../src/security/plain.ts'
import { userPrincipal } from '../../src/security/principal.ts'
import { SaslGate } from '../../src/security/sasl-gate.ts'
import { API_VERSIONS, METADATA, memoryServer, type RawClient, replyTo, requestFrame } from '../net/harness.ts'

const HANDSHAKE = 17
const AUTHENTICATE = 36
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256']
const DELAY_MS = 100
const alice = Buffer.from('\0alice\0secret')
const wrong = Buffer.from('\0alice\0guess')
const metadata = requestFrame(METADATA, 12, 5, { topics: [] })
const versions = () => requestFrame(API_VERSIONS, 0, 1, {})
const versionsOfTomorrow = requestFrame(API_VERSIONS, 4, 1, {}).fill(9, 7, 8)
const handshake = (version = 1, mechanism = 'PLAIN') => requestFrame(HANDSHAKE, version, 2, { mechanism })
const authenticate = (authBytes: Buffer, version = 2) => requestFrame(AUTHENTICATE, version, 3, { authBytes })
const bare = (token: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, token.length]), token])

/** A server that asks who its clients are, and says who it took the last one for. */
async function server({ maxReauthMs = 0, maxTokenBytes = 1000 } = {}) {
  const asked: IncomingRequest[] = []
  const dispatch = (request: IncomingRequest): Reply => {
    asked.push(request)
    const { apiKey, apiVersion, correlationId } = request.header
    if (apiKey !== API_VERSIONS) return replyTo(request)
    const errorCode = apiVersion > 4 ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE
    const frame = encodeResponse(apiByKey(API_VERSIONS), 0, correlationId, { errorCode, apiKeys: [] })
    return { kind: 'reply', chunks: [Buffer.concat(frame).subarray(4)] }
  }
  const made = await memoryServer({
    dispatch,
    gate: () =>
      new SaslGate({
        clock: made.time,
        timers: made.time,
        mechanisms: MECHANISMS,
        maxTokenBytes,
        maxReauthMs: new Map([['PLAIN', maxReauthMs]]),
        failureDelayMs: DELAY_MS,
        exchange: () =>
          plainExchange(
            new Map([
              ['alice', 'secret'],
              ['bob', 'secret'],
            ]),
          ),
      }),
  })
  return { ...made, asked }
}

function answer<Key extends ApiKey>(client: RawClient, key: Key, version: number): ApiOf<Key>['response']['T'] {
  const reader = new Reader(client.frames.shift()!)
  ResponseHeader.decode(reader, responseHeaderVersion(key, version)!)
  return apiByKey(key).response.decode(reader, version) as ApiOf<Key>['response']['T']
}

t.test('I25: versions, a mechanism, a token, and then requests are answered', async (t) => {
  for (const version of [0, 1, 2]) {
    const { connect, settle, asked } = await server()
    const client = await connect()
    client.send(versions(), handshake(), authenticate(alice, version), metadata)
    await settle()
    t.same(client.answers, [1, 2, 3, 5])
    client.frames.shift()
    t.same(answer(client, HANDSHAKE, 1), { errorCode: 0, mechanisms: MECHANISMS })
    t.same(answer(client, AUTHENTICATE, version), {
      errorCode: 0,
      errorMessage: '',
      authBytes: Buffer.alloc(0),
      sessionLifetimeMs: 0,
    })
    t.same(asked.at(-1)!.connection.principal, userPrincipal('alice'))
  }
})

t.test('I25: after SaslHandshake v0 tokens come and go without headers', async (t) => {
  const { connect, settle, asked } = await server()
  const client = await connect()
  client.send(handshake(0), bare(alice), metadata)
  await settle()
  t.equal(client.frames.length, 3)
  t.same(answer(client, HANDSHAKE, 0), { errorCode: 0, mechanisms: MECHANISMS })
  t.equal(client.frames.shift()!.length, 0, 'PLAIN has nothing to say')
  t.equal(client.frames[0]!.readInt32BE(), 5)
  t.same(asked.at(-1)!.connection.principal, userPrincipal('alice'))
})

t.test('I28: a wrong token without a header is answered by the end of the connection, later', async (t) => {
  const { connect, settle, time, asked } = await server()
  const client = await connect()
  client.send(handshake(0), bare(wrong), metadata)
  await settle()
  t.equal(client.frames.length, 1)
  await time.run(DELAY_MS - 1)
  t.notOk(client.closed)
  await time.run(1)
  t.ok(client.closed)
  t.same([client.frames.length, asked.length], [1, 0])
})

t.test('I28, J58: wrong credentials are told after a delay, and the connection ends', async (t) => {
  const { connect, settle, time, asked, warnings } = await server()
  const client = await connect()
  client.send(handshake(), authenticate(wrong), authenticate(alice), metadata)
  await settle()
  t.same(client.answers, [2])
  await time.run(DELAY_MS - 1)
  t.same([client.answers, client.closed], [[2], false])
  await time.run(1)
  t.same([client.answers, client.closed], [[2, 3], true])
  client.frames.shift()
  t.same(answer(client, AUTHENTICATE, 2), {
    errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
    errorMessage: 'Authentication failed: Invalid username or password',
    authBytes: Buffer.alloc(0),
    sessionLifetimeMs: 0,
  })
  t.equal(asked.length, 0, 'what came behind it is not looked at')
  t.match(warnings.join(), /Invalid username or password/)
})

t.test('I27: a mechanism that is not enabled is answered with those that are, and the connection ends', async (t) => {
  const { connect, time } = await server()
  const client = await connect()
  client.send(handshake(1, 'GSSAPI'))
  await time.run(DELAY_MS)
  t.same(answer(client, HANDSHAKE, 1), {
    errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
    mechanisms: MECHANISMS,
  })
  t.ok(client.closed)
})

t.test('I32: whatever else comes first ends the connection without an answer', async (t) => {
  const garbage = Buffer.alloc(20)
  for (const [what, sent, answers] of [
    ['a request', [metadata], []],
    ['a request after versions', [versions(), metadata], [1]],
    ['a token without a handshake', [authenticate(alice)], []],
    ['a request after the handshake', [handshake(), metadata], [2]],
    ['versions twice', [versions(), versions()], [1]],
    ['a handshake of no version', [requestFrame(HANDSHAKE, 1, 2, { mechanism: 'PLAIN' }).fill(9, 7, 8)], []],
    ['a handshake cut short', [Buffer.concat([Buffer.from([0, 0, 0, 10, 0, 17, 0, 1, 0, 0, 0, 2, 255, 255])])], []],
    ['a token cut short', [handshake(), Buffer.from([0, 0, 0, 10, 0, 36, 0, 1, 0, 0, 0, 2, 255, 255])], [2]],
    ['no request', [Buffer.concat([Buffer.from([0, 0, 0, 20]), garbage.fill(0x60)])], []],
  ] as const) {
    const { connect, time, asked } = await server()
    const client = await connect()
    client.send(...sent)
    await time.run(DELAY_MS)
    t.same(client.answers, answers, what)
    t.ok(client.closed, what)
    t.notOk(
      asked.some(({ header }) => header.apiKey !== API_VERSIONS),
      what,
    )
  }
})

t.test('I32: a handshake or versions where a token is due are told that they are not', async (t) => {
  for (const [sent, key] of [
    [handshake(0), HANDSHAKE],
    [versions(), API_VERSIONS],
  ] as const) {
    const { connect, time, asked } = await server()
    const client = await connect()
    client.send(handshake(), sent, metadata)
    await time.run(DELAY_MS)
    t.equal(client.frames.length, 2)
    client.frames.shift()
    t.match(answer(client, key, 0), { errorCode: ErrorCode.ILLEGAL_SASL_STATE })
    t.ok(client.closed)
    t.equal(asked.length, 0)
  }
})

t.test('I13: versions may be asked for again where the first answer was a refusal', async (t) => {
  const { connect, settle } = await server()
  const client = await connect()
  client.send(versionsOfTomorrow, versions(), handshake(), authenticate(alice), versions(), versions(), metadata)
  await settle()
  t.same(client.answers, [1, 1, 2, 3, 1, 1, 5], 'and any number of times once the client is known')
})

t.test('I1: a client that is not known may not send much', async (t) => {
  const { connect, settle, time } = await server({ maxTokenBytes: 100 })
  const client = await connect()
  client.send(handshake(), authenticate(Buffer.alloc(101)))
  await time.run(DELAY_MS)
  t.same(client.answers, [2])
  t.ok(client.closed)
  const known = await connect()
  known.send(handshake(), authenticate(alice), requestFrame(METADATA, 12, 5, { topics: [{ name: 'x'.repeat(200) }] }))
  await settle()
  t.same(known.answers, [2, 3, 5], 'and afterwards as much as anybody')
})

t.test('KIP-368: who does not say again who it is, is cut off', async (t) => {
  const { connect, settle, time, asked } = await server({ maxReauthMs: 5000 })
  const client = await connect()
  client.send(handshake(), authenticate(alice))
  await settle()
  client.frames.shift()
  t.equal(answer(client, AUTHENTICATE, 2).sessionLifetimeMs, 5000)
  await time.run(5000)
  client.send(metadata)
  await settle()
  t.same(client.answers, [5])
  await time.run(1)
  t.notOk(client.closed, 'one that is idle is left alone')
  client.send(metadata)
  await settle()
  t.ok(client.closed)
  t.equal(asked.length, 1)
})

t.test('KIP-368: who says it again goes on, also when its time is over', async (t) => {
  const { connect, settle, time, asked } = await server({ maxReauthMs: 5000 })
  const client = await connect()
  client.send(handshake(), authenticate(alice))
  await settle()
  for (const waitMs of [4000, 6000]) {
    client.frames.length = 0
    await time.run(waitMs)
    client.send(handshake(), authenticate(alice), metadata)
    await settle()
    t.same(client.answers, [2, 3, 5])
    client.frames.shift()
    t.equal(answer(client, AUTHENTICATE, 2).sessionLifetimeMs, 5000)
  }
  t.same(asked.at(-1)!.connection.principal, userPrincipal('alice'))
  await time.run(1000)
  client.frames.length = 0
  client.send(handshake(), handshake(), metadata)
  await settle()
  t.equal(client.frames.length, 1, 'at any moment, but')
  await time.run(DELAY_MS)
  t.ok(client.closed, 'one handshake at a time')
})

t.test(
  'KIP-368: saying it again every second is the fastest; a handshake before that is any other request',
  async (t) => {
    const { connect, settle, time, asked } = await server({ maxReauthMs: 5000 })
    const client = await connect()
    client.send(handshake(), authenticate(alice), handshake(), authenticate(alice))
    await settle()
    t.equal(asked.length, 0)
    await time.run(999)
    client.send(handshake())
    await settle()
    t.equal(asked.length, 1, 'it is for a handler to refuse')
    t.notOk(client.closed)
  },
)

t.test('I29: where once is enough a second handshake is for a handler to refuse', async (t) => {
  const { connect, settle, asked } = await server()
  const client = await connect()
  client.send(handshake(), authenticate(alice), handshake(), authenticate(alice))
  await settle()
  t.same(
    asked.map(({ header }) => header.apiKey),
    [HANDSHAKE, AUTHENTICATE],
  )
  t.notOk(client.closed)
})

t.test('KIP-368: it may become nobody else, and use no other mechanism', async (t) => {
  const bob = Buffer.from('\0bob\0secret')
  for (const [sent, message] of [
    [[handshake(), authenticate(bob)], 'Cannot change principals during re-authentication from User.alice: User.bob'],
    [[handshake(), authenticate(wrong)], 'Authentication failed: Invalid username or password'],
    [[handshake(1, 'SCRAM-SHA-256'), authenticate(alice)], undefined],
  ] as const) {
    const { connect, settle, time, asked } = await server({ maxReauthMs: 5000 })
    const client = await connect()
    client.send(handshake(), authenticate(alice))
    await settle()
    client.frames.length = 0
    client.send(...sent, metadata)
    await time.run(DELAY_MS)
    t.ok(client.closed)
    t.equal(answer(client, HANDSHAKE, 1).errorCode, ErrorCode.NONE)
    if (message === undefined) t.equal(client.frames.length, 0)
    else t.equal(answer(client, AUTHENTICATE, 2).errorMessage, message)
    t.equal(asked.length, 0)
  }
})
