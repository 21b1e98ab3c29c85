import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { DiskError } from '../../src/base/disk.ts'
import { KEY } from '../api/harness.ts'
import { PLANNED } from '../sim/world.ts'
import { type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

const KAFKA_STORAGE_ERROR = ErrorCode.KAFKA_STORAGE_ERROR

async function deleteTopic(c: ScenarioCluster, name: string): Promise<number> {
  const body = { topicNames: [name], timeoutMs: 30_000 }
  return (await c.ask(1, KEY.DELETE_TOPICS, body, { version: 5 })).responses[0]!.errorCode
}

const foldersOf = (c: ScenarioCluster, id: number): Set<string> =>
  new Set([...c.node(id).disk.files()].map(([path]) => path.split('/').slice(0, -1).join('/')))

t.test('F31: deleted and made again while b3 is down: nothing of the old topic comes back with it', async (t) => {
  const c = await scenario(t, { controllers: 1 })
  t.equal((await c.outcome(c.produce(1, ['old']))).errorCode, ErrorCode.NONE)
  const oldId = c.topic().id
  await c.run(1_000)
  c.node(3).kill('written')
  t.equal(await deleteTopic(c, 't'), ErrorCode.NONE)
  t.equal(await c.createTopic('t', { replicas: [[1, 2, 3]] }), ErrorCode.NONE)
  await c.heard()
  t.equal((await c.outcome(c.produce(1, ['new']))).errorCode, ErrorCode.NONE)
  await c.boots(3)
  await c.whole()
  await c.run(1_000)
  t.equal(c.bytes(3), c.bytes(1))
  t.same(await c.read(1), ['new'])
  t.ok(
    [...foldersOf(c, 3)].some((folder) => /\/t-0\.[0-9a-f]{32}-stray$/.test(folder)),
    'the old one is put aside',
  )
  const wanted = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }
  const body = {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topicId: oldId, partitions: [wanted] }],
    forgottenTopicsData: [],
  }
  for (const id of [1, 3]) {
    const { responses } = await c.ask(id, KEY.FETCH, body, { version: 17 })
    t.equal(responses[0]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_ID, `b${id}`)
  }
})

t.test(
  'F32: DeleteRecords is answered when every live follower starts there, and holds everywhere and for ever',
  async (t) => {
    const c = await scenario(t, { controllers: 1 })
    for (const value of ['a', 'b', 'c', 'd']) await c.outcome(c.produce(1, [value]))
    c.cut(3, [1])
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 3 }] }]
    const deletion = c.send(1, KEY.DELETE_RECORDS, { topics, timeoutMs: 60_000 })
    let isAnswered = false
    deletion.then(() => {
      isAnswered = true
    })
    await c.until(() => c.replica(2).log.logStartOffset === 3, 'b2 starts there')
    t.notOk(isAnswered)
    c.heal()
    t.match((await c.outcome(deletion)).topics[0]!.partitions[0], { errorCode: ErrorCode.NONE, lowWatermark: 3 })
    for (const id of [1, 2, 3]) {
      t.equal(c.replica(id).log.logStartOffset, 3)
      t.equal((await c.fetch(id, 2)).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE, `b${id}`)
      t.equal((await c.fetch(id, 3)).errorCode, ErrorCode.NONE, `b${id}`)
    }
    for (const id of [1, 2, 3]) {
      await c.stops(id)
      await c.boots(id)
      await c.whole()
      t.equal(c.replica(id).log.logStartOffset, 3, 'after a restart too')
    }
  },
)

t.test('F35: of two log directories one fails: its partitions are led elsewhere, the other’s are served', async (t) => {
  const topics = { t: { replicas: [[1, 2, 3]] }, u: { replicas: [[1, 2, 3]] } }
  const config = { 'log.dirs': '/data,/more' }
  const c = await scenario(t, { controllers: 1, topics, config })
  for (const topic of ['t', 'u']) t.equal((await c.outcome(c.produce(1, ['a'], { topic }))).errorCode, ErrorCode.NONE)
  const folders = [...foldersOf(c, 1)]
  const failing = ['t', 'u'].find((topic) => folders.includes(`/more/${topic}-0`))!
  const healthy = failing === 't' ? 'u' : 't'
  t.ok(folders.includes(`/data/${healthy}-0`), 'they lie apart')
  c.node(1).disk.hook = ({ kind, path }) =>
    kind === 'write' && path.startsWith('/more') ? new DiskError('EIO', `cannot write ${path}`, PLANNED) : undefined
  const refused = c.produce(1, ['b'], { topic: failing })
  t.equal((await c.outcome(refused)).errorCode, KAFKA_STORAGE_ERROR)
  await c.until(() => c.partition(failing).leader !== 1, 'it is led elsewhere')
  t.notOk(c.partition(failing).isr.includes(1))
  t.match(c.partition(healthy), { leader: 1, isr: [1, 2, 3] })
  t.equal(c.node(1).rooms!.logs.dirs.filter(({ isOnline }) => !isOnline).length, 1)
  await c.heard()
  const { leader } = c.partition(failing)
  t.equal((await c.outcome(c.produce(leader, ['b'], { topic: failing }))).errorCode, ErrorCode.NONE)
  t.same(
    (await c.read(leader, failing)).filter((value) => value === 'a'),
    ['a'],
  )
  t.equal((await c.outcome(c.produce(1, ['b'], { topic: healthy }))).errorCode, ErrorCode.NONE)
  t.match(await c.told(2, failing), { offlineReplicas: [1] })
  c.node(1).disk.hook = ({ kind, path }) =>
    kind === 'write' && path.startsWith('/data') ? new DiskError('EIO', `cannot write ${path}`, PLANNED) : undefined
  await c.createTopic('v', { replicas: [[2, 3]] }, 2)
  await c.until(() => c.node(1).state === 'down', 'without its metadata a node halts')
})
