import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

t.test('CreatePartitions', async (t) => {
  const broker = await TestBroker.start(t)
  const grow = async (version: number, name: string, count: number, validateOnly = false) => {
    const topics = [{ name, count, assignments: null }]
    return (await broker.send(KEY.CREATE_PARTITIONS, version, { topics, timeoutMs: 10_000, validateOnly })).results
  }

  t.test('every version: the new partitions take records at once', async (t) => {
    for (const version of versionsOf(KEY.CREATE_PARTITIONS)) {
      const name = `topic-${version}`
      await broker.createTopic(name, 1)
      t.match(await grow(version, name, 3), [{ name, errorCode: ErrorCode.NONE }], `v${version}`)
      t.equal((await broker.produce(name, 2, batchOf(['v']))).errorCode, ErrorCode.NONE)
    }
  })

  t.test('B50: what is refused, and what is only checked', async (t) => {
    await broker.createTopic('two', 2)
    t.match(await grow(3, 'two', 2), [{ errorCode: ErrorCode.INVALID_PARTITIONS }])
    t.match(await grow(3, 'two', 1), [{ errorCode: ErrorCode.INVALID_PARTITIONS }])
    t.match(await grow(3, 'none', 2), [{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }])
    t.match(await grow(3, 'two', 5, true), [{ errorCode: ErrorCode.NONE }])
    t.equal((await broker.produce('two', 2, batchOf(['v']))).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })
})
