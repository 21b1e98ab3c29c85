import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, KEY, TestBroker, valuesOf, versionsOf } from './harness.ts'

/** Outlives the broker that stands on it. */
const home = t.testdir()

t.test('AlterReplicaLogDirs', async (t) => {
  const dirs = ['one', 'two'].map((name) => join(home, name))
  for (const dir of dirs) mkdirSync(dir)
  const broker = await TestBroker.start(t, {
    config: { 'log.dirs': dirs.join(','), 'replica.alter.log.dirs.io.max.bytes.per.second': '1000000' },
    topics: { t: { partitions: 2 } },
  })
  type Wish = readonly [topic: string, partition: number]
  const alter = async (path: string, wishes: readonly Wish[], version = 2) => {
    const topics = [...new Set(wishes.map(([name]) => name))].map((name) => ({
      name,
      partitions: wishes.filter(([topic]) => topic === name).map(([, partition]) => partition),
    }))
    const { results } = await broker.send(KEY.ALTER_REPLICA_LOG_DIRS, version, { dirs: [{ path, topics }] })
    return results.flatMap(({ topicName, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [topicName, partitionIndex, errorCode]),
    )
  }
  /** Where the replica is, and where it goes to. */
  const shown = async (topic: string, partition: number) => {
    const { results } = await broker.send(KEY.DESCRIBE_LOG_DIRS, 4, { topics: [{ topic, partitions: [partition] }] })
    return results.flatMap(({ logDir, topics }) =>
      topics.flatMap(({ partitions }) =>
        partitions.map(({ isFutureKey, offsetLag }) => ({ logDir, isFutureKey, offsetLag })),
      ),
    )
  }
  const moved = async (topic: string, partition: number) => {
    for (;;) {
      const [first, ...others] = await shown(topic, partition)
      if (others.length === 0) return first!.logDir
    }
  }

  t.test('every version: each replica has its answer', async (t) => {
    for (const version of versionsOf(KEY.ALTER_REPLICA_LOG_DIRS)) {
      t.strictSame(await alter(join(home, 'three'), [['t', 0]], version), [['t', 0, ErrorCode.LOG_DIR_NOT_FOUND]])
      t.strictSame(await alter('two', [['t', 0]], version), [['t', 0, ErrorCode.LOG_DIR_NOT_FOUND]], 'relative')
      t.strictSame(
        await alter(await moved('t', 0), [
          ['t', 0],
          ['nope', 3],
        ]),
        [
          ['t', 0, ErrorCode.NONE],
          ['nope', 3, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
        ],
      )
    }
  })

  t.test('of several wishes for one replica the last one counts', async (t) => {
    const from = await moved('t', 1)
    const other = dirs.find((dir) => dir !== from)!
    const topics = [{ name: 't', partitions: [1] }]
    const { results } = await broker.send(KEY.ALTER_REPLICA_LOG_DIRS, 2, {
      dirs: [
        { path: other, topics },
        { path: from, topics },
      ],
    })
    t.strictSame(results, [{ topicName: 't', partitions: [{ partitionIndex: 1, errorCode: ErrorCode.NONE }] }])
    t.strictSame(await shown('t', 1), [{ logDir: from, isFutureKey: false, offsetLag: 0 }])
  })

  t.test('a replica that moves is shown in both directories, and then in the new one', async (t) => {
    const values = Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(100_000))
    for (const value of values) await broker.produce('t', 0, batchOf([value]))
    const from = await moved('t', 0)
    const to = dirs.find((dir) => dir !== from)!
    t.strictSame(await alter(to, [['t', 0]]), [['t', 0, ErrorCode.NONE]])
    const both = await shown('t', 0)
    t.equal(both.length, 2)
    t.match(
      both.find(({ logDir }) => logDir === from),
      { isFutureKey: false, offsetLag: 0 },
    )
    const future = both.find(({ logDir }) => logDir === to)!
    t.equal(future.isFutureKey, true)
    t.ok(future.offsetLag > 0 && future.offsetLag <= 40)
    t.equal(await moved('t', 0), to)
    const { records } = await broker.fetch('t', 0, 0, { maxBytes: 10_000_000 })
    t.strictSame(valuesOf(records!), values)
    t.ok(readdirSync(from).some((name) => /^t-0\.[0-9a-f]{32}-delete$/.test(name)))
    t.ok(readdirSync(to).includes('t-0'))
  })

  t.test('a wish for a topic to come', async (t) => {
    t.strictSame(
      await alter(dirs[1]!, [
        ['u', 0],
        ['u', 1],
        ['u', 2],
      ]),
      [0, 1, 2].map((i) => ['u', i, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]),
    )
    await broker.createTopic('u', 3)
    for (const index of [0, 1, 2]) t.equal(await moved('u', index), dirs[1])
  })
})
