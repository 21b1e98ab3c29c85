import t from 'tap'
import { defaultsOf } from '../../src/base/config.ts'
import { DiskError } from '../../src/base/disk.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { type LogConfig, logConfig } from '../../src/log/config.ts'
import type { Log } from '../../src/log/log.ts'
import { LogManager, type LogManagerOptions } from '../../src/log/log-manager.ts'
import { batch, configWith, NOW_MS, TOPIC_ID } from './world.ts'

class World {
  readonly time = new ManualTime(NOW_MS)
  readonly disk = new MemoryDisk()
  readonly random = new SeededRandom(7)

  open(options: Partial<LogManagerOptions> & { keys?: Partial<LogConfig> } = {}): LogManager {
    const { keys, ...rest } = options
    return LogManager.open({
      system: { clock: this.time, timers: this.time, random: this.random, disk: this.disk },
      dirs: ['/a'],
      config: { ...defaultsOf(logConfig), ...keys },
      logger: silentLogger,
      identity: { nodeId: 1 },
      ...rest,
    })
  }

  names(dir: string): string[] {
    return this.disk
      .list(dir)
      .map(({ name }) => name)
      .sort()
  }

  text(file: string): string {
    return this.disk.readFile(file).toString()
  }
}

function create(manager: LogManager, topic: string, partition = 0, dirId?: string): Log {
  return manager.getOrCreate(topic, partition, TOPIC_ID, configWith(), dirId)
}

function append(log: Log, count = 1): void {
  log.appendAsLeader(batch({ count }), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS })
  log.write()
}

t.test('B40: meta.properties of a new directory, kept afterwards', async (t) => {
  const w = new World()
  const manager = w.open()
  t.match(w.text('/a/meta.properties'), /^#\n#.*\ncluster\.id=.{22}\ndirectory\.id=.{22}\nnode\.id=1\nversion=1\n$/)
  const { clusterId } = manager
  const [dir] = manager.dirs
  await manager.shutdown()
  const again = w.open()
  t.equal(again.clusterId, clusterId)
  t.equal(again.dirs[0]?.id, dir?.id)
})

t.test('B41: directories of another node or cluster, or with the same id', async (t) => {
  const w = new World()
  await w.open({ dirs: ['/a', '/b'] }).shutdown()
  t.throws(() => w.open({ identity: { nodeId: 2 } }), { name: 'LogDirProblem', message: /node 1, not to 2/ })
  t.throws(() => w.open({ identity: { nodeId: 1, clusterId: 'other' } }), { message: /belongs to cluster/ })
  w.disk.replaceFile('/b/meta.properties', w.text('/a/meta.properties'))
  t.throws(() => w.open({ dirs: ['/a', '/b'] }), { message: /two log directories/ })
  w.disk.replaceFile('/b/meta.properties', w.text('/a/meta.properties').replace(/cluster.id=.*/, 'cluster.id=another'))
  t.throws(() => w.open({ dirs: ['/a', '/b'] }), { message: /belongs to cluster/ })
})

t.test('B45: a directory in use', async (t) => {
  const w = new World()
  const manager = w.open()
  t.throws(() => w.open(), { code: 'ELOCKED' })
  await manager.shutdown()
  w.open().abandon()
  w.open()
})

t.test('B30, B46, B47, B70: a clean stop', async (t) => {
  const w = new World()
  const manager = w.open()
  const log = create(manager, 't')
  append(log, 3)
  log.highWatermark = 3
  log.advanceLogStart(2)
  create(manager, 'u', 4)
  await manager.shutdown(42n)
  t.equal(w.text('/a/recovery-point-offset-checkpoint'), '0\n2\nt 0 3\nu 4 0\n')
  t.equal(w.text('/a/log-start-offset-checkpoint'), '0\n1\nt 0 2\n')
  t.equal(w.text('/a/replication-offset-checkpoint'), '0\n2\nt 0 3\nu 4 0\n')
  t.equal(w.text('/a/.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":42}')
  t.notOk(w.names('/a').includes('.lock'))

  const again = w.open()
  t.notOk(w.names('/a').includes('.kafka_cleanshutdown'))
  t.equal(again.lastBrokerEpoch, 42n)
  t.match(again.get('t', 0), {
    logStartOffset: 2,
    logEndOffset: 3,
    highWatermark: 3,
    recoveryPoint: 3,
    topicId: TOPIC_ID,
  })
  t.equal([...again.all()].length, 2)
})

t.test('B46: a loss of power does not bring back the mark of a clean stop', async (t) => {
  const w = new World()
  await w.open().shutdown(42n)
  t.equal(w.open().lastBrokerEpoch, 42n)
  await w.time.settle()
  w.disk.crash('synced')
  t.equal(w.open().lastBrokerEpoch, undefined)
})

t.test('a kill, and the checkpoints that were written from time to time', async (t) => {
  const w = new World()
  const manager = w.open()
  const log = create(manager, 't')
  append(log, 5)
  log.highWatermark = 5
  await log.flush()
  w.time.advance(60_000)
  await w.time.settle()
  t.equal(w.text('/a/replication-offset-checkpoint'), '0\n1\nt 0 5\n')
  t.equal(w.text('/a/recovery-point-offset-checkpoint'), '0\n1\nt 0 5\n')
  w.disk.crash('written')
  const again = w.open()
  t.match(again.get('t', 0), { logEndOffset: 5, highWatermark: 5, recoveryPoint: 5 })
  t.equal(again.lastBrokerEpoch, undefined)
})

t.test('a recovery point that went back by truncation is checkpointed at once', async (t) => {
  const w = new World()
  const manager = w.open()
  const log = create(manager, 't')
  for (let i = 0; i < 5; i++) append(log)
  await log.flush()
  await manager.checkpoint('recoveryPoint')
  t.equal(w.text('/a/recovery-point-offset-checkpoint'), '0\n1\nt 0 5\n')
  log.truncateTo(2)
  await w.time.settle()
  t.equal(w.text('/a/recovery-point-offset-checkpoint'), '0\n1\nt 0 2\n')
})

t.test('J24: a log start that was checkpointed survives', async (t) => {
  const w = new World()
  const manager = w.open()
  const log = create(manager, 't')
  append(log, 5)
  log.advanceLogStart(3)
  w.time.advance(60_000)
  await w.time.settle()
  w.disk.crash('written')
  t.equal(w.open().get('t', 0)?.logStartOffset, 3)
})

t.test('checkpoints that have not changed are not written again', async (t) => {
  const w = new World()
  create(w.open(), 't')
  w.time.advance(60_000)
  await w.time.settle()
  const seen: string[] = []
  w.disk.hook = ({ path, kind }) => {
    seen.push(`${kind} ${path}`)
    return undefined
  }
  w.time.advance(120_000)
  await w.time.settle()
  t.same(seen, [])
})

t.test('B29: an empty or unreadable checkpoint says nothing', async (t) => {
  const w = new World()
  const manager = w.open()
  append(create(manager, 't'), 2)
  await manager.shutdown()
  w.disk.remove('/a/.kafka_cleanshutdown')
  w.disk.replaceFile('/a/recovery-point-offset-checkpoint', '')
  w.disk.replaceFile('/a/replication-offset-checkpoint', 'nonsense')
  t.match(w.open().get('t', 0), { logEndOffset: 2, highWatermark: 0 })
})

t.test('B3: foreign names', async (t) => {
  const w = new World()
  await w.open().shutdown()
  for (const name of ['__cluster_metadata-0', 'remote-log-index-cache', 'x-1.0123456789abcdef0123456789abcdef-stray']) {
    w.disk.makeDir(`/a/${name}`)
  }
  const manager = w.open()
  t.equal([...manager.all()].length, 0)
  await manager.shutdown()
  w.disk.makeDir('/a/nonsense')
  t.throws(() => w.open(), { name: 'LogDirProblem', message: /nonsense/ })
})

t.test('B2, B81, J27: a deleted partition is renamed and removed later', async (t) => {
  const w = new World()
  const manager = w.open()
  append(create(manager, 't'))
  manager.delete('t', 0)
  t.equal(manager.get('t', 0), undefined)
  const gone = () => w.names('/a').filter((name) => /^t-0\.[0-9a-f]{32}-delete$/.test(name))
  t.equal(gone().length, 1)
  const anew = create(manager, 't')
  t.equal(anew.logEndOffset, 0)
  w.time.advance(59_999)
  t.equal(gone().length, 1)
  w.time.advance(1)
  t.equal(gone().length, 0)
  t.ok(w.names('/a').includes('t-0'))
})

t.test('B2: the topic is cut where the name would be too long', async (t) => {
  const w = new World()
  const manager = w.open()
  const topic = 'x'.repeat(249)
  create(manager, topic)
  manager.delete(topic, 0)
  const [name] = w.names('/a').filter((entry) => entry.endsWith('-delete'))
  t.equal(name?.length, 255)
})

t.test('B81: -delete directories found at start go too', async (t) => {
  const w = new World()
  await w.open().shutdown()
  const name = '/a/t-0.0123456789abcdef0123456789abcdef-delete'
  w.disk.makeDir(name)
  w.open()
  t.ok(w.disk.exists(name))
  w.time.advance(60_000)
  t.notOk(w.disk.exists(name))
})

t.test('B82: logs that the cluster does not place here are put aside', async (t) => {
  const w = new World()
  const manager = w.open()
  create(manager, 'known')
  create(manager, 'unknown')
  manager.retainOnly((log) => log.topic === 'known')
  t.same(
    [...manager.all()].map(({ topic }) => topic),
    ['known'],
  )
  t.ok(w.names('/a').some((name) => /^unknown-0\.[0-9a-f]{32}-stray$/.test(name)))
})

t.test('B39: another topic id', async (t) => {
  const w = new World()
  const manager = w.open()
  create(manager, 't')
  t.throws(() => manager.getOrCreate('t', 0, 'topic0000000000000002A', configWith()), { code: 103 })
})

t.test('B83: the directory with the fewest partitions, the preferred one, never a cordoned one', async (t) => {
  const w = new World()
  const manager = w.open({ dirs: ['/a', '/b', '/c'], keys: { 'cordoned.log.dirs': ['/c'] } })
  for (let i = 0; i < 4; i++) create(manager, 't', i)
  t.same(
    [0, 1, 2, 3].map((i) => manager.get('t', i)?.dir),
    ['/a/t-0', '/b/t-1', '/a/t-2', '/b/t-3'],
  )
  const b = manager.dirs[1]!
  t.equal(create(manager, 'u', 0, b.id).dir, '/b/u-0')
  t.equal(manager.dirOf(manager.get('u', 0)!)?.id, b.id)
})

t.test('B83: one partition in two directories', async (t) => {
  const w = new World()
  await w.open({ dirs: ['/a', '/b'] }).shutdown()
  w.disk.makeDir('/a/t-0')
  w.disk.makeDir('/b/t-0')
  t.throws(() => w.open({ dirs: ['/a', '/b'] }), { message: /is in .*a.t-0 and in .*b.t-0/ })
})

t.test('B84: a failed directory goes offline with its logs, the other serves', async (t) => {
  const w = new World()
  const manager = w.open({ dirs: ['/a', '/b'] })
  const [one, two, three] = [0, 1, 2].map((i) => create(manager, 't', i))
  const told: string[] = []
  manager.onDirFailure((dir) => told.push(dir))
  append(one!)
  w.disk.hook = ({ path, kind }) =>
    path.startsWith('/a/t-0') && kind === 'write' ? new DiskError('EIO', 'broken') : undefined
  t.throws(() => append(one!), { name: 'DiskError', code: 'EIO' })
  w.disk.hook = undefined
  t.same(told, ['/a'])
  t.throws(() => append(one!), { code: 56 })
  t.throws(() => append(three!), { code: 56 })
  t.throws(() => manager.getOrCreate('t', 0, TOPIC_ID, configWith()), { code: 'EIO' })
  append(two!)
  t.equal(create(manager, 'new').dir, '/b/new-0')
  t.same(
    manager.dirs.map(({ isOnline }) => isOnline),
    [false, true],
  )
  await manager.shutdown()
  t.notOk(w.names('/a').includes('.kafka_cleanshutdown'), 'B47')
  t.ok(w.names('/b').includes('.kafka_cleanshutdown'))
  t.equal(w.open({ dirs: ['/a', '/b'] }).get('t', 0)?.logEndOffset, 1, 'nothing acknowledged is lost')
})

t.test('a failure that the caller saw first', async (t) => {
  const w = new World()
  const manager = w.open()
  const log = create(manager, 't')
  const told: string[] = []
  manager.onDirFailure((dir) => told.push(dir))
  manager.failDir(log.dir, new DiskError('EIO', 'broken'))
  manager.failDir(log.dir, new DiskError('EIO', 'broken'))
  t.same(told, ['/a'])
  t.ok(log.failure)
})

t.test('a directory that fails while it is loaded is left out; the last one is not', async (t) => {
  const w = new World()
  const first = w.open({ dirs: ['/a', '/b'] })
  append(create(first, 't', 0))
  append(create(first, 't', 1))
  await first.shutdown()
  w.disk.remove('/a/.kafka_cleanshutdown')
  w.disk.open('/a/t-0/00000000000000000000.log').write(79, [Buffer.alloc(5)])
  w.disk.hook = ({ path }) => (path.startsWith('/a/t-0') ? new DiskError('EIO', 'broken') : undefined)
  const manager = w.open({ dirs: ['/a', '/b'] })
  t.same(
    manager.dirs.map(({ isOnline }) => isOnline),
    [false, true],
  )
  t.equal(manager.get('t', 1)?.logEndOffset, 1)
  manager.abandon()
  w.disk.replaceFile('/b/x', '')
  t.throws(() => w.open({ dirs: ['/a'] }), { code: 'EIO' })
  w.disk.hook = undefined
  w.open({ dirs: ['/a'] })
})

t.test('memory of tails is let go when nothing is appended', async (t) => {
  const w = new World()
  const manager = w.open()
  append(create(manager, 't'), 10)
  t.ok(manager.environment.tails.pinnedBytes > 0)
  w.time.advance(20_000)
  t.equal(manager.environment.tails.pinnedBytes, 0)
})

t.test('C33: expired producers are forgotten by the clock', async (t) => {
  const w = new World()
  const manager = w.open()
  const log = create(manager, 't')
  const records = batch({ producerId: 1, producerEpoch: 0, baseSequence: 0 })
  log.appendAsLeader(records, { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS })
  log.write()
  w.time.advance(86_400_000 + 600_000)
  t.equal(log.producers.producers.size, 0)
})

t.test('bad input: damaged files take their directory offline, and only that one', async (t) => {
  for (const name of ['meta.properties', 't-0/leader-epoch-checkpoint']) {
    const w = new World()
    const first = w.open({ dirs: ['/a', '/b'] })
    create(first, 't')
    await first.shutdown()
    const file = `${w.disk.exists('/a/t-0') ? '/a' : '/b'}/${name}`
    w.disk.replaceFile(file, 'version=x\n')
    const again = w.open({ dirs: ['/a', '/b'] })
    t.equal(again.dirs.filter(({ isOnline }) => isOnline).length, 1, name)
    t.equal(again.get('t', 0), undefined)
    await again.shutdown()
    t.throws(() => w.open({ dirs: [file.slice(0, 2)] }), { name: 'DiskError', message: /is damaged: / })
  }
})

t.test('R-D90: a log on its way to another directory', async (t) => {
  const w = new World()
  const dirs = ['/a', '/b']
  const manager = w.open({ dirs })
  const log = create(manager, 't', 0, manager.dirs[0]!.id)
  append(log, 5)
  const future = manager.createFuture(log, '/b')
  t.match(w.names('/b').join(), /t-0\.[0-9a-f]{32}-future/)
  t.equal(manager.get('t', 0), log)
  t.equal(manager.future('t', 0), future)
  t.same(
    manager.usage().map(({ logs }) => logs.map(({ isFuture }) => isFuture)),
    [[false], [true]],
  )
  for (const part of log.batches()) future.appendAsFollower(part, { leaderEpoch: 0 })
  await manager.shutdown()
  t.match(w.text('/b/recovery-point-offset-checkpoint'), 't 0 5')

  const next = w.open({ dirs })
  t.match(next.future('t', 0), { logEndOffset: 5, recoveryPoint: 5, topicId: TOPIC_ID })
  const [current, moved] = [next.get('t', 0)!, next.future('t', 0)!]
  t.equal(next.replaceWithFuture('t', 0), moved)
  t.equal(moved.dir, '/b/t-0')
  t.equal(next.get('t', 0), moved)
  append(moved, 2)
  await moved.flush()
  t.match([...current.batches()].length, 1, 'who reads the old one goes on')
  next.abandon()
  w.disk.crash('synced')
  const last = w.open({ dirs })
  t.match(last.get('t', 0), { dir: '/b/t-0', logEndOffset: 7 })
  t.equal(last.future('t', 0), undefined)
})

t.test('R-C31: a move that was caught in the middle is ended where the cluster knows the replica', async (t) => {
  for (const isHome of [true, false]) {
    const w = new World()
    const manager = w.open({ dirs: ['/a', '/b'] })
    manager.createFuture(create(manager, 't', 0, manager.dirs[0]!.id), '/b')
    append(manager.future('t', 0)!, 3)
    manager.abandon()
    w.disk.removeTree('/a/t-0')
    const next = w.open({ dirs: ['/a', '/b'] })
    next.promoteFutures((log, dirId) => isHome && log.topicId === TOPIC_ID && dirId === next.dirs[1]!.id)
    t.equal(next.get('t', 0)?.dir, isHome ? '/b/t-0' : undefined)
    t.equal(next.future('t', 0)?.logEndOffset, isHome ? undefined : 3)
  }
})

t.test('two copies on their way, or two logs of one partition: somebody has to say which one holds', async (t) => {
  for (const suffix of [`.${'0'.repeat(32)}-future`, '']) {
    const w = new World()
    await w.open({ dirs: ['/a', '/b'] }).shutdown()
    for (const dir of ['/a', '/b']) w.disk.makeDir(`${dir}/t-0${suffix}`)
    t.throws(() => w.open({ dirs: ['/a', '/b'] }), { name: 'LogDirProblem', message: /t-0 is in \/a.* and in \/b/ })
  }
})

t.test('R-D92: what the cluster does not place here is put aside on its way too', async (t) => {
  const w = new World()
  const manager = w.open({ dirs: ['/a', '/b'] })
  manager.createFuture(create(manager, 't', 0, manager.dirs[0]!.id), '/b')
  manager.retainOnly(() => false)
  t.match(w.names('/b').join(), /t-0\.[0-9a-f]{32}-stray/)
  t.equal(manager.future('t', 0), undefined)
})
