import t from 'tap'
import { coordinator, joined } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('ListGroups', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  await joined(broker, 'with-member')
  await coordinator(broker, 'simple')
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  await broker.send(KEY.OFFSET_COMMIT, 8, { groupId: 'simple', memberId: '', topics: [{ name: 't', partitions }] })

  for (const version of versionsOf(KEY.LIST_GROUPS)) {
    t.test(`E51: v${version}`, async (t) => {
      const { errorCode, groups } = await broker.send(KEY.LIST_GROUPS, version, {})
      t.equal(errorCode, 0)
      const states = version < 4 ? ['', ''] : ['Empty', 'Stable']
      const type = version < 5 ? '' : 'classic'
      t.match(
        groups.sort((one, other) => (one.groupId < other.groupId ? -1 : 1)),
        [
          { groupId: 'simple', protocolType: '', groupState: states[0], groupType: type },
          { groupId: 'with-member', protocolType: 'consumer', groupState: states[1], groupType: type },
        ],
      )
    })
  }

  t.test('E51: filters', async (t) => {
    const names = async (filter: { statesFilter?: string[]; typesFilter?: string[] }) =>
      (await broker.send(KEY.LIST_GROUPS, 5, filter)).groups.map(({ groupId }) => groupId).sort()
    t.strictSame(await names({ statesFilter: ['stable'] }), ['with-member'])
    t.strictSame(await names({ statesFilter: ['Empty', 'Stable'] }), ['simple', 'with-member'])
    t.strictSame(await names({ statesFilter: ['nonsense'] }), [])
    t.strictSame(await names({ typesFilter: ['CLASSIC'] }), ['simple', 'with-member'])
    t.strictSame(await names({ typesFilter: ['share'] }), [])
  })
})
