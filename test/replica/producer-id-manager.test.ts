import t from 'tap'
import { type ProducerIdBlock, ProducerIdManager } from '../../src/replica/producer-id-manager.ts'

function controller() {
  let next = 0
  const asked: ((error?: Error) => void)[] = []
  const allocate = () =>
    new Promise<ProducerIdBlock>((resolve, reject) => {
      asked.push((error) => {
        if (error) return reject(error)
        resolve({ first: next, length: 1000 })
        next += 1000
      })
    })
  return { asked, allocate }
}

t.test('G19: ids come from blocks of 1000, and all who wait share one request', async (t) => {
  const { asked, allocate } = controller()
  const ids = new ProducerIdManager(allocate)
  const first = Promise.all([ids.next(), ids.next(), ids.next()])
  await Promise.resolve()
  t.equal(asked.length, 1)
  asked[0]!()
  t.same(await first, [0, 1, 2])
})

t.test('G19: the next block is asked for before the present one is used up, and ids never repeat', async (t) => {
  const { asked, allocate } = controller()
  const ids = new ProducerIdManager(allocate)
  const seen = new Set<number>()
  for (let i = 0; i < 2500; i++) {
    const id = ids.next()
    await Promise.resolve()
    asked.splice(0).forEach((give) => {
      give()
    })
    seen.add(await id)
    if (i === 899) t.ok(seen.size === 900)
  }
  t.equal(seen.size, 2500)
  t.equal(Math.max(...seen), 2499)
})

t.test('a failed allocation reaches those who wait, and the next call asks again', async (t) => {
  const { asked, allocate } = controller()
  const ids = new ProducerIdManager(allocate)
  const first = ids.next()
  await Promise.resolve()
  asked[0]!(new Error('no controller'))
  await t.rejects(first, { message: 'no controller' })
  const second = ids.next()
  await Promise.resolve()
  asked[1]!()
  t.equal(await second, 0)
})

t.test('an allocation that throws at once does not get stuck', async (t) => {
  let calls = 0
  const ids = new ProducerIdManager(() => {
    calls += 1
    if (calls === 1) throw new Error('closed')
    return Promise.resolve({ first: 7000, length: 1000 })
  })
  await t.rejects(ids.next(), { message: 'closed' })
  t.equal(await ids.next(), 7000)
})
