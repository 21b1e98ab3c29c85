import t from 'tap'
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
      onData: (chunk) => this.chunks.push(chunk),
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
  const { MemoryNetwork } = await import('../../src/base/memory-network.ts')
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
