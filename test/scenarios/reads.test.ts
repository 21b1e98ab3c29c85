import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, valuesOf } from '../api/harness.ts'
import { type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

const CONTROLLER = 101
/** How long a session has to be idle before it makes room (fact D42). */
const EVICTION_MS = 120_000

t.test('F33: a consumer is sent to the replica in its rack, and reads there what is committed', async (t) => {
  const nodeConfig = (id: number) => ({ 'broker.rack': `r${id}` })
  const config = { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' }
  const c = await scenario(t, { controllers: 1, config, nodeConfig })
  t.equal((await c.outcome(c.produce(1, ['a', 'b']))).errorCode, ErrorCode.NONE)
  await c.until(() => c.replica(2).highWatermark === 2, 'b2 knows that')
  const sent = await c.fetch(1, 0, { rackId: 'r2' })
  t.same([sent.preferredReadReplica, valuesOf(sent.records)], [2, []], 'the first answer says where')
  const read = await c.fetch(2, 0, { rackId: 'r2' })
  t.same([read.preferredReadReplica, valuesOf(read.records)], [-1, ['a', 'b']])
  c.cut(3, [1])
  t.equal((await c.outcome(c.produce(1, ['c'], { acks: 1 }))).errorCode, ErrorCode.NONE)
  await c.until(() => c.replica(2).log.logEndOffset === 3, 'b2 has one more')
  t.same(valuesOf((await c.fetch(2, 2, { rackId: 'r2' })).records), [], 'which is not committed')
  c.heal()
  await c.until(() => c.replica(2).highWatermark === 3, 'and now it is')
  t.same(valuesOf((await c.fetch(2, 2, { rackId: 'r2' })).records), ['c'])
  c.cut(2, [1, CONTROLLER])
  await c.until(() => !c.partition().isr.includes(2), 'b2 is out of the ISR')
  await c.run(1_000)
  const served = await c.fetch(1, 0, { rackId: 'r2' })
  t.same([served.preferredReadReplica, valuesOf(served.records)], [-1, ['a', 'b', 'c']], 'the leader serves')
})

interface Session {
  readonly sessionId: number
  readonly errorCode: number
}

async function fetchIn(c: ScenarioCluster, sessionId: number, sessionEpoch: number): Promise<Session> {
  const body = { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch, topics: [], forgottenTopicsData: [] }
  return c.ask(1, KEY.FETCH, body, { version: 12 })
}

async function open(c: ScenarioCluster): Promise<Session> {
  const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
  const body = { maxWaitMs: 0, minBytes: 0, sessionId: 0, sessionEpoch: 0, topics, forgottenTopicsData: [] }
  return c.send(1, KEY.FETCH, body, { version: 12 })
}

t.test('F34: more fetch sessions than there is room for: the idle make room, and recover', async (t) => {
  // Two in each of the eight parts of the cache; two followers hold a session each.
  const slots = 16
  const config = { 'max.incremental.fetch.session.cache.slots': String(slots) }
  const c = await scenario(t, { controllers: 1, config })
  const openMany = async (count: number): Promise<number[]> => {
    const answers = await c.outcome(Promise.all(Array.from({ length: count }, () => open(c))))
    t.ok(answers.every(({ errorCode }) => errorCode === ErrorCode.NONE))
    return answers.map(({ sessionId }) => sessionId)
  }
  const first = await openMany(5 * slots)
  const held = first.filter((id) => id > 0)
  t.equal(held.length, slots - 2, 'those that found no room are served without a session')
  const [used, ...idle] = held as [number, ...number[]]
  t.match(await fetchIn(c, used, 1), { errorCode: ErrorCode.NONE })
  await c.run(EVICTION_MS - 20_000)
  t.match(await fetchIn(c, used, 2), { errorCode: ErrorCode.NONE })
  await c.run(30_000)
  const second = await openMany(5 * slots)
  t.equal(second.filter((id) => id > 0).length, idle.length, 'as many as were idle too long')
  for (const id of idle) t.equal((await fetchIn(c, id, 1)).errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  t.match(await fetchIn(c, used, 3), { errorCode: ErrorCode.NONE }, 'who was not idle goes on')
  t.match(await c.outcome(open(c)), { errorCode: ErrorCode.NONE }, 'a full fetch recovers the others')
  t.equal((await c.outcome(c.produce(1, ['a']))).errorCode, ErrorCode.NONE, 'replication goes on')
  t.same(c.partition().isr, [1, 2, 3])
})
