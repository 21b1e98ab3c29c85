import path from 'node:path'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { DiskError } from '../../src/base/disk.ts'
import type { MemoryDisk } from '../../src/base/memory-disk.ts'
import { batch, World } from './world.ts'

const DIRS = ['/a', '/b', '/c']
/** Segments of some ten records. */
const SMALL = { 'internal.segment.bytes': '1500' }

/** A replica of t that lies in /a, led here, and the cluster that keeps directories. */
async function world(config: Record<string, string> = {}): Promise<World> {
  const w = new World({ dirs: DIRS, keepsDirectories: true })
  w.logs.wish('t', 0, '/a')
  w.createTopic('t', { replicas: [1, 2], isr: [1], config })
  know(w, 'a')
  await w.time.settle()
  return w
}

const idOf = (w: World, dir: string): string => w.logs.dirs.find(({ path }) => path === `/${dir}`)!.id!

/** The cluster learns that the replica is in this directory. */
const know = (w: World, dir: string): void => void w.change('t', 0, { directories: [idOf(w, dir), idOf(w, 'a')] })

const move = (w: World, dir: string, topic = 't', partition = 0): ErrorCode =>
  w.replicas.alterLogDirs([{ topic, partition, dir: dir.startsWith('/') ? dir : `/${dir}` }])[0]!

async function fill(w: World, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) await w.produce(batch([`value ${i}`.padEnd(100)]))
}

const dirOf = (w: World): string => path.dirname(w.partition('t').log.dir)
const asked = (w: World): (string | undefined)[] =>
  w.reported.map(({ directory }) => w.logs.dirs.find(({ id }) => id === directory)?.path)

/** Kinds of folders of t-0, by directory: '/b future'. */
function folders(disk: MemoryDisk): string[] {
  const dirs = new Set([...disk.files().keys()].map((file) => path.dirname(file)))
  return [...dirs].flatMap((dir) => {
    const match = /^(\/[abc])\/t-0(?:\.[0-9a-f]{32}-(\w+))?$/.exec(dir)
    return match ? `${match[1]} ${match[2] ?? 'log'}` : []
  })
}

async function values(w: World): Promise<string[]> {
  const found: string[] = []
  const { log } = w.partition('t')
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const { records } = await log.read({ offset, maxBytes: 1 << 20, upTo: log.logEndOffset, minOneBatch: true })
    for (const stored of batches(Buffer.concat(records))) {
      if (stored.baseOffset !== offset) throw new Error(`a gap: ${offset} is followed by ${stored.baseOffset}`)
      for (const record of readRecords(stored)) found.push(record.value!.toString().trim())
      offset = stored.nextOffset
    }
  }
  return found
}

const numbered = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `value ${from + i}`)

t.test('D90, D91: copied, agreed on, caught up again and swapped; the old folder goes later', async (t) => {
  const w = await world(SMALL)
  await fill(w, 100)
  t.equal(move(w, 'b'), ErrorCode.NONE)
  t.same(folders(w.disk), ['/a log', '/b future'])
  await w.time.settle()
  t.same(asked(w), ['/b'], 'asked once, when it had caught up')
  t.equal(dirOf(w), '/a', 'not before the cluster knows')
  t.equal(w.replicas.directoryOf('t', 0), idOf(w, 'b'), 'and nobody says otherwise meanwhile')
  await fill(w, 50, 100)
  know(w, 'b')
  const pending = w.append([{ records: batch(['value 150'.padEnd(100)]) }])
  await w.time.settle()
  t.equal((await pending)[0]!.errorCode, ErrorCode.NONE)
  t.equal(dirOf(w), '/b')
  t.equal(w.partition('t').future, undefined)
  await fill(w, 9, 151)
  t.same(await values(w), numbered(160))
  t.match(w.partition('t').log, { highWatermark: 160, topicId: w.idOf('t'), isFuture: false, latestEpoch: 0 })
  t.same(folders(w.disk), ['/a delete', '/b log'])
  await w.time.run(61_000)
  t.same(folders(w.disk), ['/b log'])
})

t.test('a cluster that keeps no directories is not asked', async (t) => {
  const w = new World({ dirs: DIRS })
  w.logs.wish('t', 0, '/a')
  w.createTopic('t')
  await fill(w, 3)
  t.equal(move(w, 'b'), ErrorCode.NONE)
  await w.time.settle()
  t.equal(dirOf(w), '/b')
  t.same(w.reported, [])
  t.same(await values(w), numbered(3))
})

t.test('appends that come in all the while, from memory and from disk', async (t) => {
  const w = await world(SMALL)
  await fill(w, 200)
  w.logs.environment.tails.evictIdle(Number.POSITIVE_INFINITY)
  t.equal(move(w, 'c'), ErrorCode.NONE)
  const appended = []
  for (let next = 200; next < 400; ) {
    for (let i = 0; i < 4; i++) appended.push(w.append([{ records: batch([`value ${next++}`.padEnd(100)]) }]))
    w.time.advance(1)
    await Promise.resolve()
    if (next === 300) know(w, 'c')
  }
  await w.time.settle()
  t.equal(dirOf(w), '/c')
  t.ok((await Promise.all(appended)).every(([result]) => result!.errorCode === ErrorCode.NONE))
  t.same(await values(w), numbered(400))
})

t.test('what records do not tell comes along: producers, leader epochs, log start, high watermark', async (t) => {
  const w = await world()
  const one = { producerId: 7, producerEpoch: 0, baseSequence: 0 }
  await w.produce(batch(['value 0', 'value 1'], one))
  await fill(w, 8, 2)
  w.partition('t').log.advanceLogStart(1)
  w.change('t', 0, { leader: 2 })
  w.change('t', 0, { leader: 1 })
  t.equal(w.partition('t').log.latestEpoch, 2, 'an epoch without records')
  const before = w.partition('t').log
  t.equal(move(w, 'b'), ErrorCode.NONE)
  await w.time.settle()
  know(w, 'b')
  await w.time.settle()
  const { log } = w.partition('t')
  t.not(log, before)
  t.same(log.epochs.entries, before.epochs.entries)
  t.match(log, { logStartOffset: 1, highWatermark: before.highWatermark, logEndOffset: 10 })
  const again = await w.produce(batch(['value 0', 'value 1'], one))
  t.match(again, { errorCode: ErrorCode.NONE, baseOffset: 0 }, 'a duplicate is known as one')
  t.equal(log.logEndOffset, 10)
})

t.test('D92: what the current log loses is lost in the copy too', async (t) => {
  const w = await world(SMALL)
  await fill(w, 100)
  const { log } = w.partition('t')
  move(w, 'b')
  await w.time.settle()
  const future = w.logs.future('t', 0)!
  t.equal(future.logEndOffset, 100)
  w.change('t', 0, { leader: 2 })
  const appendAs = (from: number, to: number, leaderEpoch: number) => {
    for (let i = from; i < to; i++) {
      const records = batch([`value ${i}`.padEnd(100)], { baseOffset: i, leaderEpoch })
      log.appendAsFollower(records, { leaderEpoch })
    }
    log.write()
  }
  await t.test('cut, and written anew before the copier looks', async (t) => {
    w.partition('t').truncateTo(60)
    for (let i = 60; i < 70; i++) {
      const records = batch([`other ${i}`.padEnd(100)], { baseOffset: i, leaderEpoch: 1 })
      log.appendAsFollower(records, { leaderEpoch: 1 })
    }
    appendAs(70, 110, 1)
    w.replicas.changed(w.partition('t'))
    await w.time.settle()
    t.same(future.epochs.entries, log.epochs.entries)
    t.equal(future.logEndOffset, 110)
  })
  await t.test('cut within an epoch', async (t) => {
    w.partition('t').truncateTo(105)
    for (let i = 105; i < 112; i++) {
      log.appendAsFollower(batch([`third ${i}`.padEnd(100)], { baseOffset: i, leaderEpoch: 1 }), { leaderEpoch: 1 })
    }
    log.write()
    w.replicas.changed(w.partition('t'))
    await w.time.settle()
    t.same(Buffer.concat([...future.batches()]), Buffer.concat([...log.batches()]))
  })
  await t.test('begun anew elsewhere', async (t) => {
    w.partition('t').restartAt(500)
    appendAs(500, 505, 1)
    w.replicas.changed(w.partition('t'))
    await w.time.settle()
    t.match(future, { logStartOffset: 500, logEndOffset: 505 })
  })
  know(w, 'b')
  await w.time.settle()
  t.equal(dirOf(w), '/b')
  t.same(await values(w), numbered(5, 500))
})

t.test('D90: a copy that has other records of an epoch than the current log is cut to where they part', async (t) => {
  const w = await world()
  await fill(w, 10)
  const future = w.logs.createFuture(w.partition('t').log, '/b')
  for (let i = 0; i < 6; i++) {
    const [leaderEpoch, value] = i < 4 ? [0, `value ${i}`] : [3, `other ${i}`]
    future.appendAsFollower(batch([value.padEnd(100)], { baseOffset: i, leaderEpoch }), {
      leaderEpoch,
    })
  }
  future.write()
  w.change('t', 0, { leader: 2 })
  for (let i = 0; i < 3; i++) {
    w.change('t', 0, { leader: 1 })
    w.change('t', 0, { leader: 2 })
  }
  w.change('t', 0, { leader: 1 })
  await w.time.settle()
  know(w, 'b')
  await w.time.settle()
  t.equal(dirOf(w), '/b')
  t.same(await values(w), numbered(10))
})

t.test('D75: records are deleted when the copy has followed too', async (t) => {
  const w = await world()
  await fill(w, 10)
  move(w, 'b')
  const deletion = w.replicas.deleteRecords(1000, [{ topic: 't', partition: 0, offset: 4 }])
  let isAnswered = false
  deletion.then(() => {
    isAnswered = true
  })
  await Promise.resolve()
  t.equal(w.partition('t').lowWatermark, 0)
  t.notOk(isAnswered)
  await w.time.settle()
  t.match(await deletion, [{ errorCode: ErrorCode.NONE, lowWatermark: 4 }])
  t.equal(w.logs.future('t', 0)!.logStartOffset, 4)
})

t.test('D89: errors, and moves that are called off', async (t) => {
  const w = await world()
  await fill(w, 3)
  t.equal(move(w, '/nowhere'), ErrorCode.LOG_DIR_NOT_FOUND)
  t.equal(w.replicas.alterLogDirs([{ topic: 't', partition: 0, dir: 'b' }])[0], ErrorCode.LOG_DIR_NOT_FOUND)
  t.equal(move(w, 'b', 'x'.repeat(220)), ErrorCode.INVALID_TOPIC_EXCEPTION)
  t.equal(move(w, 'a'), ErrorCode.NONE, 'it is there')
  t.same(folders(w.disk), ['/a log'])

  t.equal(move(w, 'b'), ErrorCode.NONE)
  t.equal(move(w, 'b'), ErrorCode.NONE, 'it is on its way')
  t.same(folders(w.disk), ['/a log', '/b future'])
  await w.time.settle()
  know(w, 'b')
  t.equal(move(w, 'c'), ErrorCode.NONE)
  t.same(asked(w), ['/b', '/a'], 'the cluster had been told, and has to hear that it is not so')
  t.same(folders(w.disk), ['/a log', '/b delete', '/c future'])
  t.equal(move(w, 'a'), ErrorCode.NONE, 'it is to stay')
  t.same(folders(w.disk), ['/a log', '/b delete', '/c delete'])
  know(w, 'a')
  await w.time.settle()
  t.equal(dirOf(w), '/a')
  t.same(await values(w), numbered(3))
})

t.test('D89: a wish for a replica that is not here is remembered', async (t) => {
  const w = await world()
  t.equal(move(w, 'c', 'nope'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  w.createTopic('u', { replicas: [2], leader: 2 })
  t.equal(move(w, 'c', 'u'), ErrorCode.REPLICA_NOT_AVAILABLE)
  w.createTopic('nope', { partitions: 3 })
  w.change('u', 0, { isr: [2] })
  t.equal(path.dirname(w.partition('nope').log.dir), '/c')
  t.not(path.dirname(w.partition('nope', 1).log.dir), '/c', 'one wish is for one replica')
})

t.test('D92: the deletion of a partition removes both', async (t) => {
  const w = await world()
  await fill(w, 3)
  move(w, 'b')
  await w.time.settle()
  know(w, 'b')
  w.apply(w.deleteRecord('t'))
  t.same(folders(w.disk), ['/a delete', '/b delete'])
  t.same(asked(w), ['/b'], 'nobody has to hear of it')
  t.equal(w.replicas.moves.size, 0)
  await w.time.run(61_000)
  t.same(folders(w.disk), [])
})

t.test('the directory that it moves to fails: it stays, and the cluster hears of it', async (t) => {
  for (const when of ['copying', 'swap']) {
    const w = await world(SMALL)
    await fill(w, 50)
    const failing = when === 'copying' ? 'write' : 'rename'
    w.disk.hook = ({ kind, path: at }) =>
      kind === failing && at.startsWith('/b') && at.includes('-future') && !at.includes('.tmp')
        ? new DiskError('EIO', `cannot ${kind} ${at}`)
        : undefined
    move(w, 'b')
    await w.time.settle()
    know(w, 'b')
    await w.time.settle()
    t.same(asked(w), when === 'copying' ? [] : ['/b', '/a'], when)
    t.match(w.partition('t'), { isLeader: true, future: undefined })
    t.equal(w.partition('t').log.dir, '/a/t-0')
    await fill(w, 1, 50)
    t.same(await values(w), numbered(51))
    t.equal(move(w, 'c'), ErrorCode.KAFKA_STORAGE_ERROR, 'with a directory offline nothing is begun')
    t.equal(move(w, 'b'), ErrorCode.KAFKA_STORAGE_ERROR)
    t.equal(move(w, 'a'), ErrorCode.NONE)
  }
})

t.test(
  'D91: the directory that it is in fails: it is offline, and the cluster is told that it lies there',
  async (t) => {
    const w = await world()
    await fill(w, 3)
    move(w, 'b')
    await w.time.settle()
    know(w, 'b')
    w.logs.failDir('/a', new DiskError('EIO', 'gone'))
    await w.time.settle()
    t.equal(w.partition('t').state, 'offline')
    t.same(asked(w), ['/b', '/a'])
    t.same(folders(w.disk), ['/a log', '/b future'], 'the copy waits for the next start')
    t.equal(move(w, 'b'), ErrorCode.KAFKA_STORAGE_ERROR)
  },
)

t.test('a read from disk goes on while the log moves, and a fetch afterwards', async (t) => {
  const w = await world(SMALL)
  await fill(w, 100)
  move(w, 'b')
  await w.time.settle()
  w.logs.environment.tails.evictIdle(Number.POSITIVE_INFINITY)
  const old = w.partition('t').log
  know(w, 'b')
  const read = old.read({ offset: 0, maxBytes: 1000, upTo: 100, minOneBatch: true })
  await w.time.settle()
  t.equal(dirOf(w), '/b')
  t.ok((await read).bytes > 0)
  t.ok((await old.read({ offset: 50, maxBytes: 1000, upTo: 100, minOneBatch: true })).bytes > 0)
  t.equal((await w.fetchOne({ fetchOffset: 50 })).errorCode, ErrorCode.NONE)
})

t.test('D90: one at a time in the order of names, and not faster than the rate', async (t) => {
  const config = {
    'num.replica.alter.log.dirs.threads': 1,
    'replica.alter.log.dirs.io.max.bytes.per.second': 100_000,
  }
  const w = new World({ dirs: DIRS, config })
  for (const topic of ['b', 'd', 'a']) {
    w.logs.wish(topic, 0, '/a')
    w.createTopic(topic, { config: { 'internal.segment.bytes': '50000' } })
    for (let i = 0; i < 100; i++) await w.produce(batch(['x'.repeat(5000)]), { topic })
    t.equal(move(w, 'b', topic), ErrorCode.NONE)
  }
  const copied = (topic: string) => (w.logs.future(topic, 0) ?? w.partition(topic).log).logEndOffset
  await w.time.run(1_000)
  t.ok(copied('b') > 0 && copied('b') < 100, `${copied('b')} of b`)
  t.equal(copied('a') + copied('d'), 0)
  const startMs = w.time.monotonicMs()
  while (w.logs.future('b', 0) !== undefined) await w.time.run(100)
  await w.time.run(2_000)
  t.ok(copied('a') > 0)
  t.equal(copied('d'), 0, 'b was there first, then a')
  while (w.replicas.moves.size > 0) await w.time.run(100)
  const seconds = (w.time.monotonicMs() - startMs) / 1000
  t.ok(seconds > 8 && seconds < 30, `a megabyte in ${seconds} s`)
  for (const topic of ['a', 'b', 'd']) t.equal(path.dirname(w.partition(topic).log.dir), '/b')
})

/** The next life of a broker, on the disk of an earlier one. The cluster knows the replica in `dir`. */
function again(w: World, dir: string, crash: 'written' | 'synced' | undefined): World {
  if (crash) w.disk.crash(crash)
  const next = new World({ dirs: DIRS, keepsDirectories: true, disk: w.disk })
  const home = idOf(next, dir)
  next.logs.retainOnly(({ topicId }) => topicId === w.idOf('t'))
  next.logs.promoteFutures((_log, id) => id === home)
  next.createTopic('t', { replicas: [1, 2], isr: [1], directories: [home, home], config: SMALL })
  return next
}

t.test('C31, D91: a start goes on with a move, whether the cluster had agreed or not', async (t) => {
  for (const hasAgreed of [false, true]) {
    const w = await world(SMALL)
    await fill(w, 100)
    move(w, 'b')
    await w.time.settle()
    w.replicas.moves.close()
    await fill(w, 20, 100)
    const next = again(w, hasAgreed ? 'b' : 'a', 'written')
    t.equal(dirOf(next), '/a')
    await next.time.settle()
    t.same(asked(next), hasAgreed ? [] : ['/b'])
    know(next, 'b')
    await next.time.settle()
    t.equal(dirOf(next), '/b')
    t.same(await values(next), numbered(120), 'with what had not been copied')
    t.same(folders(next.disk), ['/a delete', '/b log'])
  }
})

/** A broker that moves a replica under load, and whose disk takes nothing from operation `at` on. */
async function dying(at: number, config: Record<string, string>) {
  const w = await world(config)
  await fill(w, 10)
  let operations = 0
  let [acknowledged, agreed] = [10, false]
  w.disk.hook = () => (++operations >= at ? new DiskError('EIO', 'dead') : undefined)
  move(w, 'b')
  for (let i = 10; i < 30; i++) {
    const result = await w.produce(batch([`value ${i}`.padEnd(100)])).catch((error: Error) => error)
    if (result instanceof Error || result.errorCode !== ErrorCode.NONE) break
    acknowledged = i + 1
    agreed ||= i === 24
    if (i === 24) know(w, 'b')
  }
  await w.time.settle()
  const isOver = operations < at
  w.disk.hook = undefined
  w.replicas.moves.close()
  return { w, acknowledged, agreed, isOver }
}

/** What is wrong with a replica that has to have so many records, and to lie in /b alone in the end. */
async function problem(w: World, acknowledged: number): Promise<string | undefined> {
  await w.time.settle()
  know(w, 'b')
  await w.time.settle()
  const found = await values(w)
  if (found.length < acknowledged) return `${found.length} records of ${acknowledged}`
  if (found.some((value, i) => value !== `value ${i}`)) return `other records: ${found}`
  if (w.logs.future('t', 0) !== undefined) return 'it is still moving'
  const logs = folders(w.disk).filter((folder) => folder.endsWith('log'))
  return logs.length === 1 ? undefined : logs.join()
}

t.test('killed at every step of a move: the next start has all that was acknowledged, once', async (t) => {
  for (const crash of ['written', 'synced'] as const) {
    const config = crash === 'synced' ? { ...SMALL, 'flush.messages': '1' } : SMALL
    let at = 1
    for (; ; at++) {
      const { w, acknowledged, agreed, isOver } = await dying(at, config)
      if (isOver) break
      const wrong = await problem(again(w, agreed ? 'b' : 'a', crash), acknowledged)
      if (wrong !== undefined) t.fail(`killed at ${at} (${crash}): ${wrong}`)
    }
    t.ok(at > 50, `${at} steps`)
  }
})
