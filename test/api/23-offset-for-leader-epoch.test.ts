import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

t.test('OffsetForLeaderEpoch', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  await broker.produce('t', 0, batchOf(['a', 'b', 'c']))
  const ask = async (
    version: number,
    leaderEpoch: number,
    { topic = 't', partition = 0, currentLeaderEpoch = -1 } = {},
  ) => {
    const partitions = [{ partition, leaderEpoch, currentLeaderEpoch }]
    const { topics } = await broker.send(KEY.OFFSET_FOR_LEADER_EPOCH, version, { topics: [{ topic, partitions }] })
    return topics[0]!.partitions[0]!
  }
  for (const version of versionsOf(KEY.OFFSET_FOR_LEADER_EPOCH)) {
    t.test(`D37: v${version}`, async (t) => {
      t.match(await ask(version, 0), { errorCode: 0, partition: 0, leaderEpoch: version < 1 ? -1 : 0, endOffset: 3 })
      t.match(await ask(version, 7), { errorCode: 0, leaderEpoch: -1, endOffset: -1 })
      t.equal((await ask(version, 0, { topic: 'none' })).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      t.equal((await ask(version, 0, { partition: 5 })).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      if (version >= 2)
        t.equal((await ask(version, 0, { currentLeaderEpoch: 9 })).errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
    })
  }
})
