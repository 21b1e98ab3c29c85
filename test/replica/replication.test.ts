import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { Cluster } from './cluster.ts'

/** Fetch rounds enough for a high watermark to get to all. */
const ROUNDS_MS = 2_000

t.test('followers get what the leader has, byte for byte, and acks=all waits for them', async (t) => {
  const c = new Cluster()
  c.createTopic()
  await c.run(ROUNDS_MS)
  const answers = [c.append(['a', 'b']), c.append(['c'])]
  await c.run(ROUNDS_MS)
  t.same(
    (await Promise.all(answers)).map(({ errorCode, baseOffset }) => [errorCode, baseOffset]),
    [
      [0, 0],
      [0, 2],
    ],
  )
  for (const id of [2, 3]) {
    t.same(c.bytes(id), c.bytes(1))
    t.equal(c.node(id).partition().highWatermark, 3)
    t.same(c.node(id).partition().log.epochs.entries, [{ epoch: 0, startOffset: 0 }], 'D50: epochs from the batches')
  }
})

t.test(
  'F2, D49, D52, D83: a former leader cuts its tail at the start of the new epoch; the logs are the same',
  async (t) => {
    const c = new Cluster()
    c.createTopic()
    await c.run(ROUNDS_MS)
    const acked = c.append(['a', 'b', 'c'])
    await c.run(ROUNDS_MS)
    t.equal((await acked).errorCode, ErrorCode.NONE)
    c.pause(2, 3)
    for (let i = 0; i < 100; i++) t.equal((await settled(c, c.append([`lost ${i}`], { acks: 1 }))).baseOffset, 3 + i)
    c.kill(1)
    c.fence(1)
    c.change({ leader: 2, isr: [2, 3] })
    c.resume(2, 3)
    await c.run(ROUNDS_MS)
    t.equal(c.node(2).partition().log.logEndOffset, 3, 'b2 leads without them')
    const next = c.append(['d'])
    await c.run(ROUNDS_MS)
    t.equal((await next).baseOffset, 3, 'their offsets are given again')
    c.start(1)
    t.equal(c.node(1).partition().log.logEndOffset, 103)
    await c.run(10_000)
    t.same(c.node(1).partition().log.epochs.entries, [
      { epoch: 0, startOffset: 0 },
      { epoch: 1, startOffset: 3 },
    ])
    t.same(c.bytes(1), c.bytes(2))
    t.same(c.bytes(3), c.bytes(2))
    t.same(c.registration().isr, [2, 3, 1], 'and b1 is in sync again')
  },
)

async function settled<T>(c: Cluster, promise: Promise<T>): Promise<T> {
  await c.time.settle()
  return promise
}
