import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker } from './harness.ts'

t.test('B81: ListPartitionReassignments where nothing moves', async (t) => {
  const broker = await TestBroker.start(t)
  await broker.createTopic('orders', 2)
  const wanted = [
    { name: 'orders', partitionIndexes: [0, 1] },
    { name: 'none', partitionIndexes: [0] },
  ]
  for (const topics of [null, wanted])
    t.match(await broker.send(KEY.LIST_PARTITION_REASSIGNMENTS, 0, { topics }), {
      errorCode: ErrorCode.NONE,
      topics: [],
    })
})
