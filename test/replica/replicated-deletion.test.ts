import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import type { DeleteRecordsResult } from '../../src/replica/types.ts'
import { type Cluster, clusterWithTopic, ROUNDS_MS } from './cluster.ts'

async function withRecords(): Promise<Cluster> {
  const c = await clusterWithTopic()
  for (let i = 0; i < 5; i++) await c.settled(c.append(['x'], { acks: 1 }))
  await c.run(ROUNDS_MS)
  return c
}

function remove(c: Cluster, offset: number, timeoutMs = 60_000) {
  const outcome: { result?: DeleteRecordsResult } = {}
  c.node(1)
    .replicas.deleteRecords(timeoutMs, [{ topic: 't', partition: 0, offset }])
    .then(([result]) => {
      outcome.result = result!
    })
  return outcome
}

t.test(
  'F32, D75, D76: answered when every live follower starts there too; below is out of range everywhere',
  async (t) => {
    const c = await withRecords()
    c.pause(3)
    const deletion = remove(c, 3)
    await c.run(ROUNDS_MS)
    t.same([deletion.result, c.node(2).partition().log.logStartOffset], [undefined, 3])
    c.resume(3)
    await c.run(ROUNDS_MS)
    t.match(deletion.result, { errorCode: ErrorCode.NONE, lowWatermark: 3 })
    for (const node of c.nodes) {
      t.equal((await c.read(node, 2)).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
      t.equal((await c.read(node, 3)).errorCode, ErrorCode.NONE)
    }
    await c.node(2).stop()
    c.start(2)
    t.equal(c.node(2).partition().log.logStartOffset, 3, 'after a restart too')
  },
)

t.test('D76: the dead are not waited for', async (t) => {
  const c = await withRecords()
  c.kill(3)
  const deletion = remove(c, 2)
  await c.run(ROUNDS_MS)
  t.equal(deletion.result, undefined)
  c.fence(3)
  await c.run(ROUNDS_MS)
  t.match(deletion.result, { errorCode: ErrorCode.NONE, lowWatermark: 2 })
})

t.test('D75: at the timeout REQUEST_TIMED_OUT, on leader loss NOT_LEADER_OR_FOLLOWER', async (t) => {
  const c = await withRecords()
  c.pause(3)
  const late = remove(c, 2, 1_000)
  await c.run(1_000)
  t.match(late.result, { errorCode: ErrorCode.REQUEST_TIMED_OUT })
  const moved = remove(c, 3)
  c.change({ leader: 2 })
  await c.time.settle()
  t.match(moved.result, { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER })
})
