import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

/** Outlives the broker that stands on it. */
const home = t.testdir()

t.test('DescribeLogDirs', async (t) => {
  const dirs = ['one', 'two'].map((name) => join(home, name))
  for (const dir of dirs) mkdirSync(dir)
  const broker = await TestBroker.start(t, {
    config: { 'log.dirs': dirs.join(',') },
    topics: { t: { partitions: 4 }, u: {} },
  })
  const records = batchOf(['hello'])
  await broker.produce('t', 2, records)
  const ask = async (version: number, topics: { topic: string; partitions: number[] }[] | null) =>
    broker.send(KEY.DESCRIBE_LOG_DIRS, version, { topics })
  const partitionsOf = ({ results }: Awaited<ReturnType<typeof ask>>) =>
    results.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`)),
    )

  t.test('every version: all directories, all replicas, each in one', async (t) => {
    for (const version of versionsOf(KEY.DESCRIBE_LOG_DIRS)) {
      const answer = await ask(version, null)
      t.equal(answer.errorCode, 0)
      t.strictSame(
        answer.results.map(({ logDir, errorCode }) => [logDir, errorCode]),
        [
          [dirs[0], 0],
          [dirs[1], 0],
        ],
      )
      t.strictSame(partitionsOf(answer).sort(), ['t-0', 't-1', 't-2', 't-3', 'u-0'])
      for (const { topics, totalBytes, usableBytes, isCordoned } of answer.results) {
        t.ok(topics.length > 0, 'replicas are spread over the directories')
        t.equal(isCordoned, false)
        t.ok(version < 4 ? totalBytes === -1 && usableBytes === -1 : totalBytes >= usableBytes && usableBytes > 0)
      }
    }
  })

  t.test('size and lag', async (t) => {
    const { results } = await ask(5, [{ topic: 't', partitions: [2, 0] }])
    const found = results.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions))
    t.strictSame(
      found.sort((one, other) => one.partitionIndex - other.partitionIndex),
      [
        { partitionIndex: 0, partitionSize: 0, offsetLag: 0, isFutureKey: false },
        { partitionIndex: 2, partitionSize: records.length, offsetLag: 0, isFutureKey: false },
      ],
    )
  })

  t.test('only what is asked for; directories are listed in any case', async (t) => {
    t.strictSame(partitionsOf(await ask(5, [{ topic: 'nope', partitions: [0] }])), [])
    t.strictSame(partitionsOf(await ask(5, [{ topic: 't', partitions: [9, 1] }])), ['t-1'])
    const none = await ask(5, [])
    t.equal(none.results.length, 2)
    t.strictSame(partitionsOf(none), [])
  })

  t.test('N-F16, N-C27: a cordoned directory says so, as soon as it is one, and gets no new replicas', async (t) => {
    const cordon = async (value: string) => {
      const configs = [{ name: 'cordoned.log.dirs', configOperation: 0, value }]
      const resources = [{ resourceType: 4, resourceName: '1', configs }]
      const request = { resources, validateOnly: false }
      return (await broker.send(KEY.INCREMENTAL_ALTER_CONFIGS, 1, request)).responses[0]!.errorCode
    }
    const cordoned = async () => (await ask(5, [])).results.map(({ isCordoned }) => isCordoned)
    t.equal(await cordon(dirs[1]!), ErrorCode.NONE)
    t.strictSame(await cordoned(), [false, true])
    await broker.createTopic('v', 6)
    const { results } = await ask(5, null)
    t.notOk(results[1]!.topics.some(({ name }) => name === 'v'))
    t.equal(await cordon(join(home, 'three')), ErrorCode.INVALID_REQUEST)
    t.equal(await cordon('*'), ErrorCode.NONE)
    t.strictSame(await cordoned(), [true, true])
    t.equal(await cordon(''), ErrorCode.NONE)
    t.strictSame(await cordoned(), [false, false])
  })
})
