import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batch, World } from './world.ts'

async function filled(...args: Parameters<World['createTopic']>[1][]): Promise<World> {
  const w = new World()
  w.createTopic('t', args[0])
  for (let i = 0; i < 10; i++) await w.produce(batch(Array(10).fill('x')))
  return w
}

const deleteTo = async (w: World, offset: number, topic = 't') =>
  (await w.replicas.deleteRecords(1000, [{ topic, partition: 0, offset }]))[0]

t.test('J23: below the new log start nothing is read, and the files stay', async (t) => {
  const w = await filled()
  t.match(await deleteTo(w, 50), { errorCode: 0, lowWatermark: 50 })
  t.equal((await w.fetchOne({ fetchOffset: 10 })).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
  t.equal((await w.listOne(-2)).offset, 50)
  t.match(await w.fetchOne({ fetchOffset: 50 }), { errorCode: 0, logStartOffset: 50 })
  t.ok(w.disk.exists('/data/t-0/00000000000000000000.log'))
})

t.test('R-D74: -1 is the high watermark; beyond it, or below -1, is out of range', async (t) => {
  const w = await filled()
  t.match(await deleteTo(w, 101), { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 })
  t.match(await deleteTo(w, -2), { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 })
  t.match(await deleteTo(w, -1), { errorCode: 0, lowWatermark: 100 })
  t.match(await deleteTo(w, 5), { errorCode: 0, lowWatermark: 100 }, 'the log start does not go back')
  t.match(await deleteTo(w, 5, 'nowhere'), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
})

t.test('R-D74, N-G13: a topic that only compacts refuses', async (t) => {
  t.match(await deleteTo(await filled({ config: { 'cleanup.policy': 'compact' } }), 0), {
    errorCode: ErrorCode.POLICY_VIOLATION,
  })
  t.match(await deleteTo(await filled({ config: { 'cleanup.policy': 'compact,delete' } }), 5), { errorCode: 0 })
  t.match(await deleteTo(await filled({ config: { 'cleanup.policy': '' } }), 5), { errorCode: 0 })
})

t.test('R-D75, R-D76: live followers are waited for, dead ones are not', async (t) => {
  const w = await filled({ replicas: [1, 2], isr: [1, 2] })
  const follower = { fetchOffset: 100, currentLeaderEpoch: 0 }
  const register = (fenced: boolean) =>
    w.apply({
      type: 'RegisterBrokerRecord',
      version: 4,
      value: {
        brokerId: 2,
        incarnationId: 'BBBBBBBBBBBBBBBBBBBBBA',
        brokerEpoch: 10n,
        endPoints: [],
        features: [],
        rack: null,
        fenced,
        logDirs: [],
      },
    })
  register(false)
  await w.fetch([{ ...follower, logStartOffset: 0 }], { replicaId: 2 })
  const deleted = deleteTo(w, 50)
  await w.time.settle()
  t.equal(w.replicas.deletions.size, 1)
  await w.fetch([{ ...follower, logStartOffset: 50 }], { replicaId: 2 })
  t.match(await deleted, { errorCode: 0, lowWatermark: 50 })

  const late = deleteTo(w, 60)
  await w.time.run(1000)
  t.match(await late, { errorCode: ErrorCode.REQUEST_TIMED_OUT, lowWatermark: -1 })
  register(true)
  t.match(await deleteTo(w, 70), { errorCode: 0, lowWatermark: 70 })
})
