import t from 'tap'
import { AssertionFailure } from '../../src/base/assert.ts'
import { lend, release, SlabPool } from '../../src/base/slabs.ts'
import {
  MAX_BYTES_IN_FLIGHT,
  MAX_BYTES_READ_AHEAD,
  MAX_BYTES_UNSENT,
  MAX_REQUESTS_IN_FLIGHT,
} from '../../src/net/connection.ts'
import { FETCH, METADATA, memoryServer, PRODUCE, replyTo, requestFrame, smallRequest } from './harness.ts'

t.test('a request comes to dispatch with header, body, connection and size', async (t) => {
  const { held, connect, settle } = await memoryServer()
  const client = await connect()
  const frame = requestFrame(METADATA, 12, 77, { topics: null })
  client.send(frame)
  await settle()
  const { request } = held[0]!
  t.match(request.header, { apiKey: METADATA, apiVersion: 12, correlationId: 77, clientId: 'tester' })
  t.equal(request.frameBytes, frame.length - 4)
  t.match(request.connection, { listener: 'PLAINTEXT', clientId: 'tester', local: { port: 9092 } })
  t.equal(request.connection.remote.port, client.socket.local.port)
  held[0]!.answer()
  await settle()
  t.same(client.answers, [77])
})

t.test('I1: requests arrive whole whatever the chunks', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const { connect, time } = await memoryServer({ chunks: 'random', seed, dispatch: (request) => replyTo(request) })
    const client = await connect()
    const frames = Array.from({ length: 30 }, (_, i) => smallRequest(METADATA, i, (i * 97) % 1500))
    client.send(...frames)
    await time.run(0)
    t.same(
      client.answers,
      frames.map((_, i) => i),
      `seed ${seed}`,
    )
  }
})

t.test('J55: replies keep the order of requests, and one request runs at a time', async (t) => {
  const { held, connect, settle } = await memoryServer()
  const client = await connect()
  client.send(smallRequest(FETCH, 1), smallRequest(METADATA, 2), smallRequest(PRODUCE, 3))
  await settle()
  t.equal(held.length, 1, 'I16: the others wait')
  held[0]!.answer()
  await settle()
  t.same(client.answers, [1])
  t.equal(held.length, 2)
  held[1]!.answer()
  await settle()
  held[2]!.answer()
  await settle()
  t.same(client.answers, [1, 2, 3])
})

t.test('pipelined requests run together; their replies keep the order, and others wait for them', async (t) => {
  const { held, connect, settle } = await memoryServer()
  const client = await connect()
  client.send(...[1, 2, 3].map((id) => smallRequest(PRODUCE, id)), smallRequest(METADATA, 4), smallRequest(PRODUCE, 5))
  await settle()
  t.equal(held.length, 3)
  held[2]!.answer()
  held[1]!.answer({ kind: 'none' })
  await settle()
  t.same(client.answers, [], 'the first has not been answered')
  held[0]!.answer()
  await settle()
  t.same(client.answers, [1, 3], 'none is sent for the one with acks=0')
  t.equal(held.length, 4, 'the request behind them started, the pipelined one behind it did not')
  held[3]!.answer()
  await settle()
  held[4]!.answer()
  await settle()
  t.same(client.answers, [1, 3, 4, 5])
})

t.test('requests in flight are bounded in number and in bytes', async (t) => {
  const { held, connect, settle, server } = await memoryServer()
  const client = await connect()
  client.send(...Array.from({ length: 100 }, (_, i) => smallRequest(PRODUCE, i)))
  await settle()
  t.equal(held.length, MAX_REQUESTS_IN_FLIGHT)
  for (const { answer } of held.splice(0)) answer()
  await settle()
  t.equal(held.length, 100 - MAX_REQUESTS_IN_FLIGHT)
  for (const { answer } of held.splice(0)) answer()
  await settle()
  t.equal(client.answers.length, 100)

  const megabytes = 20
  for (let i = 0; i < megabytes; i++) client.send(smallRequest(PRODUCE, i, 1 << 20))
  await settle()
  t.equal(held.length, MAX_BYTES_IN_FLIGHT >> 20)
  t.ok(client.socket.queuedBytes > 8 << 20, 'the rest is left with the client')
  const [connection] = server.connections
  t.ok(connection!.bufferedBytes < MAX_BYTES_IN_FLIGHT + (1 << 20) + MAX_BYTES_READ_AHEAD + 65536)
  let answered = 0
  while (held.length > 0) {
    held.shift()!.answer()
    answered++
    await settle()
  }
  t.equal(answered, megabytes)
})

t.test('behind a slow request only a little is read ahead', async (t) => {
  const { held, connect, settle, server } = await memoryServer()
  const client = await connect()
  client.send(smallRequest(FETCH, 1), smallRequest(PRODUCE, 2, 50 << 20))
  await settle()
  const [connection] = server.connections
  t.ok(connection!.bufferedBytes < MAX_BYTES_READ_AHEAD + 65536, `${connection!.bufferedBytes} bytes are held`)
  held[0]!.answer()
  await settle()
  t.equal(held[1]?.request.frameBytes, 10 + (50 << 20), 'then it is read')
})

t.test('a client that does not read its answers is not read from', async (t) => {
  let served = 0
  const { connect, settle, server } = await memoryServer({
    dispatch: (request) => {
      served++
      return replyTo(request, 10_000)
    },
  })
  const client = await connect()
  client.socket.pause()
  for (let i = 0; i < 5000; i++) client.send(smallRequest(METADATA, i, 100))
  await settle()
  const [connection] = server.connections
  const limit = MAX_BYTES_UNSENT + MAX_BYTES_READ_AHEAD + 2 * 65536
  t.ok(connection!.bufferedBytes < limit, `${connection!.bufferedBytes} bytes are held`)
  t.ok(served < 50, `${served} requests were started`)
  t.ok(client.socket.queuedBytes > 0, 'requests stay with the client')
  client.socket.resume()
  await settle()
  t.equal(client.answers.length, 5000)
})

t.test('replies that are ready together leave as one write', async (t) => {
  const { held, connect, settle } = await memoryServer()
  const client = await connect()
  client.send(...Array.from({ length: 20 }, (_, i) => smallRequest(PRODUCE, i)))
  await settle()
  for (const { answer } of held) answer()
  await settle()
  t.equal(client.answers.length, 20)
  t.equal(client.chunks, 1)
})

t.test('one flood does not keep others from their turn', async (t) => {
  const order: string[] = []
  const { connect, settle } = await memoryServer({
    dispatch: (request) => {
      order.push(request.header.apiKey === METADATA ? 'flood' : 'other')
      return replyTo(request)
    },
  })
  const [flood, other] = [await connect(), await connect()]
  flood.send(...Array.from({ length: 2000 }, (_, i) => smallRequest(METADATA, i)))
  other.send(smallRequest(FETCH, 1))
  await settle()
  t.equal(order.length, 2001)
  t.ok(order.indexOf('other') < 200, `served after ${order.indexOf('other')} requests of the flood`)
})

t.test('I1, I7, J54, J56: what cannot be a request closes the connection without a byte', async (t) => {
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  }
  const inputs: [string, Buffer][] = [
    ['negative size', int32(-1)],
    ['200 MB announced', int32(200_000_000)],
    ['size one above the limit', int32(104857601)],
    ['unknown key', smallRequest(9999, 1)],
    ['a key that is gone', smallRequest(4, 1)],
    ['negative key', smallRequest(-1, 1)],
    ['empty frame', int32(0)],
    ['half a header', Buffer.concat([int32(5), Buffer.alloc(5)])],
    ['client id beyond the frame', Buffer.concat([int32(10), Buffer.from('00030000000000017fff', 'hex')])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ]
  for (const [name, bytes] of inputs) {
    const { connect, settle, held, server, warnings } = await memoryServer()
    const [client, bystander] = [await connect(), await connect()]
    client.send(bytes)
    await settle()
    t.ok(client.closed, name)
    t.equal(client.bytes, 0, name)
    t.equal(held.length, 0, name)
    t.equal(warnings.length, 1, name)
    bystander.send(smallRequest(METADATA, 1))
    await settle()
    t.equal(held.length, 1, 'another connection is served')
    t.equal(server.connections.size, 1)
  }
})

t.test('what came before the bad frame is answered first', async (t) => {
  const { connect, settle, held } = await memoryServer()
  const client = await connect()
  client.send(smallRequest(PRODUCE, 1), smallRequest(PRODUCE, 2), smallRequest(9999, 3), smallRequest(PRODUCE, 4))
  await settle()
  t.equal(held.length, 2)
  t.notOk(client.closed)
  held[1]!.answer()
  held[0]!.answer()
  await settle()
  t.same(client.answers, [1, 2])
  t.ok(client.closed)
})

t.test(
  'F5, I7: dispatch may close instead of answering; earlier replies go out, later requests are dropped',
  async (t) => {
    const { connect, settle, held, warnings } = await memoryServer()
    const client = await connect()
    client.send(...[1, 2, 3].map((id) => smallRequest(PRODUCE, id)))
    await settle()
    held[2]!.answer()
    held[1]!.answer({ kind: 'close', reason: 'version 99 is not served' })
    await settle()
    t.notOk(client.closed)
    held[0]!.answer()
    await settle()
    t.same(client.answers, [1])
    t.ok(client.closed)
    t.match(warnings, [/version 99 is not served/])
  },
)

t.test('a request that fails inside closes its connection and is an error of ours', async (t) => {
  const { connect, settle, held, warnings } = await memoryServer()
  const client = await connect()
  client.send(smallRequest(METADATA, 1))
  await settle()
  held[0]!.fail(new Error('broken'))
  await settle()
  t.ok(client.closed)
  t.match(warnings, [/a request failed/])
})

t.test('an impossible state reaches whoever watches over the process', async (t) => {
  const { connect, settle, held } = await memoryServer()
  const client = await connect()
  client.send(smallRequest(METADATA, 1))
  await settle()
  held[0]!.fail(new AssertionFailure('two leaders'))
  await t.rejects(settle(), AssertionFailure)
})

t.test(
  'J57, I18: a connection on which nothing moves for connections.max.idle.ms is closed, half a frame or not',
  async (t) => {
    const { connect, time, server } = await memoryServer({ config: { 'connections.max.idle.ms': 600_000 } })
    const silent = await connect()
    const half = await connect()
    const busy = await connect()
    half.send(smallRequest(PRODUCE, 1, 1000).subarray(0, 500))
    await time.run(300_000)
    busy.send(smallRequest(METADATA, 1))
    await time.run(299_999)
    t.same([silent.closed, half.closed], [false, false])
    await time.run(1)
    t.same([silent.closed, half.closed, busy.closed], [true, true, false])
    await time.run(300_000)
    t.ok(busy.closed)
    t.equal(server.connections.size, 0)
  },
)

t.test('a negative connections.max.idle.ms keeps connections for ever', async (t) => {
  const { connect, time } = await memoryServer({ config: { 'connections.max.idle.ms': -1 } })
  const client = await connect()
  await time.run(1e9)
  t.notOk(client.closed)
})

t.test('I20: closing sends the replies that are ready and drops requests in flight', async (t) => {
  const { connect, settle, held, server } = await memoryServer()
  const client = await connect()
  const gone: string[] = []
  client.send(smallRequest(PRODUCE, 1), smallRequest(PRODUCE, 2))
  await settle()
  held[0]!.request.connection.onClose(() => gone.push('hook'))
  held[0]!.answer()
  const closed = server.close()
  await settle()
  await closed
  t.same(client.answers, [1])
  t.ok(client.closed)
  t.same(gone, ['hook'])
  held[1]!.answer()
  await settle()
  held[1]!.request.connection.onClose(() => gone.push('late'))
  t.same(gone, ['hook', 'late'], 'a hook set after the end runs at once')
})

t.test('closing cuts off a client that does not read', async (t) => {
  const { connect, time, server } = await memoryServer({ dispatch: (request) => replyTo(request, 1 << 20) })
  const client = await connect()
  client.socket.pause()
  client.send(smallRequest(METADATA, 1))
  await time.run(0)
  let done = false
  void server.close({ graceMs: 200 }).then(() => {
    done = true
  })
  await time.run(199)
  t.notOk(done)
  await time.run(1)
  t.ok(done)
  t.equal(time.pending, 0, 'no timer is left')
})

t.test('queued.max.request.bytes bounds what all connections have under way together', async (t) => {
  const { connect, settle, held } = await memoryServer({ config: { 'queued.max.request.bytes': 1000 } })
  const clients = [await connect(), await connect(), await connect()]
  for (const client of clients) client.send(smallRequest(PRODUCE, 1, 600), smallRequest(PRODUCE, 2, 600))
  await settle()
  t.equal(held.length, 2, 'the second goes over the limit, the third finds nothing left')
  let answered = 0
  while (held.length > 0) {
    held.shift()!.answer()
    answered++
    await settle()
    t.ok(held.length <= 2)
  }
  t.equal(answered, 6)
})

t.test('a connection that goes gives back its share of queued.max.request.bytes', async (t) => {
  const { connect, settle, held } = await memoryServer({ config: { 'queued.max.request.bytes': 1000 } })
  const [half, waits, other] = [await connect(), await connect(), await connect()]
  half.send(smallRequest(PRODUCE, 1, 2000).subarray(0, 100))
  await settle()
  waits.send(smallRequest(PRODUCE, 2, 100))
  other.send(smallRequest(PRODUCE, 3, 100))
  await settle()
  t.equal(held.length, 0)
  waits.socket.destroy()
  half.socket.destroy()
  await settle()
  t.same(
    held.map(({ request }) => request.header.correlationId),
    [3],
  )
})

t.test(
  'the memory of a request is used again when it has been answered, if its API says so and it did not fail',
  async (t) => {
    const slabs = new SlabPool()
    const { held, connect, settle } = await memoryServer({ slabs, borrows: (key) => key === PRODUCE })
    const client = await connect()
    client.send(smallRequest(PRODUCE, 1, 100_000))
    await settle()
    t.equal(slabs.freeBytes, 0)
    held[0]!.answer()
    await settle()
    t.ok(slabs.freeBytes > 100_000)
    const { freeBytes } = slabs
    client.send(smallRequest(METADATA, 2, 100_000))
    await settle()
    held[1]!.answer()
    await settle()
    t.equal(slabs.freeBytes, 0, 'somebody may have kept a part of it')
    client.send(smallRequest(PRODUCE, 3, 100_000))
    await settle()
    held[2]!.fail(new Error('broken'))
    await settle()
    t.equal(slabs.freeBytes, 0, 'nobody knows who still needs it')
    t.ok(freeBytes > 0)
  },
)

t.test('what was lent to a reply is given back when the peer has taken all of it, and not before', async (t) => {
  const slabs = new SlabPool({ poison: true })
  const bytes = 2_000_000
  const { connect, settle } = await memoryServer({
    slabs,
    dispatch: (request) => {
      const lentPart = slabs.take(bytes).fill(request.header.correlationId)
      lend(lentPart)
      release(lentPart)
      const correlationId = Buffer.alloc(4)
      correlationId.writeInt32BE(request.header.correlationId)
      return { kind: 'reply', chunks: [correlationId, lentPart] }
    },
  })
  const slow = await connect()
  slow.socket.pause()
  slow.send(smallRequest(FETCH, 7))
  await settle()
  t.equal(slabs.freeBytes, 0)
  const quick = await connect()
  for (let id = 20; id < 30; id++) {
    quick.send(smallRequest(FETCH, id))
    await settle()
    t.equal(quick.answers.at(-1), id)
    t.ok(
      quick.frames
        .at(-1)!
        .subarray(4)
        .every((byte) => byte === id),
    )
    t.ok(slabs.freeBytes > 0, 'one slab, ten times')
  }
  slow.socket.resume()
  await settle()
  t.equal(slow.answers[0], 7)
  t.ok(slow.frames[0]!.subarray(4).every((byte) => byte === 7))
  t.ok(slabs.freeBytes >= 2 * bytes)
})

t.test('a reply that is never taken is never given back', async (t) => {
  const slabs = new SlabPool()
  const { server, connect, settle } = await memoryServer({
    dispatch: () => {
      const lentPart = slabs.take(2_000_000)
      lend(lentPart)
      release(lentPart)
      return { kind: 'reply', chunks: [lentPart] }
    },
  })
  const client = await connect()
  client.socket.pause()
  client.send(smallRequest(FETCH, 7))
  await settle()
  server.destroyConnections()
  await settle()
  t.equal(slabs.freeBytes, 0)
})
