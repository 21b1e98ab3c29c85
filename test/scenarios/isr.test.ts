import t from 'tap'
import type { ApiOf } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY } from '../api/harness.ts'
import { CONTROLLER_PORT, type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

const CONTROLLER = 101
const ALTER_PARTITION = 56
const FETCH_TIMEOUT_MS = 30_000

/** Produces and tells when it was answered, and with what. */
function watched(c: ScenarioCluster, values: string[], timeoutMs = 120_000) {
  const answer: { errorCode?: number; atMs?: number } = {}
  c.produce(1, values, { timeoutMs }).then(({ errorCode }) => {
    answer.errorCode = errorCode
    answer.atMs = c.world.time.monotonicMs()
  })
  return answer
}

t.test('F3: with two of three stopped acks=all is refused; acks=1 works, and no consumer sees it', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  t.equal((await c.outcome(c.produce(1, ['committed']))).errorCode, ErrorCode.NONE)
  for (const id of [2, 3]) c.node(id).kill('written')
  await c.until(() => c.partition().isr.length === 1, 'the ISR is b1')
  await c.heard()
  t.equal((await c.outcome(c.produce(1, ['refused']))).errorCode, ErrorCode.NOT_ENOUGH_REPLICAS)
  t.equal(c.replica(1).log.logEndOffset, 1)
  t.match(await c.outcome(c.produce(1, ['one'], { acks: 1 })), { errorCode: ErrorCode.NONE, baseOffset: 1 })
  await c.run(5_000)
  t.same([c.replica(1).log.logEndOffset, c.replica(1).highWatermark], [2, 1])
  t.same(await c.read(1), ['committed'])
  t.match(await c.fetch(1, 0), { highWatermark: 1 })
  for (const id of [2, 3]) await c.boots(id)
  await c.whole()
  t.same(await c.read(1), ['committed', 'one'])
})

t.test('F4: an ISR that shrinks under a waiting acks=all never makes it a success', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  c.node(2).kill('written')
  c.node(3).pause()
  const answer = watched(c, ['a'], FETCH_TIMEOUT_MS)
  await c.until(() => c.partition().isr.length === 1, 'the ISR is b1')
  t.equal(answer.errorCode, undefined, 'it waits')
  await c.until(() => answer.errorCode !== undefined, 'an answer')
  const failures: unknown[] = [ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, ErrorCode.REQUEST_TIMED_OUT]
  t.ok(failures.includes(answer.errorCode), `error ${answer.errorCode}`)
  t.equal(c.replica(1).log.logEndOffset, 1, 'the record stays')
  c.node(3).resume()
})

t.test(
  'F5: a follower that stands still shortly holds acknowledgements up, one that stands still long leaves',
  async (t) => {
    const c = await scenario(t, { controllers: 1 })
    const now = () => c.world.time.monotonicMs()
    // Only its fetching stops: a whole process that stands still for 10 s is fenced before it is too slow.
    c.cut(3, [1])
    const first = watched(c, ['a'])
    await c.run(10_000)
    t.same([first.errorCode, c.partition().isr], [undefined, [1, 2, 3]])
    c.heal()
    await c.until(() => first.errorCode !== undefined, 'an answer')
    t.equal(first.errorCode, ErrorCode.NONE)
    await c.run(2_000)
    const cutAtMs = now()
    c.cut(3, [1])
    const second = watched(c, ['b'])
    await c.until(() => c.partition().isr.length === 2, 'the ISR shrinks')
    const afterMs = now() - cutAtMs
    t.ok(afterMs > 28_000 && afterMs < 46_000, `after ${afterMs} ms`)
    t.same(c.partition().isr, [1, 2])
    await c.until(() => second.errorCode !== undefined, 'an answer')
    t.equal(second.errorCode, ErrorCode.NONE)
    t.ok(second.atMs! - cutAtMs < 46_000)
    t.equal((await c.outcome(c.produce(1, ['c']))).errorCode, ErrorCode.NONE)
    t.equal(c.rooms(1).replicas.counts().underReplicatedPartitions, 1)
    await c.run(60_000 - (now() - cutAtMs))
    c.heal()
    await c.whole()
  },
)

t.test('F6: who has caught up is added by one change, with its broker epoch', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  c.node(3).kill('written')
  await c.until(() => c.partition().isr.length === 2, 'b3 is out')
  await c.heard()
  for (let i = 0; i < 20; i++) t.equal((await c.outcome(c.produce(1, [`r${i}`]))).errorCode, ErrorCode.NONE)
  const before = c.partition().partitionEpoch
  await c.boots(3)
  await c.whole()
  t.match(c.partition(), { isr: [1, 2, 3], partitionEpoch: before + 1 })
  t.equal(c.replica(3).log.logEndOffset, 20, 'it has everything')
  t.equal(c.rooms(1).replicas.isr!.expands, 1)
  const last = c.partitionChanges.at(-1)!
  t.same(last.isr, [1, 2, 3])
})

t.test('F6: from the moment it asks for that on the leader waits for it', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  c.node(3).kill('written')
  await c.until(() => c.partition().isr.length === 2, 'b3 is out')
  t.equal((await c.outcome(c.produce(1, ['a']))).errorCode, ErrorCode.NONE)
  c.cut(3, [1, 2])
  await c.boots(3)
  await c.heard()
  c.cut(1, [CONTROLLER])
  c.world.wires.heal('n1', 'n3')
  const leader = c.replica(1)
  await c.until(() => leader.maximalIsr.length === 3, 'b1 asks for b3')
  c.cut(3, [1])
  const answer = watched(c, ['b'])
  await c.run(3_000)
  t.same(c.partition().isr, [1, 2], 'nobody has heard it')
  t.same([c.replica(2).log.logEndOffset, leader.highWatermark, answer.errorCode], [2, 1, undefined])
  c.heal()
  await c.until(() => answer.errorCode !== undefined, 'an answer')
  t.equal(answer.errorCode, ErrorCode.NONE)
  t.equal(c.replica(3).log.logEndOffset, 2)
  await c.whole()
})

t.test('F7: a fetch of a former incarnation is refused once the new one is unfenced, and adds nobody', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  const old = c.image.cluster.brokers.get(3)!.epoch
  c.node(3).kill('written')
  await c.until(() => c.partition().isr.length === 2, 'b3 is out')
  c.cut(3, [1, 2])
  c.node(3).boot()
  const broker = () => c.image.cluster.brokers.get(3)!
  while (broker().epoch === old) await c.run(0.1)
  c.cut(3, [CONTROLLER])
  const leaderKnows = () => c.until(() => c.rooms(1).loader.image.offset >= c.image.offset, 'b1 knows')
  await leaderKnows()
  const topicId = c.topic().id
  const fetch = async (replicaEpoch: number) => {
    const wanted = {
      partition: 0,
      fetchOffset: c.replica(1).log.logEndOffset,
      partitionMaxBytes: 1000,
      currentLeaderEpoch: c.partition().leaderEpoch,
    }
    const topics = [{ topicId, partitions: [wanted] }]
    const replicaState = { replicaId: 3, replicaEpoch: BigInt(replicaEpoch) }
    const body = { replicaState, maxWaitMs: 0, minBytes: 0, topics, forgottenTopicsData: [] }
    return (await c.ask(1, KEY.FETCH, body, { version: 17 })).responses[0]!.partitions[0]!.errorCode
  }
  t.equal(broker().fenced, true, 'the new one is registered, and has not come further')
  t.equal(await fetch(old), ErrorCode.NONE)
  await c.run(2_000)
  t.same(
    [c.partition().isr, c.replica(1).maximalIsr],
    [
      [1, 2],
      [1, 2],
    ],
  )
  c.world.wires.heal('n3', `n${CONTROLLER}`)
  await c.until(() => !broker().fenced, 'the new one is unfenced')
  await leaderKnows()
  t.equal(await fetch(old), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  await c.run(2_000)
  t.same(c.partition().isr, [1, 2])
  t.equal(await fetch(broker().epoch), ErrorCode.NONE)
  await c.until(() => c.partition().isr.length === 3, 'the new one is added')
})

t.test(
  'F8: a fenced broker that keeps up is not added before it is unfenced, and then without a restart',
  async (t) => {
    const c = await scenario(t, { controllers: 1 })
    c.cut(3, [CONTROLLER])
    await c.until(() => c.image.cluster.brokers.get(3)!.fenced, 'b3 is fenced')
    t.same(c.partition().isr, [1, 2])
    t.equal((await c.outcome(c.produce(1, ['a']))).errorCode, ErrorCode.NONE)
    await c.run(10_000)
    t.equal(c.replica(3).log.logEndOffset, 1, 'it has everything')
    t.same(c.partition().isr, [1, 2])
    c.heal()
    await c.until(() => c.partition().isr.length === 3, 'b3 is added')
    t.equal(c.node(3).life, 1)
  },
)

t.test(
  'F9: AlterPartition with old epochs changes nothing; with a newer one than is known it asks elsewhere',
  async (t) => {
    const c = await scenario(t)
    const before = c.partition()
    const epochOf = (brokerId: number) => ({
      brokerId,
      brokerEpoch: BigInt(c.image.cluster.brokers.get(brokerId)!.epoch),
    })
    const alter = async (epochs: { leaderEpoch: number; partitionEpoch: number }) => {
      const change = { partitionIndex: 0, newIsrWithEpochs: [1, 2].map(epochOf), ...epochs }
      const body: ApiOf<56>['request']['Input'] = {
        ...epochOf(1),
        topics: [{ topicId: c.topic().id, partitions: [change] }],
      }
      const answer = await c.ask(c.active.id, ALTER_PARTITION, body, { port: CONTROLLER_PORT, version: 3 })
      return answer.errorCode || answer.topics[0]!.partitions[0]!.errorCode
    }
    const { leaderEpoch, partitionEpoch } = before
    t.equal(await alter({ leaderEpoch, partitionEpoch: partitionEpoch - 1 }), ErrorCode.INVALID_UPDATE_VERSION)
    t.equal(await alter({ leaderEpoch: leaderEpoch - 1, partitionEpoch }), ErrorCode.FENCED_LEADER_EPOCH)
    t.equal(await alter({ leaderEpoch: leaderEpoch + 1, partitionEpoch }), ErrorCode.NOT_CONTROLLER)
    t.same(c.partition(), before)
  },
)
