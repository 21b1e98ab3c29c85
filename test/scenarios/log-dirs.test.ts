import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { KEY } from '../api/harness.ts'
import { type ScenarioCluster, scenario } from './cluster.ts'

t.setTimeout(240_000)

/** Folders of the replica's log in a directory, whatever they are called. */
const foldersIn = (c: ScenarioCluster, id: number, dir: string): string[] =>
  c
    .node(id)
    .disk.list(`/${dir}`)
    .map(({ name }) => name)
    .filter((name) => name.startsWith('t-0'))

/** Writes one record after the other to the leader until told to stop; gives what was acknowledged. */
function load(c: ScenarioCluster, leader: number, name: string) {
  const acknowledged: string[] = []
  let isOn = true
  const run = async (client: number) => {
    for (let i = 0; isOn; i++) {
      const value = `${name}-${client}-${i}`.padEnd(2000)
      const { errorCode } = await c.produce(leader, [value])
      if (errorCode !== ErrorCode.NONE) throw new Error(`refused with ${errorCode}`)
      acknowledged.push(value)
    }
  }
  const ended = Promise.all([run(1), run(2), run(3)])
  return {
    acknowledged,
    async stop() {
      isOn = false
      await c.outcome(ended)
    },
  }
}

const dirOf = (c: ScenarioCluster, id: number): string => c.replica(id).log.dir.split('/')[1]!
const other = (dir: string): string => (dir === 'data' ? 'more' : 'data')
const directoryId = (c: ScenarioCluster, id: number, dir: string): string =>
  c.rooms(id).logs.dirs.find(({ path }) => path === `/${dir}`)!.id!
/** Where the controller knows the replica. */
const known = (c: ScenarioCluster, id: number): string => c.partition().directories[c.partition().replicas.indexOf(id)]!

async function moveTo(c: ScenarioCluster, id: number, dir: string): Promise<number> {
  const dirs = [{ path: `/${dir}`, topics: [{ name: 't', partitions: [0] }] }]
  const { results } = await c.ask(id, KEY.ALTER_REPLICA_LOG_DIRS, { dirs }, { version: 2 })
  return results[0]!.partitions[0]!.errorCode
}

async function readAll(c: ScenarioCluster, id: number): Promise<string[]> {
  const values: string[] = []
  for (;;) {
    const { records, errorCode } = await c.fetch(id, values.length)
    if (errorCode !== ErrorCode.NONE) throw new Error(`refused with ${errorCode}`)
    if (records === null || records.length === 0) return values
    for (const stored of batches(records)) {
      if (stored.baseOffset !== values.length) throw new Error(`${values.length} is followed by ${stored.baseOffset}`)
      for (const { value } of readRecords(stored)) values.push(value!.toString())
    }
  }
}

const TWO_DIRS = { 'log.dirs': '/data,/more' }

for (const [name, brokers, moving] of [
  ['of a leader and of a follower', 3, [1, 2]],
  ['of a broker that is alone', 1, [1]],
] as const) {
  t.test(
    `F36: AlterReplicaLogDirs under load, ${name}: known to the controller first, then moved, nothing lost`,
    async (t) => {
      const replicas = Array.from({ length: brokers }, (_, i) => i + 1)
      const topics = { t: { replicas: [replicas] } }
      const c = await scenario(t, { brokers, topics, config: { ...TWO_DIRS, 'min.insync.replicas': '1' } })
      for (const id of moving) {
        const writers = load(c, 1, `b${id}`)
        await c.until(() => writers.acknowledged.length > 100, 'some records')
        const [from, to] = [dirOf(c, id), other(dirOf(c, id))]
        const [oldHome, newHome] = [directoryId(c, id, from), directoryId(c, id, to)]
        t.equal(known(c, id), oldHome)
        let steps = 0
        const checker = {
          check() {
            const log = c.node(id).rooms?.replicas.partition('t', 0)?.log
            if (log === undefined || !log.dir.startsWith(`/${to}/`)) return
            steps++
            if (known(c, id) !== newHome) throw new Error('it has moved before the controller knew')
          },
        }
        c.world.checkers.push(checker)
        t.equal(await moveTo(c, id, to), ErrorCode.NONE)
        await c.until(() => dirOf(c, id) === to, 'it has moved')
        await c.run(200)
        await writers.stop()
        t.ok(steps > 0, 'the checker has seen it')
        t.match(c.partition(), { leader: 1, leaderEpoch: 0 })
        c.world.checkers.splice(c.world.checkers.indexOf(checker), 1)
        await c.until(() => c.replica(id).log.highWatermark === c.replica(1).log.logEndOffset, 'all is committed')
        const values = await readAll(c, id)
        t.equal(new Set(values).size, values.length, 'each once')
        const found = new Set(values)
        t.ok(writers.acknowledged.every((value) => found.has(value)))
        const isLeft = () => foldersIn(c, id, from).length > 0
        t.ok(isLeft())
        await c.until(() => !isLeft(), 'the old folder is gone', 120_000)
        t.same(foldersIn(c, id, to), ['t-0'])
      }
    },
  )
}

t.test('F36: a broker that dies while it moves a replica goes on with it at its next start', async (t) => {
  const rate = 'replica.alter.log.dirs.io.max.bytes.per.second'
  const topics = { t: { replicas: [[1]], configs: { 'segment.bytes': '1048576' } } }
  const config = { ...TWO_DIRS, 'min.insync.replicas': '1' }
  const c = await scenario(t, { brokers: 1, topics, config })
  t.equal(await c.configure(4, '1', { [rate]: '1000000' }), ErrorCode.NONE)
  const value = 'x'.repeat(100_000)
  for (let i = 0; i < 60; i++) t.equal((await c.outcome(c.produce(1, [`${i}${value}`]))).errorCode, ErrorCode.NONE)
  const [from, to] = [dirOf(c, 1), other(dirOf(c, 1))]
  t.equal(await moveTo(c, 1, to), ErrorCode.NONE)
  const future = () => c.rooms(1).logs.future('t', 0)
  await c.until(() => (future()?.logEndOffset ?? 0) > 10, 'a part is copied')
  c.node(1).kill('written')
  await c.boots(1)
  await c.whole()
  t.equal(dirOf(c, 1), from)
  t.ok(future()!.logEndOffset > 10, 'what was copied is there')
  t.equal((await c.outcome(c.produce(1, ['after']))).errorCode, ErrorCode.NONE)
  await c.until(() => dirOf(c, 1) === to, 'it has moved')
  t.equal(known(c, 1), directoryId(c, 1, to))
  const values = await readAll(c, 1)
  t.same(
    values.map((each) => each.split('x')[0]),
    [...Array.from({ length: 60 }, (_, i) => `${i}`), 'after'],
  )
})
