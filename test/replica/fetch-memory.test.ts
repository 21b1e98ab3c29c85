import t from 'tap'
import { FetchMemory, MAX_FETCHED_BYTES } from '../../src/replica/fetch-memory.ts'
import { batchOf, size, World } from './world.ts'

t.test('there is room for what is neither being read nor waits to be sent', async (t) => {
  let unsent = 10
  const memory = new FetchMemory(() => unsent, 100)
  t.equal(memory.room, 90)
  memory.take(50)
  t.equal(memory.room, 40)
  unsent = 200
  t.equal(memory.room, 0, 'and never less than none')
  memory.release(50)
  unsent = 0
  t.equal(memory.room, 100)
})

t.test('bad input: while peers do not take their replies, a fetch gets one batch, and all of it later', async (t) => {
  const w = new World()
  w.createTopic('t', { partitions: 2 })
  for (const partition of [0, 1]) for (let i = 0; i < 3; i++) await w.produce(batchOf(1000), { partition })
  const sizes = async (apiVersion = 18) => {
    const results = await w.fetch([{ partition: 0 }, { partition: 1 }], { apiVersion })
    return results.map(({ records }) => size(records))
  }
  const { fetchMemory } = w.replicas
  for (const from of ['memory', 'disk']) {
    if (from === 'disk') w.logs.environment.tails.evictIdle(Number.POSITIVE_INFINITY)
    fetchMemory.take(MAX_FETCHED_BYTES)
    t.same(await sizes(), [1000, 0], from)
    fetchMemory.release(MAX_FETCHED_BYTES - 4500)
    t.same(await sizes(), [3000, 3000], `${from}, with room`)
    fetchMemory.release(4500)
    t.equal(fetchMemory.room, MAX_FETCHED_BYTES, 'nothing stays taken')
  }
})

t.test('bad input: old versions, to which half a message means that it is too large, keep their limits', async (t) => {
  const w = new World()
  w.createTopic('t')
  for (let i = 0; i < 3; i++) await w.produce(batchOf(1000))
  w.replicas.fetchMemory.take(MAX_FETCHED_BYTES)
  const { records } = await w.fetchOne({}, { apiVersion: 2, maxBytes: 2147483647 })
  t.ok(size(records) > 2000)
})
