import t from 'tap'
import { MemoryNetwork } from '../../src/base/memory-network.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { type Listening, type Network, NetworkError, type Socket } from '../../src/base/network.ts'
import { systemNetwork } from '../../src/base/system-network.ts'
import { loopTurn } from '../../src/base/system-time.ts'

/** A socket with its events gathered. */
class Tap {
  readonly socket: Socket
  readonly chunks: Buffer[] = []
  drains = 0
  closes: (Error | undefined)[] = []

  constructor(socket: Socket) {
    this.socket = socket
  }

  listen(): this {
    this.socket.handle({
      onData: (chunk) => this.chunks.push(Buffer.from(chunk)),
      onDrain: () => this.drains++,
      onClose: (error) => this.closes.push(error),
    })
    return this
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }
}

interface World {
  network: Network
  /** Lets the world go on until `done`. */
  until(done: () => boolean): Promise<void>
}

const worlds: Record<string, () => World> = {
  system: () => ({
    network: systemNetwork,
    until: async (done) => {
      while (!done()) await loopTurn()
    },
  }),
  memory: () => {
    const { network, time } = createMemorySystem(1)
    return {
      network,
      until: async (done) => {
        for (let i = 0; i < 1000 && !done(); i++) await time.run(1)
        if (!done()) throw new Error('never happened')
      },
    }
  },
  'memory, random chunks': () => {
    const { network, time } = createMemorySystem(3, { chunks: 'random' })
    return {
      network,
      until: async (done) => {
        for (let i = 0; i < 1000 && !done(); i++) await time.run(1)
        if (!done()) throw new Error('never happened')
      },
    }
  },
}

async function pair({ network, until }: World): Promise<{ client: Tap; server: Tap; listening: Listening }> {
  let accepted: Socket | undefined
  const listening = await network.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    accepted = socket
  })
  let connected: Socket | undefined
  void network.connect(listening.bound, { timeoutMs: 1000 }).then((socket) => {
    connected = socket
  })
  await until(() => accepted !== undefined && connected !== undefined)
  return { client: new Tap(connected!), server: new Tap(accepted!), listening }
}

for (const [name, open] of Object.entries(worlds)) {
  t.test(name, async (t) => {
    t.test('bytes arrive whole and in order, both ways', async (t) => {
      const world = open()
      const { client, server, listening } = await pair(world)
      client.listen().socket.write([Buffer.from('ab'), Buffer.from('cd')])
      server.listen().socket.write([Buffer.from('12')])
      client.socket.write([Buffer.from('ef')])
      await world.until(() => server.text === 'abcdef' && client.text === '12')
      t.equal(client.socket.remote.port, listening.bound.port)
      t.equal(server.socket.remote.port, client.socket.local.port)
      await listening.close()
      client.socket.destroy()
      await world.until(() => client.closes.length === 1 && server.closes.length === 1)
      t.equal(client.closes[0], undefined)
      t.equal(server.closes[0], undefined)
    })

    t.test('nothing is read before handlers are set', async (t) => {
      const world = open()
      const { client, server, listening } = await pair(world)
      client.listen().socket.write([Buffer.from('early')])
      client.socket.end()
      server.listen()
      await world.until(() => server.text === 'early' && server.closes.length === 1)
      await listening.close()
      t.equal(client.closes.length <= 1, true)
    })

    t.test('a peer that does not read fills the queue, and drains it when it does', async (t) => {
      const world = open()
      const { client, server, listening } = await pair(world)
      server.listen().socket.pause()
      client.listen()
      const chunk = Buffer.alloc(1 << 20, 1)
      let sent = 0
      while (client.socket.write([chunk])) sent += chunk.length
      sent += chunk.length
      t.ok(client.socket.queuedBytes > 0)
      t.equal(client.drains, 0)
      server.socket.resume()
      await world.until(() => server.bytes === sent && client.drains > 0)
      t.equal(client.socket.queuedBytes, 0)
      client.socket.destroy()
      await listening.close()
      await world.until(() => server.closes.length === 1)
    })

    t.test('end sends what is queued first', async (t) => {
      const world = open()
      const { client, server, listening } = await pair(world)
      client.listen().socket.write([Buffer.alloc(5 << 20, 1)])
      client.socket.end()
      client.socket.write([Buffer.from('too late')])
      server.listen()
      await world.until(() => server.closes.length === 1 && client.closes.length === 1)
      t.equal(server.bytes, 5 << 20)
      await listening.close()
    })

    t.test('what the receiver does to a chunk stays with it', async (t) => {
      const world = open()
      const { client, server, listening } = await pair(world)
      const mine = Buffer.from('mine')
      client.listen().socket.write([mine])
      server.listen()
      await world.until(() => server.text === 'mine')
      server.chunks[0]!.fill(0)
      t.equal(mine.toString(), 'mine')
      client.socket.destroy()
      await listening.close()
      await world.until(() => server.closes.length === 1)
    })

    t.test('failures have codes', async (t) => {
      const world = open()
      const { client, server, listening } = await pair(world)
      await t.rejects(
        world.network.listen(listening.bound, () => {}),
        { code: 'EADDRINUSE' },
      )
      await listening.close()
      let refused: unknown
      void world.network.connect(listening.bound, { timeoutMs: 1000 }).catch((error) => {
        refused = error
      })
      await world.until(() => refused !== undefined)
      t.match(refused, { code: 'ECONNREFUSED' })
      t.type(refused, NetworkError)
      client.listen().socket.destroy()
      server.listen()
      await world.until(() => server.closes.length === 1 && client.closes.length === 1)
    })
  })
}

t.test('memory: a cut holds bytes back and lets them through when healed; connecting times out', async (t) => {
  const { time, wires } = createMemorySystem(1)
  let accepted: Tap | undefined
  const listening = await wires.host('b').listen({ host: '', port: 9092 }, (socket) => {
    accepted = new Tap(socket).listen()
  })
  t.same(listening.bound, { host: '::', port: 9092 })
  const connecting = wires.host('a').connect({ host: 'b', port: 9092 }, { timeoutMs: 100 })
  await time.run(1)
  const client = new Tap(await connecting).listen()
  wires.cut('a', 'b')
  client.socket.write([Buffer.from('held')])
  let failure: unknown
  void wires
    .host('a')
    .connect({ host: 'b', port: 9092 }, { timeoutMs: 100 })
    .catch((error) => {
      failure = error
    })
  await time.run(99)
  t.equal(failure, undefined)
  await time.run(1)
  t.match(failure, { code: 'ETIMEDOUT' })
  t.equal(accepted?.text, '')
  wires.heal('a', 'b')
  await time.run(0)
  t.equal(accepted?.text, 'held')
  wires.reset('b', 'a')
  await time.run(0)
  t.match(client.closes, [{ code: 'ECONNRESET' }])
  t.match(accepted?.closes, [{ code: 'ECONNRESET' }])
})

t.test('memory: delays that vary do not reorder', async (t) => {
  const { time } = createMemorySystem(1)
  let delayMs = 64
  const halved = () => {
    if (delayMs <= 1) return 0
    delayMs /= 2
    return delayMs
  }
  const wires = new MemoryNetwork({ timers: time, latencyMs: halved })
  let accepted: Tap | undefined
  await wires.host('b').listen({ host: '', port: 1 }, (socket) => {
    accepted = new Tap(socket).listen()
  })
  const connecting = wires.host('a').connect({ host: 'b', port: 1 }, { timeoutMs: 100 })
  await time.run(50)
  const client = new Tap(await connecting).listen()
  for (const letter of 'abcdefgh') client.socket.write([Buffer.from(letter)])
  client.socket.end()
  await time.run(100)
  t.equal(accepted?.text, 'abcdefgh')
  t.equal(accepted?.closes.length, 1)
})

async function joined(latencyMs = 0) {
  const { time } = createMemorySystem(1)
  const wires = new MemoryNetwork({ timers: time, latencyMs: () => latencyMs })
  const accepted: Tap[] = []
  await wires.host('b').listen({ host: 'b', port: 1 }, (socket) => accepted.push(new Tap(socket).listen()))
  const connecting = wires.host('a').connect({ host: 'b', port: 1 }, { timeoutMs: 1000 })
  await time.run(latencyMs)
  const client = new Tap(await connecting).listen()
  await time.run(0)
  return { time, wires, client, accepted, server: accepted[0]! }
}

t.test('memory: a cut of one way leaves the other', async (t) => {
  const { time, wires, client, server } = await joined()
  wires.cutOneWay('a', 'b')
  client.socket.write([Buffer.from('held')])
  server.socket.write([Buffer.from('through')])
  await time.run(1)
  t.equal(client.text, 'through')
  t.equal(server.text, '')
  wires.healAll()
  await time.run(0)
  t.equal(server.text, 'held')
})

t.test('memory: connecting needs both ways, and gets there when a cut ends in time', async (t) => {
  const { time, wires, accepted } = await joined()
  wires.cutOneWay('b', 'a')
  const attempt = (timeoutMs: number) => {
    const outcome: { code?: string } = {}
    wires
      .host('a')
      .connect({ host: 'b', port: 1 }, { timeoutMs })
      .then(
        () => {
          outcome.code = 'connected'
        },
        ({ code }) => {
          outcome.code = code
        },
      )
    return outcome
  }
  const short = attempt(10)
  const long = attempt(30)
  await time.run(20)
  t.same([short.code, long.code], ['ETIMEDOUT', undefined])
  wires.heal('a', 'b')
  await time.run(20)
  t.same([short.code, long.code], ['ETIMEDOUT', 'connected'])
  t.equal(accepted.length, 2, 'what was given up is not accepted later')
})

t.test('memory: a host without power is silent, and knows no connection of before when it is back', async (t) => {
  const { time, wires, client, server } = await joined(5)
  server.socket.write([Buffer.from('under way')])
  wires.loseHost('b')
  client.socket.write([Buffer.from('lost')])
  await time.run(100)
  t.equal(client.text, '', 'what was under way is lost with its sender')
  t.equal(client.closes.length, 0, 'nobody is told')
  wires.restoreHost('b')
  await time.run(100)
  t.match(client.closes, [{ code: 'ECONNRESET' }])
  t.equal(server.text, '')
  await t.rejects(
    (async () => {
      const connecting = wires.host('a').connect({ host: 'b', port: 1 }, { timeoutMs: 10 })
      connecting.catch(() => {})
      await time.run(20)
      await connecting
    })(),
    { code: 'ECONNREFUSED' },
  )
})
