import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { Harness, sketch, subscription } from './harness.ts'

/** Two static members, of which the first leads; both have an assignment. */
async function pair() {
  const g = await Harness.start()
  const a = g.join(9, { groupInstanceId: 'a' }, 'one')
  const b = g.join(9, { groupInstanceId: 'b' }, 'two')
  await g.time.run(0)
  const [idA, idB] = [a.value!.memberId, b.value!.memberId]
  g.sync(5, { memberId: idB, groupInstanceId: 'b' })
  const assignments = [
    { memberId: idA, assignment: Buffer.from('A') },
    { memberId: idB, assignment: Buffer.from('B') },
  ]
  g.sync(5, { memberId: idA, groupInstanceId: 'a', assignments })
  await g.time.settle()
  g.newRecords()
  return { g, idA, idB }
}

t.test('J43, E31: a static follower that restarts takes its place under a new id, and nobody notices', async (t) => {
  const { g, idA, idB } = await pair()
  await g.time.run(5000)
  const back = await g.now(g.join(9, { groupInstanceId: 'b' }, 'two'))
  t.match(back, { errorCode: 0, generationId: 1, leader: idA, skipAssignment: false, members: [] })
  t.match(back!.memberId, /^b-/)
  t.not(back!.memberId, idB)
  t.same(g.newRecords().map(sketch), ['group g gen=1 type=consumer [one:A,two:B]'])
  t.match(await g.now(g.sync(5, { memberId: back!.memberId, groupInstanceId: 'b' })), { assignment: Buffer.from('B') })
  t.match(await g.now(g.heartbeat(4, { memberId: back!.memberId, groupInstanceId: 'b' })), { errorCode: 0 })
  t.match(await g.now(g.heartbeat(4, { memberId: idB, groupInstanceId: 'b' })), {
    errorCode: ErrorCode.FENCED_INSTANCE_ID,
  })
})

t.test('E31: a leader that restarts skips the assignment in v9, and is told another leads before', async (t) => {
  const { g, idA } = await pair()
  const v9 = (await g.now(g.join(9, { groupInstanceId: 'a' })))!
  t.match(v9, { errorCode: 0, generationId: 1, leader: v9.memberId, skipAssignment: true, members: [{}, {}] })
  const v8 = (await g.now(g.join(8, { groupInstanceId: 'a' })))!
  t.match(v8, { errorCode: 0, generationId: 1, leader: v9.memberId, skipAssignment: false, members: [] })
  t.not(v8.memberId, v9.memberId)
  t.not(v9.memberId, idA)
})

t.test('E31: calls that the former id has parked are fenced', async (t) => {
  const g = await Harness.start({ config: { 'group.initial.rebalance.delay.ms': 1000 } })
  const parked = g.join(9, { groupInstanceId: 'a' })
  await g.time.settle()
  const taken = g.join(9, { groupInstanceId: 'a' })
  t.match(await g.now(parked), { errorCode: ErrorCode.FENCED_INSTANCE_ID })
  await g.time.run(2000)
  t.match(taken.value, { errorCode: 0, generationId: 1, leader: taken.value!.memberId })
})

t.test('E31: a static member that restarts while the assignment is awaited starts the rebalance anew', async (t) => {
  const g = await Harness.start()
  const a = g.join(9, { groupInstanceId: 'a' })
  const b = g.join(9, { groupInstanceId: 'b' })
  await g.time.run(0)
  const parked = g.sync(5, { memberId: b.value!.memberId, groupInstanceId: 'b' })
  const back = g.join(9, { groupInstanceId: 'b' })
  t.match(await g.now(parked), { errorCode: ErrorCode.FENCED_INSTANCE_ID })
  t.equal(back.value, undefined)
  g.join(9, { groupInstanceId: 'a', memberId: a.value!.memberId })
  t.match(await g.now(back), { errorCode: 0, generationId: 2, leader: a.value!.memberId })
})

t.test('E31: a restart that changes the chosen protocol is a rebalance', async (t) => {
  const { g } = await pair()
  const metadata = subscription('orders')
  const back = g.join(9, {
    groupInstanceId: 'b',
    protocols: [
      { name: 'sticky', metadata },
      { name: 'range', metadata },
    ],
  })
  t.match(await g.now(back), { errorCode: 0, generationId: 1 }, 'the other member does not know sticky')
  const stickyOnly = g.join(9, { groupInstanceId: 'b', protocols: [{ name: 'sticky', metadata }] })
  t.match(await g.now(stickyOnly), { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
})

t.test('E31: if the new id cannot be stored, the former one stays', async (t) => {
  const { g, idB } = await pair()
  g.log.failNext = ErrorCode.NOT_ENOUGH_REPLICAS
  t.match(await g.now(g.join(9, { groupInstanceId: 'b' })), { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE })
  t.match(await g.now(g.heartbeat(4, { memberId: idB, groupInstanceId: 'b' })), { errorCode: 0 })
})

t.test('E23: instance ids belong to one member', async (t) => {
  const { g, idA, idB } = await pair()
  t.match(await g.now(g.join(9, { memberId: idA, groupInstanceId: 'b' })), { errorCode: ErrorCode.FENCED_INSTANCE_ID })
  t.match(await g.now(g.join(9, { memberId: idA, groupInstanceId: 'c' })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  t.match(await g.now(g.sync(5, { memberId: idA, groupInstanceId: 'b' })), { errorCode: ErrorCode.FENCED_INSTANCE_ID })
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  const commit = { groupId: 'g', generationIdOrMemberEpoch: 1, topics: [{ name: 'orders', partitions }] }
  t.match(await g.now(g.commit(7, { ...commit, memberId: idB, groupInstanceId: 'a' })), {
    topics: [{ partitions: [{ errorCode: ErrorCode.FENCED_INSTANCE_ID }] }],
  })
})

t.test('E40: an administrator removes a static member by its instance id', async (t) => {
  const { g, idA, idB } = await pair()
  const members = [
    { memberId: '', groupInstanceId: 'b' },
    { memberId: '', groupInstanceId: 'nobody' },
    { memberId: idA, groupInstanceId: 'b' },
    { memberId: 'stranger', groupInstanceId: null },
  ]
  t.same((await g.now(g.leave(5, { members })))!.members, [
    { memberId: '', groupInstanceId: 'b', errorCode: ErrorCode.NONE },
    { memberId: '', groupInstanceId: 'nobody', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
    { memberId: idA, groupInstanceId: 'b', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
    { memberId: 'stranger', groupInstanceId: null, errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
  ])
  t.match(await g.now(g.heartbeat(4, { memberId: idB })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  t.match(await g.now(g.heartbeat(4, { memberId: idA })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
})
