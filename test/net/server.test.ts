import { existsSync } from 'node:fs'
import t from 'tap'
import { silentLogger } from '../../src/base/logger.ts'
import { NetworkError } from '../../src/base/network.ts'
import { createSystem } from '../../src/base/system.ts'
import { loopTurn } from '../../src/base/system-time.ts'
import type { NetConfig } from '../../src/net/config.ts'
import type { Dispatch } from '../../src/net/dispatch.ts'
import type { ListenerSpec } from '../../src/net/listener.ts'
import { NetServer } from '../../src/net/server.ts'
import { ANONYMOUS } from '../../src/security/principal.ts'
import { METADATA, memoryServer, netConfigWith, PRODUCE, RawClient, replyTo, smallRequest, specs } from './harness.ts'

const system = createSystem()

async function until(done: () => boolean): Promise<void> {
  while (!done()) await loopTurn()
}

async function realServer(
  listeners: readonly ListenerSpec[],
  { config, dispatch }: { config?: Partial<NetConfig>; dispatch?: Dispatch } = {},
) {
  const server = new NetServer({
    system,
    logger: silentLogger,
    config: netConfigWith(config),
    listeners,
    hostName: 'my-machine',
    principal: ANONYMOUS,
    dispatch: dispatch ?? ((request) => replyTo(request)),
    pipelined: (key) => key === PRODUCE,
  })
  await server.open()
  return server
}

async function connect(host: string, port: number): Promise<RawClient> {
  return new RawClient(await system.network.connect({ host, port }, { timeoutMs: 5000 }))
}

t.test('localhost listens on 127.0.0.1 and ::1 with one port, which port 0 carries through to clients', async (t) => {
  const server = await realServer(specs('PLAINTEXT://localhost:0'))
  server.serve()
  const [listener] = server.listeners
  const { port } = listener!.advertised
  t.ok(port > 0)
  t.equal(listener!.advertised.host, 'localhost')
  t.equal(listener!.bound[0]?.host, '127.0.0.1')
  for (const { host, port: bound } of listener!.bound) {
    t.equal(bound, port)
    const client = await connect(host, bound)
    client.send(smallRequest(METADATA, 5))
    await until(() => client.answers.length === 1)
    client.socket.destroy()
  }
  await server.close()
})

t.test('I23: each listener has its own advertised address', async (t) => {
  const advertised = (name: string, host: string, port: number) => ({
    ...specs(`PLAINTEXT://127.0.0.1:0`)[0]!,
    name,
    advertised: { host, port },
  })
  const server = await realServer([
    advertised('INSIDE', 'broker', 29092),
    advertised('OUTSIDE', 'localhost', 0),
    { name: 'ALL', securityProtocol: 'PLAINTEXT', host: '', port: 0 },
  ])
  const outside = server.listeners[1]!
  const all = server.listeners[2]!
  t.same(server.advertised('INSIDE'), { host: 'broker', port: 29092 })
  t.same(server.advertised('OUTSIDE'), { host: 'localhost', port: outside.bound[0]?.port })
  t.same(server.advertised('ALL'), { host: 'my-machine', port: all.bound[0]?.port })
  t.equal(server.advertised('NONE'), undefined)
  await server.close()
})

t.test('requests know the listener that they came through', async (t) => {
  const seen: string[] = []
  const server = await realServer(
    ['A', 'B'].map((name) => ({ ...specs('PLAINTEXT://127.0.0.1:0')[0]!, name })),
    {
      dispatch: (request) => {
        seen.push(`${request.connection.listener} ${request.connection.remote.host}`)
        return replyTo(request)
      },
    },
  )
  server.serve()
  for (const { bound } of server.listeners) {
    const client = await connect('127.0.0.1', bound[0]!.port)
    client.send(smallRequest(METADATA, 1))
    await until(() => client.answers.length === 1)
    client.socket.destroy()
  }
  t.same(seen, ['A 127.0.0.1', 'B 127.0.0.1'])
  await server.close()
})

t.test('a port that is taken is told in words, and nothing stays open', async (t) => {
  const first = await realServer(specs('PLAINTEXT://127.0.0.1:0'))
  const { port } = first.listeners[0]!.advertised
  const listeners = [
    { ...specs('PLAINTEXT://127.0.0.1:0')[0]!, name: 'FREE' },
    { ...specs('PLAINTEXT://127.0.0.1:0')[0]!, port },
  ]
  let opened: NetServer | undefined
  const failure = await realServer(listeners).then(
    (server) => {
      opened = server
    },
    (error) => error,
  )
  t.equal(opened, undefined)
  t.type(failure, NetworkError)
  t.match(failure, { code: 'EADDRINUSE', message: new RegExp(`^port ${port} is taken on 127.0.0.1 by .*port 0`) })
  if (existsSync('/proc/net/tcp')) t.match(failure.message, `(pid ${process.pid})`)
  await first.close()
})

t.test('other failures to listen are told in words', async (t) => {
  const spec = specs('PLAINTEXT://127.0.0.1:0')[0]!
  await t.rejects(realServer([{ ...spec, host: '203.0.113.1' }]), { message: /is not an address of this machine/ })
  await t.rejects(realServer([{ ...spec, host: 'no-such-host.invalid' }]), { message: /no-such-host.invalid/ })
  await t.rejects(realServer([{ ...spec, securityProtocol: 'SSL' }]), { message: /SSL, which is not served yet/ })
})

t.test('where ::1 is taken on the port that the system chose, another port is tried', async (t) => {
  const { system: memory } = await memoryServer()
  const taken = await memory.network.listen({ host: '::1', port: 49152 }, () => {})
  const server = new NetServer({
    system: memory,
    logger: silentLogger,
    config: netConfigWith(),
    listeners: specs('PLAINTEXT://localhost:0'),
    hostName: 'localhost',
    principal: ANONYMOUS,
    dispatch: (request) => replyTo(request),
    pipelined: () => false,
  })
  await server.open()
  t.equal(server.listeners[0]?.advertised.port, 49153)
  const free = await memory.network.listen({ host: '127.0.0.1', port: 49152 }, () => {})
  await Promise.all([taken.close(), free.close(), server.close()])
})

t.test('the port is known before anything is answered', async (t) => {
  const server = await realServer(specs('PLAINTEXT://127.0.0.1:0'))
  const client = await connect('127.0.0.1', server.listeners[0]!.advertised.port)
  client.send(smallRequest(METADATA, 1))
  for (let i = 0; i < 20; i++) await loopTurn()
  t.equal(server.connections.size, 0)
  t.same(client.answers, [])
  server.serve()
  await until(() => client.answers.length === 1)
  client.socket.destroy()
  await server.close()
})

t.test('close frees everything, whatever clients do', async (t) => {
  const server = await realServer(specs('PLAINTEXT://127.0.0.1:0'), { dispatch: () => new Promise(() => {}) })
  server.serve()
  const { port } = server.listeners[0]!.advertised
  const clients = await Promise.all([0, 1, 2].map(() => connect('127.0.0.1', port)))
  clients[0]!.send(smallRequest(METADATA, 1))
  clients[1]!.send(smallRequest(PRODUCE, 1, 5000).subarray(0, 100))
  await until(() => server.connections.size === 3)
  await server.close()
  t.equal(server.connections.size, 0)
  await until(() => clients.every(({ closed }) => closed))
  const again = await realServer([{ ...specs('PLAINTEXT://127.0.0.1:0')[0]!, port }])
  await again.close()
})

t.test('real sockets: large and small requests, pipelined, in order', async (t) => {
  const server = await realServer(specs('PLAINTEXT://127.0.0.1:0'), {
    dispatch: async (request) => {
      await loopTurn()
      return replyTo(request, request.frameBytes % 1000)
    },
  })
  server.serve()
  const client = await connect('127.0.0.1', server.listeners[0]!.advertised.port)
  const sizes = Array.from({ length: 300 }, (_, i) => (i % 37 === 0 ? 1_500_000 : (i * 131) % 4000))
  for (const [i, size] of sizes.entries()) client.send(smallRequest(i % 5 === 0 ? METADATA : PRODUCE, i, size))
  await until(() => client.answers.length === sizes.length)
  t.same(client.answers, [...sizes.keys()])
  client.socket.destroy()
  await server.close()
})

t.test('real sockets: a client that does not read is not read from', async (t) => {
  let served = 0
  const server = await realServer(specs('PLAINTEXT://127.0.0.1:0'), {
    dispatch: (request) => {
      served++
      return replyTo(request, 1 << 20)
    },
  })
  server.serve()
  const client = await connect('127.0.0.1', server.listeners[0]!.advertised.port)
  client.socket.pause()
  const requests = 200
  for (let i = 0; i < requests; i++) client.send(smallRequest(METADATA, i))
  let before = -1
  while (before !== served) {
    before = served
    for (let i = 0; i < 50; i++) await loopTurn()
  }
  t.ok(served < requests / 2, `${served} of ${requests} were started`)
  client.socket.resume()
  await until(() => client.answers.length === requests)
  client.socket.destroy()
  await server.close()
})

t.test('1,000 silent connections on real sockets hold little, and others are served', async (t) => {
  const server = await realServer(specs('PLAINTEXT://127.0.0.1:0'), {
    config: { 'socket.listen.backlog.size': 2000 },
  })
  server.serve()
  const { port } = server.listeners[0]!.advertised
  const silent: RawClient[] = []
  for (let i = 0; i < 10; i++) {
    silent.push(...(await Promise.all(Array.from({ length: 100 }, () => connect('127.0.0.1', port)))))
  }
  await until(() => server.connections.size === 1000)
  t.equal(
    [...server.connections].reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
    0,
  )
  const client = await connect('127.0.0.1', port)
  client.send(smallRequest(METADATA, 1))
  await until(() => client.answers.length === 1)
  await server.close()
  await until(() => silent.every(({ closed }) => closed))
  t.equal(server.connections.size, 0)
})

t.test('5,000 connections that announce 100 MB and fall silent cost little, and go when idle', async (t) => {
  const { system: memory, server, time, connect } = await memoryServer({ dispatch: (request) => replyTo(request) })
  const announced = Buffer.alloc(14)
  announced.writeInt32BE(100_000_000)
  const before = process.memoryUsage().arrayBuffers
  const sockets = await (async () => {
    const connecting = Array.from({ length: 5000 }, () =>
      memory.network.connect({ host: 'localhost', port: 9092 }, { timeoutMs: 1000 }),
    )
    await time.run(0)
    return Promise.all(connecting)
  })()
  for (const socket of sockets) socket.write([announced])
  await time.run(0)
  t.equal(server.connections.size, 5000)
  const held = [...server.connections].reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
  t.equal(held, 5000 * 10)
  const grown = process.memoryUsage().arrayBuffers - before
  t.ok(grown < 20_000_000, `${grown} bytes`)
  const client = await connect()
  client.send(smallRequest(METADATA, 1))
  await time.run(0)
  t.same(client.answers, [1], 'another client is served')
  await time.run(600_000)
  t.equal(server.connections.size, 0)
})

t.test('I21: more than max.connections.per.ip are closed at accept, with exceptions by address', async (t) => {
  const { server, connect, settle } = await memoryServer({ config: { 'max.connections.per.ip': 2 } })
  const clients = [await connect(), await connect(), await connect()]
  await settle()
  t.same(
    clients.map(({ closed }) => closed),
    [false, false, true],
  )
  clients[0]!.socket.destroy()
  await settle()
  const next = await connect()
  t.notOk(next.closed, 'one that went makes room')
  server.reconfigure(netConfigWith({ 'max.connections.per.ip': 2, 'max.connections.per.ip.overrides': 'localhost:3' }))
  t.notOk((await connect()).closed)
  t.ok((await connect()).closed)
})

t.test('beyond max.connections the next ones wait for a place, as many as the backlog holds', async (t) => {
  const { server, connect, settle, held } = await memoryServer({
    config: { 'max.connections': 2, 'socket.listen.backlog.size': 1 },
  })
  const [first, , third, fourth] = [await connect(), await connect(), await connect(), await connect()]
  await settle()
  t.equal(server.connections.size, 2)
  t.ok(fourth.closed)
  third.send(smallRequest(METADATA, 3))
  await settle()
  t.equal(held.length, 0)
  first.socket.destroy()
  await settle()
  t.equal(held.length, 1, 'the third is served now')
})

t.test('a flood of bad peers does not fill the log', async (t) => {
  const { connect, settle, warnings, time } = await memoryServer()
  const attack = async () => {
    for (let i = 0; i < 100; i++) {
      const client = await connect()
      client.send(Buffer.from('GET / HTTP/1.1'))
      await settle()
    }
  }
  await attack()
  t.equal(warnings.length, 20)
  t.match(warnings.at(-1), /left out/)
  await time.run(10_001)
  await attack()
  t.equal(warnings.length, 40)
})

t.test('nor do the names that they give themselves or what they ask for', async (t) => {
  const reason = `mechanism ${'x'.repeat(30_000)} is not enabled`
  const { connect, settle, logged } = await memoryServer({ dispatch: () => ({ kind: 'close', reason }) })
  const client = await connect()
  const request = smallRequest(METADATA, 1, 30_000).fill('c', 14)
  request.writeInt16BE(30_000, 12)
  client.send(request)
  await settle()
  t.equal(logged.length, 1)
  t.match(logged[0], /mechanism x+\.\.\..*c+\.\.\./)
  t.ok(logged[0]!.length < 1000)
})

t.test('a warning names the limit that a request is over', async (t) => {
  const limits: [maxFrameBytes: number | undefined, warning: RegExp][] = [
    [100, /the limit is 100 \(sasl\.server\.max\.receive\.size\)/],
    [undefined, /the limit is 1000 \(socket\.request\.max\.bytes\)/],
  ]
  for (const [maxFrameBytes, warning] of limits) {
    const gate = () => ({ maxFrameBytes, takesToken: false, token: () => none, request: () => none })
    const { connect, settle, warnings } = await memoryServer({ config: { 'socket.request.max.bytes': 1000 }, gate })
    const client = await connect()
    client.send(smallRequest(METADATA, 1, 1000))
    await settle()
    t.match(warnings, [warning])
  }
})

const none = { kind: 'none' } as const
