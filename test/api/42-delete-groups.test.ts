import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { coordinator, joined } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('DeleteGroups', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  await joined(broker, 'full')
  for (const version of versionsOf(KEY.DELETE_GROUPS)) {
    t.test(`E53: v${version}`, async (t) => {
      await coordinator(broker, 'empty')
      const partitions = [{ partitionIndex: 0, committedOffset: 4, committedMetadata: null }]
      await broker.send(KEY.OFFSET_COMMIT, 8, { groupId: 'empty', memberId: '', topics: [{ name: 't', partitions }] })
      const groupsNames = ['empty', 'full', 'unknown']
      const { results } = await broker.send(KEY.DELETE_GROUPS, version, { groupsNames })
      t.strictSame(Object.fromEntries(results.map(({ groupId, errorCode }) => [groupId, errorCode])), {
        empty: ErrorCode.NONE,
        full: ErrorCode.NON_EMPTY_GROUP,
        unknown: ErrorCode.GROUP_ID_NOT_FOUND,
      })
      const { groups } = await broker.send(KEY.OFFSET_FETCH, 8, { groups: [{ groupId: 'empty', topics: null }] })
      t.strictSame(groups[0]?.topics, [])
    })
  }
})
