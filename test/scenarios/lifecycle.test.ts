import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY } from '../api/harness.ts'
import { Workload } from '../sim/workload.ts'
import { CONTROLLER_PORT, scenario } from './cluster.ts'
import { heartbeat, register, registration } from './registrations.ts'

t.setTimeout(240_000)

const OTHER_CLUSTER_ID = 'YW5vdGhlci1jbHVzdGVyLQ'

t.test('F20: a node of another cluster is told so, changes nothing, and does not join', async (t) => {
  const c = await scenario(t)
  const { leader } = c.active.rooms!.quorum
  const before = c.image.offset
  const clusterId = OTHER_CLUSTER_ID
  const port = CONTROLLER_PORT
  const vote = { clusterId, voterId: 1, topics: [] }
  t.equal((await c.ask(1, 52, vote, { port })).errorCode, ErrorCode.INCONSISTENT_CLUSTER_ID)
  const fetch = { clusterId, maxWaitMs: 0, minBytes: 0, topics: [], forgottenTopicsData: [] }
  t.equal((await c.ask(leader.id, KEY.FETCH, fetch, { port })).errorCode, ErrorCode.INCONSISTENT_CLUSTER_ID)
  const { errorCode } = await register(c, registration(4, { clusterId }))
  t.equal(errorCode, ErrorCode.INCONSISTENT_CLUSTER_ID)
  const stranger = c.addNode(4, { clusterId })
  stranger.boot()
  await c.run(10_000)
  t.not(stranger.state, 'up')
  t.same([...c.image.cluster.brokers.keys()], [1, 2, 3])
  t.same(c.active.rooms!.quorum.leader, leader)
  t.ok(c.image.offset - before < 40, 'no-ops alone')
  t.equal(stranger.rooms?.loader.image.topics.byName.size ?? 0, 0)
})

t.test('F21: a second process of the same id waits until the session of the first one ends', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  const epoch = c.image.cluster.brokers.get(1)!.epoch
  const { errorCode } = await register(c, registration(1))
  t.equal(errorCode, ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  const second = c.addNode(1, { host: 'n1b' })
  second.boot()
  await c.run(20_000)
  t.equal(second.state, 'starting')
  t.match(c.image.cluster.brokers.get(1), { epoch, fenced: false }, 'the first one is undisturbed')
  t.equal((await c.outcome(c.produce(1, ['a']))).errorCode, ErrorCode.NONE)
  c.node(1).kill('written')
  const ms = await c.until(() => second.state === 'up', 'the second one is up')
  t.ok(ms > 5_000, `${ms} ms after the first one died`)
  t.ok(c.image.cluster.brokers.get(1)!.epoch > epoch)
})

t.test('F22: a broker serves nobody before it has read as far as its registration', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  const { errorCode, brokerEpoch } = await register(c, registration(9))
  t.equal(errorCode, ErrorCode.NONE)
  t.match(await heartbeat(c, 9, brokerEpoch, Number(brokerEpoch) - 1), { isCaughtUp: false, isFenced: true })
  t.ok(c.image.cluster.brokers.get(9)!.fenced)
  t.match(await heartbeat(c, 9, brokerEpoch, Number(brokerEpoch)), { isCaughtUp: true, isFenced: false })
  t.notOk(c.image.cluster.brokers.get(9)!.fenced)
})

t.test('F22: nor does a whole one, with a long log to read', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  await c.stops(2)
  for (let i = 0; i < 30; i++) await c.createTopic(`topic-${i}`, { partitions: 3, replicationFactor: 2 })
  const old = c.image.cluster.brokers.get(2)!.epoch
  const node = c.node(2)
  node.boot()
  let served = false
  c.send(2, KEY.METADATA, { topics: [] }).then(
    () => {
      served = true
    },
    () => {},
  )
  let looks = 0
  const isUp = () => node.state === 'up'
  while (!isUp()) {
    await c.run(1)
    const { epoch, fenced } = c.image.cluster.brokers.get(2)!
    if (epoch === old || node.rooms === undefined) continue
    looks++
    if (!fenced) t.ok(node.rooms.loader.image.offset >= Number(epoch), 'unfenced, so it has read that far')
    if (!isUp()) t.notOk(served, 'not up, so it does not answer')
  }
  t.ok(looks > 0)
  t.notOk(c.image.cluster.brokers.get(2)!.fenced)
})

t.test('F23: a controlled shutdown under load costs clients retriable errors alone', async (t) => {
  const c = await scenario(t)
  const codes = new Set<number>()
  let isLoaded = true
  let acknowledged = 0
  const load = (async () => {
    let leader = 1
    while (isLoaded) {
      const { errorCode } = await c.produce(leader, [`r${acknowledged}`])
      codes.add(errorCode)
      if (errorCode === ErrorCode.NONE) acknowledged++
      else leader = c.partition().leader
      await c.world.sleep(5)
    }
  })()
  await c.run(500)
  const epoch = c.image.cluster.brokers.get(1)!.epoch
  const startMs = c.world.time.monotonicMs()
  await c.stops(1)
  const ms = c.world.time.monotonicMs() - startMs
  t.ok(ms < 300_000, `${ms} ms`)
  await c.elected()
  t.match(c.partition(), { leader: 2, isr: [2, 3] })
  await c.run(1_000)
  isLoaded = false
  await c.outcome(load)
  codes.delete(ErrorCode.NONE)
  codes.delete(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.same([...codes], [])
  // Without idempotence a record that is sent again may be there twice.
  t.same(
    [...new Set(await c.read(2))],
    Array.from({ length: acknowledged }, (_, i) => `r${i}`),
    'nothing is lost',
  )
  const file = c.node(1).disk.readFile('/data/.kafka_cleanshutdown').toString()
  t.equal(JSON.parse(file).brokerEpoch, Number(epoch))
})

t.test('F24: a rolling restart of all under an idempotent producer: nothing lost, nothing twice', async (t) => {
  const c = await scenario(t)
  const workload = new Workload(c.world, [{ name: 'orders', partitions: 2, replicationFactor: 3, configs: {} }])
  await c.outcome(workload.start())
  await c.run(2_000)
  for (const id of [1, 2, 3]) {
    await c.stops(id)
    await c.run(1_000)
    await c.boots(id)
    await c.whole()
  }
  await c.run(2_000)
  workload.stopProducing()
  await c.until(() => workload.producers.every(({ isDone }) => isDone), 'producers are done')
  await c.outcome(workload.verify())
  const acknowledged = [...workload.history.partitions.values()].map((history) => history.acknowledged.size)
  t.ok(
    acknowledged.every((count) => count > 50),
    `${acknowledged} records`,
  )
  const unclean = c.partitionChanges.filter(({ leaderRecoveryState }) => leaderRecoveryState === 1)
  t.same(unclean, [])
  workload.close()
})
