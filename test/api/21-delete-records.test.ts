import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

t.test('DeleteRecords', async (t) => {
  const broker = await TestBroker.start(t, {
    topics: { t: {}, compacted: { config: { 'cleanup.policy': 'compact' } } },
  })
  const remove = async (version: number, name: string, offset: number, partitionIndex = 0) => {
    const request = { topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 1000 }
    const { topics } = await broker.send(KEY.DELETE_RECORDS, version, request)
    t.equal(topics[0]!.name, name)
    return topics[0]!.partitions[0]!
  }
  await broker.produce('t', 0, batchOf(['a', 'b', 'c', 'd', 'e', 'f']))
  for (const version of versionsOf(KEY.DELETE_RECORDS)) {
    t.test(`R-D74, R-D75: v${version}`, async (t) => {
      const upTo = version + 1
      t.same(await remove(version, 't', upTo), { partitionIndex: 0, lowWatermark: upTo, errorCode: ErrorCode.NONE })
      t.match(await remove(version, 't', 7), { lowWatermark: -1, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
      t.match(await remove(version, 't', -2), { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
      t.match(await remove(version, 'compacted', 0), { errorCode: ErrorCode.POLICY_VIOLATION })
      t.match(await remove(version, 'none', 0), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
      t.match(await remove(version, 't', 0, 9), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
      t.match(await remove(version, '__consumer_offsets', 0), { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION })
    })
  }
  t.test('offset -1 is the high watermark', async (t) => {
    t.match(await remove(2, 't', -1), { lowWatermark: 6, errorCode: ErrorCode.NONE })
  })
})
