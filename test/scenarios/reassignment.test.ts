import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY } from '../api/harness.ts'
import { type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

const TWO_REPLICAS = { t: { replicas: [[1, 2]], configs: { 'min.insync.replicas': '1' } } }
const TOPIC = 2
const BROKER = 4

/** Null calls the reassignment off. */
async function reassign(c: ScenarioCluster, replicas: number[] | null, via = 1): Promise<number> {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }]
  const { errorCode, responses } = await c.ask(via, KEY.ALTER_PARTITION_REASSIGNMENTS, { topics })
  return errorCode || responses[0]!.partitions[0]!.errorCode
}

const isReassigning = (c: ScenarioCluster): boolean => c.partition().adding.length + c.partition().removing.length > 0

const hasFolder = (c: ScenarioCluster, id: number): boolean =>
  [...c.node(id).disk.files()].some(([path]) => path.startsWith('/data/t-0/'))

async function produceMany(c: ScenarioCluster, count: number, value: string): Promise<void> {
  const answers = await c.outcome(Promise.all(Array.from({ length: count }, () => c.produce(1, [value]))))
  for (const { errorCode } of answers) if (errorCode !== ErrorCode.NONE) throw new Error(`refused with ${errorCode}`)
}

t.test('F27: from [1,2] to [3,1]: there once b3 is in sync; b2 drops its log, nothing is lost', async (t) => {
  const c = await scenario(t, { controllers: 1, topics: TWO_REPLICAS })
  await produceMany(c, 20, 'kept')
  const before = c.partition()
  const underWay = c.produce(1, ['during'])
  t.equal(await reassign(c, [3, 1]), ErrorCode.NONE)
  await c.until(() => !isReassigning(c), 'the end of it')
  t.match(c.partition(), { replicas: [3, 1], leader: 1, leaderEpoch: before.leaderEpoch + 1 })
  t.same([...c.partition().isr].sort(), [1, 3])
  t.equal((await c.outcome(underWay)).errorCode, ErrorCode.NONE)
  await c.until(() => !hasFolder(c, 2), 'b2 has dropped its log', 120_000)
  t.equal(c.replica(2), undefined)
  t.equal((await c.outcome(c.produce(1, ['after']))).errorCode, ErrorCode.NONE)
  await c.run(1_000)
  t.same((await c.read(1)).slice(-3), ['kept', 'during', 'after'])
  t.equal(c.replica(3).log.logEndOffset, 22)
  t.equal(c.bytes(3), c.bytes(1))
})

t.test('F27: called off midway it is as it was before', async (t) => {
  const c = await scenario(t, { controllers: 1, topics: TWO_REPLICAS })
  await produceMany(c, 5, 'kept')
  c.cut(3, [1])
  t.equal(await reassign(c, [3, 1]), ErrorCode.NONE)
  await c.run(5_000)
  t.match(c.partition(), { adding: [3], removing: [2] })
  t.same([...c.partition().isr].sort(), [1, 2], 'b3 is not in sync')
  t.equal(await reassign(c, null), ErrorCode.NONE)
  t.match(c.partition(), { replicas: [1, 2], adding: [], removing: [], leader: 1 })
  c.heal()
  await c.until(() => c.replica(3) === undefined && !hasFolder(c, 3), 'b3 has dropped what it had', 120_000)
  t.equal((await c.outcome(c.produce(1, ['after']))).errorCode, ErrorCode.NONE)
  t.same((await c.read(1)).length, 6)
})

t.test('F28: the leader that completes its own removal yields to the new one as it reads of it', async (t) => {
  const c = await scenario(t, { controllers: 1, topics: TWO_REPLICAS })
  await produceMany(c, 5, 'kept')
  const before = c.partition()
  t.equal(before.leader, 1)
  t.equal(await reassign(c, [2, 3], 2), ErrorCode.NONE)
  await c.until(() => !isReassigning(c), 'the end of it')
  t.match(c.partition(), { replicas: [2, 3], leader: 2 })
  t.ok(c.partition().leaderEpoch > before.leaderEpoch)
  await c.heard()
  await c.until(() => c.replica(1) === undefined, 'b1 has yielded')
  const told = c.world.trace.tail().filter((line) => line.includes('n1 ') && line.includes('NEW_LEADER_ELECTED'))
  t.equal(told.length, 1, 'it was its own AlterPartition')
  t.match(await c.outcome(c.produce(1, ['refused'])), { baseOffset: -1 })
  t.match(await c.outcome(c.produce(2, ['after'])), { errorCode: ErrorCode.NONE, baseOffset: 5 })
  t.same(await c.read(2), [...Array.from({ length: 5 }, () => 'kept'), 'after'])
})

t.test('F29: a throttled newcomer stays near its rate; who is in sync is not held up', async (t) => {
  const c = await scenario(t, { controllers: 1, topics: TWO_REPLICAS, config: { 'replica.fetch.max.bytes': '100000' } })
  const record = 'x'.repeat(100_000)
  await produceMany(c, 100, record)
  const rate = 1_000_000
  const rates = {
    'leader.replication.throttled.rate': String(rate),
    'follower.replication.throttled.rate': String(rate),
  }
  for (const id of [1, 2, 3]) t.equal(await c.configure(BROKER, String(id), rates, id), ErrorCode.NONE)
  const throttled = {
    'leader.replication.throttled.replicas': '0:1,0:2',
    'follower.replication.throttled.replicas': '0:3',
  }
  t.equal(await c.configure(TOPIC, 't', throttled), ErrorCode.NONE)
  await c.heard()
  t.equal(await reassign(c, [1, 2, 3]), ErrorCode.NONE)
  await c.run(4_000)
  const copied = c.replica(3).log.sizeBytes
  t.ok(copied > 2 * rate && copied < 8 * rate, `${copied} bytes in 4 s`)
  const startMs = c.world.time.monotonicMs()
  t.equal((await c.outcome(c.produce(1, [record]))).errorCode, ErrorCode.NONE)
  t.ok(c.world.time.monotonicMs() - startMs < 1_000, 'acks=all waits for b2 alone')
  t.same([...c.partition().isr].sort(), [1, 2])
  await c.until(() => !isReassigning(c), 'the end of it')
  t.same([...c.partition().isr].sort(), [1, 2, 3])
})
