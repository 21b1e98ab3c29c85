import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { configTable, parseValue } from '../../src/base/config.ts'
import { replicaConfig } from '../../src/replica/config.ts'
import { REPLICA_SELECTOR } from '../../src/replica/preferred-replica.ts'
import { type Cluster, clusterWithTopic, ROUNDS_MS } from './cluster.ts'
import { offsets } from './world.ts'

const SELECTOR = { 'replica.selector.class': REPLICA_SELECTOR.RACK_AWARE }

async function clusterInRacks(): Promise<Cluster> {
  const c = await clusterWithTopic({ racks: true, config: SELECTOR })
  const appended = c.append(['a', 'b'])
  await c.run(ROUNDS_MS)
  await appended
  return c
}

t.test('F33, D78, D79: a consumer is sent to the replica in its rack, and reads there', async (t) => {
  const c = await clusterInRacks()
  const first = await c.read(c.node(1), 0, { rackId: 'r2' })
  t.match(first, { errorCode: ErrorCode.NONE, preferredReadReplica: 2, records: [], highWatermark: 2 })
  const there = await c.read(c.node(2), 0, { rackId: 'r2' })
  t.match(there, { errorCode: ErrorCode.NONE, preferredReadReplica: -1 })
  t.same(offsets(there.records), [0])
  const atLeader = await c.read(c.node(1), 0, { rackId: 'r1' })
  t.same([atLeader.preferredReadReplica, offsets(atLeader.records)], [-1, [0]], 'the leader’s own rack')
  for (const rackId of ['', 'r9']) {
    t.equal((await c.read(c.node(1), 0, { rackId })).preferredReadReplica, -1, `rack "${rackId}"`)
  }
})

t.test('D78: not out of the ISR, not what it does not have, not to a fenced broker', async (t) => {
  const c = await clusterInRacks()
  const preferred = async (fetchOffset: number) =>
    (await c.read(c.node(1), fetchOffset, { rackId: 'r2' })).preferredReadReplica
  t.equal(await preferred(2), 2)
  c.pause(2)
  await c.settled(c.append(['c'], { acks: 1 }))
  t.equal(await preferred(3), -1, 'beyond its end')
  t.equal(await preferred(2), 2)
  c.change({ isr: [1, 3] })
  t.equal(await preferred(2), -1, 'F33: with b2 out of the ISR the leader serves')
  c.change({ isr: [1, 2, 3] })
  t.equal(await preferred(2), 2)
  c.fence(2)
  t.equal(await preferred(2), -1)
})

t.test(
  'D78: without a selector everybody reads from leaders; so do clients of before Fetch v11, and followers',
  async (t) => {
    const without = await clusterWithTopic({ racks: true })
    await without.settled(without.append(['a'], { acks: 1 }))
    t.equal((await without.read(without.node(1), 0, { rackId: 'r2' })).preferredReadReplica, -1)
    const c = await clusterInRacks()
    const follower = { rackId: 'r2', replicaId: 3, replicaEpoch: c.node(3).epoch }
    t.equal((await c.read(c.node(1), 0, follower)).preferredReadReplica, -1)
  },
)

t.test('D80: on a follower reads end at its high watermark; its news wakes who waits', async (t) => {
  const c = await clusterInRacks()
  const waiting = c.read(c.node(2), 2, { maxWaitMs: 60_000 })
  let records: number[] | undefined
  waiting.then((result) => {
    records = offsets(result.records)
  })
  c.pause(3)
  await c.settled(c.append(['c'], { acks: 1 }))
  await c.time.settle()
  t.equal(c.node(2).partition().log.logEndOffset, 3, 'it has the record')
  t.same([c.node(2).partition().highWatermark, records], [2, undefined], 'and does not show it')
  c.resume(3)
  await c.run(ROUNDS_MS)
  t.same(records, [2])
  t.equal((await c.read(c.node(2), 4)).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
})

t.test('a selector of somebody else is refused: no class is loaded here', async (t) => {
  const parsed = parseValue(configTable(replicaConfig), 'replica.selector.class', 'com.example.Mine')
  t.match(parsed, { ok: false })
})
