import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { encodeGroupRecord } from '../../../protocol/group/index.ts'
import { buildBatch } from '../../../protocol/records/build.ts'
import { commitOf, Harness, sketch, subscription } from './harness.ts'

const commitSimple = (g: Harness, groupId: string) =>
  g.now(g.commit(8, { groupId, topics: [{ name: 'orders', partitions: [commitOf(0, 1)] }] }))

t.test('E1, J46: the partition of a group', async (t) => {
  const g = await Harness.start({ config: { 'offsets.topic.num.partitions': 50 } })
  t.equal(g.coordinator.partitionFor('g'), 3)
  t.equal(g.coordinator.partitionFor(''), 0)
  t.equal(g.coordinator.partitionFor('polygenelubricants'), 0, "Java's hash is -2147483648")
})

t.test('what is counted: groups with members or offsets, and the offsets', async (t) => {
  const g = await Harness.start()
  t.strictSame(g.coordinator.counts(), { groups: 0, offsets: 0 })
  await g.stable('a', 'b')
  for (const groupId of ['x', 'y']) await commitSimple(g, groupId)
  await commitSimple(g, 'x')
  t.strictSame(g.coordinator.counts(), { groups: 3, offsets: 2 })
  await g.now(g.delete('x'))
  t.strictSame(g.coordinator.counts(), { groups: 2, offsets: 1 })
  g.coordinator.onResignation(0, 1)
  t.strictSame(g.coordinator.counts(), { groups: 0, offsets: 0 })
})

t.test('E50, N-E23: DescribeGroups', async (t) => {
  const g = await Harness.start()
  t.match(await g.now(g.describe(5, 'g', '')), {
    groups: [
      { errorCode: 0, groupId: 'g', groupState: 'Dead', protocolType: '', members: [] },
      { errorCode: 0, groupState: 'Dead' },
    ],
  })
  t.match(await g.now(g.describe(6, 'g')), {
    groups: [{ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead', errorMessage: 'Group g not found.' }],
  })
  const { ids } = await g.stable('a', 'b')
  t.match(await g.now(g.describe(6, 'g')), {
    groups: [
      {
        errorCode: 0,
        errorMessage: null,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        authorizedOperations: -2147483648,
        members: [
          {
            memberId: ids[0],
            clientId: 'a',
            clientHost: '/127.0.0.1',
            memberMetadata: subscription('orders'),
            memberAssignment: Buffer.from('a'),
          },
          { memberId: ids[1], memberAssignment: Buffer.from('b') },
        ],
      },
    ],
  })
  g.join(3, { memberId: ids[0]! })
  await g.time.settle()
  t.match(await g.now(g.describe(3, 'g')), {
    groups: [
      {
        groupState: 'PreparingRebalance',
        protocolType: 'consumer',
        protocolData: '',
        members: [{ memberMetadata: Buffer.alloc(0), memberAssignment: Buffer.alloc(0) }, {}],
      },
    ],
  })
})

t.test('E51: ListGroups and its filters', async (t) => {
  const g = await Harness.start()
  await g.stable('a')
  await commitSimple(g, 'simple')
  const stable = { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' }
  const simple = { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' }
  const list = async (version: number, input = {}) => (await g.now(g.list(version, input)))!.groups
  t.same(await list(5), [stable, simple])
  t.match(await list(0), [{ groupId: 'g', protocolType: 'consumer' }, { groupId: 'simple' }])
  t.same(await list(5, { statesFilter: ['sTABLE', 'nonsense'] }), [stable])
  t.same(await list(4, { statesFilter: ['nonsense'] }), [])
  t.same(await list(5, { typesFilter: ['Classic'] }), [stable, simple])
  t.same(await list(5, { typesFilter: ['consumer'] }), [])
})

t.test('E15, E52: while the partition loads', async (t) => {
  const g = await Harness.start({ isElected: false })
  t.match(await g.now(g.list(5)), { errorCode: 0, groups: [] })
  void g.coordinator.onElection(0, 0)
  const answers = [
    g.list(5),
    g.heartbeat(4, { memberId: 'm' }),
    g.join(9, {}),
    g.sync(5, { memberId: 'm' }),
    g.leave(5, { members: [{ memberId: 'm' }] }),
    g.describe(6, 'g'),
    g.delete('g'),
  ]
  await g.time.settle()
  const loading = { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
  t.match(
    answers.map(({ value }) => value),
    [loading, { errorCode: 0 }, loading, loading, loading, { groups: [loading] }, { results: [loading] }],
  )
  t.match(await g.now(g.list(5)), { errorCode: 0, groups: [] })
})

t.test('E53: DeleteGroups', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a')
  await commitSimple(g, 'simple')
  g.newRecords()
  t.same((await g.now(g.delete('unknown', 'g', 'simple')))!.results, [
    { groupId: 'unknown', errorCode: ErrorCode.GROUP_ID_NOT_FOUND },
    { groupId: 'g', errorCode: ErrorCode.NON_EMPTY_GROUP },
    { groupId: 'simple', errorCode: 0 },
  ])
  t.same(g.newRecords().map(sketch), ['offset simple orders-0 gone', 'group simple gone'])
  await g.now(g.leave(3, { members: [{ memberId: ids[0]! }] }))
  await commitSimple(g, 'g')
  g.newRecords()
  t.match(await g.now(g.delete('g')), { results: [{ errorCode: 0 }] })
  t.same(g.newRecords().map(sketch), ['offset g orders-0 gone', 'group g gone'])
  t.match(await g.now(g.list(5)), { groups: [] })
})

t.test('E53: a deletion that cannot be stored did not happen', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a')
  await g.now(g.leave(3, { members: [{ memberId: ids[0]! }] }))
  g.log.failNext = ErrorCode.NOT_ENOUGH_REPLICAS
  t.match(await g.now(g.delete('g')), { results: [{ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }] })
  t.match(await g.now(g.describe(6, 'g')), {
    groups: [{ errorCode: 0, groupState: 'Empty', protocolType: 'consumer' }],
  })
  const join = g.join(3, {})
  await g.time.run(0)
  t.match(join.value, { generationId: 3 })
})

t.test('E16: a restart finds groups Stable or Empty, and members one session timeout to come back', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a', 'b')
  const other = g.join(3, { groupId: 'left' })
  await g.time.run(0)
  await g.now(g.leave(3, { groupId: 'left', members: [{ memberId: other.value!.memberId }] }))
  await commitSimple(g, 'simple')
  await g.time.run(8000)
  const again = await g.restart()
  t.match(await g.now(again.list(5)), {
    groups: [
      { groupId: 'g', groupState: 'Stable', protocolType: 'consumer' },
      { groupId: 'left', groupState: 'Empty', protocolType: 'consumer' },
      { groupId: 'simple', groupState: 'Empty', protocolType: '' },
    ],
  })
  t.match(await g.now(again.sync(5, { memberId: ids[1]! })), { errorCode: 0, assignment: Buffer.from('b') })
  await g.time.run(9999)
  t.match(await g.now(again.heartbeat(4, { memberId: ids[0]! })), { errorCode: 0 })
  await g.time.run(1)
  t.match(await g.now(again.heartbeat(4, { memberId: ids[0]! })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
  t.match(await g.now(again.heartbeat(4, { memberId: ids[1]! })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
})

t.test('whoever waits when leadership goes is told, and no timer stays', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a', 'b')
  const join = g.join(3, { memberId: ids[0]! })
  await g.time.settle()
  const pending = g.join(3, { groupId: 'other' })
  g.coordinator.onResignation(0, 1)
  t.match(await g.now(join), { errorCode: ErrorCode.NOT_COORDINATOR })
  t.match(pending.value, { errorCode: ErrorCode.NOT_COORDINATOR })
  t.equal(g.time.pending, 0)
  t.match(await g.now(g.heartbeat(4, { memberId: ids[0]! })), { errorCode: ErrorCode.NOT_COORDINATOR })
  void g.coordinator.onElection(0, 2)
  await g.time.settle()
  t.match(await g.now(g.heartbeat(4, { memberId: ids[0]! })), { errorCode: 0 })
  g.coordinator.shutdown()
  t.equal(g.time.pending, 0)
})

t.test('E4: groups of other kinds are left alone', async (t) => {
  const g = await Harness.start({ isElected: false })
  const records = [
    encodeGroupRecord({ type: 'ConsumerGroupMetadata', key: { groupId: 'modern' }, version: 0, value: { epoch: 3 } }),
    encodeGroupRecord({ type: 'ConsumerGroupMetadata', key: { groupId: 'was' }, version: 0, value: { epoch: 3 } }),
    encodeGroupRecord({ type: 'ConsumerGroupMetadata', key: { groupId: 'was' }, version: 0, value: null }),
    { key: Buffer.from([0, 99, 1, 2, 3]), value: Buffer.from([0, 9]) },
  ]
  const batch = buildBatch({ records: records.map((record) => ({ ...record, timestamp: 0 })) })
  g.log.batches.set(0, [batch])
  void g.coordinator.onElection(0, 0)
  await g.time.settle()
  t.match(await g.now(g.join(9, { groupId: 'modern' })), { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
  t.match(await g.now(g.describe(6, 'modern')), { groups: [{ errorCode: ErrorCode.GROUP_ID_NOT_FOUND }] })
  t.match(await g.now(g.delete('modern')), { results: [{ errorCode: ErrorCode.NON_EMPTY_GROUP }] })
  t.match(await g.now(g.join(9, { groupId: 'was' })), { errorCode: ErrorCode.MEMBER_ID_REQUIRED })
  await g.time.run(8 * 86_400_000)
  t.same(
    g.allRecords().flatMap((record) => (record.groupId === 'modern' ? record.type : [])),
    ['foreign'],
  )
})
