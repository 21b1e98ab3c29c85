import t from 'tap'
import { DiskError } from '../../src/base/disk.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { MortalSystem } from '../../src/base/mortal-system.ts'
import type { Socket } from '../../src/base/network.ts'

t.test('after a kill no timer runs, and those of others do', async (t) => {
  const world = createMemorySystem(1)
  const mortal = new MortalSystem(world)
  const ran: string[] = []
  mortal.timers.after(10, () => ran.push('dead'))
  mortal.timers.soon(() => ran.push('dead too'))
  world.timers.after(10, () => ran.push('alive'))
  mortal.kill()
  mortal.timers.after(1, () => ran.push('set after death'))
  await world.time.run(20)
  t.same(ran, ['alive'])
})

t.test('after a kill the peer sees the connection end, and the dead see nothing', async (t) => {
  const world = createMemorySystem(2)
  const mortal = new MortalSystem({ ...world, network: world.wires.host('mortal') })
  const seen: string[] = []
  const listening = await mortal.network.listen({ host: '', port: 9 }, (socket: Socket) =>
    socket.handle({
      onData: () => seen.push('server data'),
      onDrain: () => {},
      onClose: () => seen.push('server close'),
    }),
  )
  t.equal(listening.bound.port, 9)
  const connecting = world.wires.host('peer').connect({ host: 'mortal', port: 9 }, { timeoutMs: 100 })
  await world.time.run(1)
  const client = await connecting
  client.handle({ onData: () => {}, onDrain: () => {}, onClose: () => seen.push('client close') })
  client.write([Buffer.from('x')])
  await world.time.run(1)
  mortal.kill()
  client.write([Buffer.from('y')])
  await world.time.run(1)
  t.same(seen, ['server data', 'client close'])
  const again = world.wires.host('peer').connect({ host: 'mortal', port: 9 }, { timeoutMs: 100 })
  const refused = t.rejects(again, { code: 'ECONNREFUSED' })
  await world.time.run(200)
  await refused
})

t.test('after a kill files stay as written, cannot be used by the dead, and locks are free', async (t) => {
  const world = createMemorySystem(3)
  const mortal = new MortalSystem(world)
  mortal.disk.makeDir('/d')
  mortal.disk.lock('/d/.lock')
  const file = mortal.disk.open('/d/f', { create: true })
  file.write(0, [Buffer.from('kept')])
  mortal.kill()
  t.throws(() => file.write(0, [Buffer.from('lost')]), DiskError)
  t.throws(() => mortal.disk.exists('/d/f'), { code: 'EKILLED' })
  t.equal(world.disk.readFile('/d/f').toString(), 'kept')
  t.doesNotThrow(() => world.disk.lock('/d/.lock').release())
})
