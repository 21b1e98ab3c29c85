import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { Harness, sketch, subscription } from './harness.ts'

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

t.test('J40, E9, E20: a v9 join gets a member id first, and the group is written with generation 0', async (t) => {
  const g = await Harness.start()
  const first = await g.now(g.join(9, {}, 'me'))
  t.match(first, {
    errorCode: ErrorCode.MEMBER_ID_REQUIRED,
    generationId: -1,
    protocolName: null,
    protocolType: null,
    leader: '',
    members: [],
  })
  const { memberId } = first!
  t.match(memberId, /^me-/)
  t.match(memberId, UUID)
  t.same(g.newRecords(), [
    {
      type: 'group',
      groupId: 'g',
      value: {
        protocolType: '',
        generation: 0,
        protocol: null,
        leader: null,
        currentStateTimestamp: g.time.wallMs(),
        members: [],
      },
    },
  ])
  const joined = g.join(9, { memberId }, 'me')
  await g.time.run(0)
  t.match(joined.value, {
    errorCode: ErrorCode.NONE,
    generationId: 1,
    protocolType: 'consumer',
    protocolName: 'range',
    leader: memberId,
    memberId,
    skipAssignment: false,
    members: [{ memberId, groupInstanceId: null, metadata: subscription('orders') }],
  })
  t.same(g.newRecords(), [])
})

t.test('E9: the member id is not given out before the group is in the log', async (t) => {
  const g = await Harness.start()
  g.log.isHeld = true
  const first = g.join(9, {})
  t.equal(await g.now(first), undefined)
  t.match(await g.now(g.list(5)), { groups: [] })
  t.match(await g.now(g.describe(6, 'g')), { groups: [{ errorCode: ErrorCode.GROUP_ID_NOT_FOUND }] })
  g.log.commitNext()
  t.match(await g.now(first), { errorCode: ErrorCode.MEMBER_ID_REQUIRED })
})

t.test('E14: a group that cannot be stored does not exist', async (t) => {
  for (const [failure, answer] of [
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR],
  ] as const) {
    for (const version of [3, 9]) {
      const g = await Harness.start()
      g.log.failNext = failure
      t.match(await g.now(g.join(version, {})), { errorCode: answer })
      t.match(await g.now(g.list(5)), { groups: [] })
      t.match(await g.now(g.describe(6, 'g')), { groups: [{ errorCode: ErrorCode.GROUP_ID_NOT_FOUND }] })
      await g.time.run(400_000)
    }
  }
})

t.test('E20: up to v3 and with an instance id members join directly', async (t) => {
  for (const version of [0, 1, 2, 3]) {
    const g = await Harness.start()
    const join = g.join(version, {}, 'old')
    await g.time.run(0)
    t.match(join.value, {
      errorCode: 0,
      generationId: 1,
      protocolName: 'range',
      members: [{ metadata: subscription('orders') }],
    })
    t.match(join.value!.memberId, /^old-/)
  }
  const g = await Harness.start()
  const join = g.join(5, { groupInstanceId: 'static' }, 'new')
  await g.time.run(0)
  t.match(join.value, { errorCode: 0, generationId: 1, members: [{ groupInstanceId: 'static' }] })
  t.match(join.value!.memberId, /^static-/)
})

t.test('E20: an id that nobody joins with is forgotten after the session timeout', async (t) => {
  const g = await Harness.start()
  const { memberId } = (await g.now(g.join(4, {})))!
  await g.time.run(10_000)
  t.match(await g.now(g.join(4, { memberId })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId })
})

t.test('E17, E18, E19: requests that are refused at once', async (t) => {
  const g = await Harness.start()
  t.match(await g.now(g.join(9, { groupId: '' })), { errorCode: ErrorCode.INVALID_GROUP_ID })
  t.match(await g.now(g.join(9, { sessionTimeoutMs: 5999 })), { errorCode: ErrorCode.INVALID_SESSION_TIMEOUT })
  t.match(await g.now(g.join(9, { sessionTimeoutMs: 1_800_001 })), { errorCode: ErrorCode.INVALID_SESSION_TIMEOUT })
  t.match(await g.now(g.join(9, { memberId: 'who' })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: 'who' })
  t.same(g.newRecords(), [])
})

t.test('E32: an undefined protocol name is empty before v7 and null from then on', async (t) => {
  const g = await Harness.start()
  t.match(await g.now(g.join(6, { groupId: '' })), { protocolName: '' })
  t.match(await g.now(g.join(7, { groupId: '' })), { protocolName: null })
})

t.test('E21: members must have a protocol in common', async (t) => {
  const g = await Harness.start()
  const metadata = subscription('orders')
  t.match(await g.now(g.join(3, { protocolType: '' })), { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
  t.match(await g.now(g.join(3, { protocols: [] })), { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
  await g.stable('a')
  t.match(await g.now(g.join(3, { protocolType: 'connect' })), { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
  t.match(await g.now(g.join(3, { protocols: [{ name: 'sticky', metadata }] })), {
    errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
  })
})

t.test('E22: a group has at most group.max.size members', async (t) => {
  const g = await Harness.start({ config: { 'group.max.size': 2 } })
  const joins = [g.join(3, {}), g.join(3, {}), g.join(3, {})]
  await g.time.run(0)
  t.same(
    joins.map(({ value }) => value!.errorCode),
    [0, 0, ErrorCode.GROUP_MAX_SIZE_REACHED],
  )
  t.match(await g.now(g.join(3, {})), { errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, memberId: '' })
})

t.test('E24, E29: the first member leads and alone is told who the others are', async (t) => {
  const g = await Harness.start()
  const a = g.join(3, {}, 'a')
  const b = g.join(3, {}, 'b')
  await g.time.run(0)
  t.equal(a.value!.leader, a.value!.memberId)
  t.equal(b.value!.leader, a.value!.memberId)
  t.same(
    a.value!.members.map(({ memberId }) => memberId),
    [a.value!.memberId, b.value!.memberId],
  )
  t.same(b.value!.members, [])
  t.same([a.value!.generationId, b.value!.generationId], [1, 1])
})

t.test('E24: a leader that does not rejoin is replaced', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a', 'b')
  const again = g.join(3, { memberId: ids[1]!, protocols: [{ name: 'range', metadata: subscription('payments') }] })
  for (let second = 0; second < 60; second += 5) {
    t.equal(again.value, undefined)
    t.match(await g.now(g.heartbeat(3, { memberId: ids[0]! })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
    await g.time.run(5000)
  }
  t.match(again.value, { errorCode: 0, generationId: 2, leader: ids[1], members: [{ memberId: ids[1] }] })
  t.match(await g.now(g.heartbeat(3, { memberId: ids[0]! })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
})

t.test('E25: each member votes for its first candidate', async (t) => {
  const g = await Harness.start()
  const offer = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })) })
  const joins = [g.join(3, offer('x', 'a', 'b')), g.join(3, offer('y', 'b', 'a')), g.join(3, offer('b', 'a'))]
  await g.time.run(0)
  t.same(
    joins.map(({ value }) => value!.protocolName),
    ['b', 'b', 'b'],
  )
  t.same(
    joins[0]!.value!.members.map(({ metadata }) => metadata.toString()),
    ['b', 'b', 'b'],
  )
})

t.test('E26, J41: the first members of a group wait for others, a window at a time', async (t) => {
  const g = await Harness.start({ config: { 'group.initial.rebalance.delay.ms': 3000 } })
  const first = g.join(3, {}, 'a')
  await g.time.run(1000)
  const second = g.join(3, {}, 'b')
  await g.time.run(4999)
  t.same([first.value, second.value], [undefined, undefined])
  await g.time.run(1)
  t.match([first.value, second.value], [{ generationId: 1 }, { generationId: 1 }])
})

t.test('E26: and no longer than the first joiner would', async (t) => {
  const g = await Harness.start({ config: { 'group.initial.rebalance.delay.ms': 3000 } })
  const first = g.join(3, { rebalanceTimeoutMs: 7000 }, 'a')
  for (let i = 0; i < 6; i++) {
    await g.time.run(1000)
    g.join(3, { rebalanceTimeoutMs: 7000 })
  }
  t.equal(first.value, undefined)
  await g.time.run(1000)
  t.match(first.value, { generationId: 1 })
  t.equal(first.value!.members.length, 7)
  const members = first.value!.members.map(({ memberId }) => ({ memberId }))
  await g.now(g.leave(3, { members }))
  const next = g.join(3, {})
  await g.time.run(2999)
  t.equal(next.value, undefined)
  await g.time.run(1)
  t.match(next.value, { errorCode: 0 }, 'the windows of another time are forgotten')
})

t.test('E27: a rebalance waits for all members, and for ids that were given out', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a', 'b')
  const { memberId } = (await g.now(g.join(4, {}, 'c')))!
  const a = g.join(3, { memberId: ids[0]! })
  const b = g.join(3, { memberId: ids[1]! })
  t.equal(await g.now(a), undefined)
  const c = g.join(4, { memberId }, 'c')
  await g.time.settle()
  t.match([a.value, b.value, c.value], [{ generationId: 2 }, { generationId: 2 }, { generationId: 2 }])
})

t.test('E27: the largest rebalance timeout limits it; v0 has the session timeout for it', async (t) => {
  for (const [version, limitMs] of [
    [0, 10_000],
    [1, 60_000],
  ] as const) {
    const g = await Harness.start()
    const a = g.join(version, {}, 'a')
    const b = g.join(version, {}, 'b')
    await g.time.run(0)
    const [idA, idB] = [a.value!.memberId, b.value!.memberId]
    g.sync(0, { memberId: idB })
    g.sync(0, { memberId: idA })
    await g.time.settle()
    const again = g.join(version, { memberId: idA })
    for (let ms = 0; ms < limitMs; ms += 5000) {
      t.equal(await g.now(again), undefined)
      g.heartbeat(0, { memberId: idB })
      await g.time.run(5000)
    }
    t.match(again.value, { generationId: 2, members: [{ memberId: idA }] })
  }
})

t.test('E27: absent static members stay; if nobody else is there the wait begins again', async (t) => {
  const g = await Harness.start()
  const a = g.join(5, { groupInstanceId: 'a', sessionTimeoutMs: 200_000 })
  const b = g.join(5, { groupInstanceId: 'b', sessionTimeoutMs: 200_000 })
  await g.time.run(0)
  const [idA, idB] = [a.value!.memberId, b.value!.memberId]
  g.sync(3, { memberId: idB, groupInstanceId: 'b' })
  g.sync(3, { memberId: idA, groupInstanceId: 'a' })
  await g.time.settle()
  const dynamic = g.join(3, {}, 'c')
  await g.time.run(1000)
  g.leave(3, { members: [{ memberId: (await g.now(g.describe(4, 'g')))!.groups[0]!.members[2]!.memberId }] })
  await g.time.settle()
  t.match(dynamic.value, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  await g.time.run(130_000)
  t.match(await g.now(g.describe(4, 'g')), { groups: [{ groupState: 'PreparingRebalance' }] })
  const back = g.join(5, { memberId: idA, groupInstanceId: 'a', sessionTimeoutMs: 200_000 })
  await g.time.run(60_000)
  t.match(back.value, { generationId: 2, leader: idA })
  t.equal(back.value!.members.length, 2)
})

t.test('E28: a new member whose connection died in join does not hold the group up for ever', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a')
  // The rebalance timeout of the present member is so long that the new one would be waited with for hours.
  const { memberId } = { memberId: ids[0]! }
  const lost = g.join(3, { rebalanceTimeoutMs: 7_200_000 }, 'lost')
  for (let ms = 0; ms < 300_000; ms += 5000) {
    t.match(await g.now(g.heartbeat(3, { memberId })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
    t.equal(lost.value, undefined)
    await g.time.run(5000)
  }
  t.match(lost.value, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  const again = g.join(3, { memberId })
  t.match(await g.now(again), { errorCode: 0, generationId: 2, members: [{ memberId }] })
})

t.test('a member whose connection died while it was parked in join is expired after the rebalance', async (t) => {
  const g = await Harness.start()
  const [leader, lost, last] = (await g.stable('a', 'b', 'c')).ids as [string, string, string]
  const parked = [g.join(3, { memberId: leader }), g.join(3, { memberId: lost })]
  // Longer than a session: what was left of the old one is over.
  for (const _ of [1, 2, 3]) {
    t.match(await g.now(g.heartbeat(3, { memberId: last })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
    await g.time.run(5000)
  }
  t.match(await g.now(g.join(3, { memberId: last })), { generationId: 2 })
  t.match(
    parked.map(({ value }) => value),
    [{ generationId: 2 }, { generationId: 2 }],
  )
  for (const memberId of [leader, lost, last]) {
    t.match(await g.now(g.sync(3, { memberId, generationId: 2 })), { errorCode: 0 })
  }
  const beat = (memberId: string) => g.now(g.heartbeat(3, { memberId, generationId: 2 }))
  for (const _ of [1, 2]) {
    t.match([await beat(leader), await beat(last)], [{ errorCode: 0 }, { errorCode: 0 }])
    await g.time.run(5000)
  }
  t.match(await beat(leader), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
  const again = g.join(3, { memberId: leader })
  g.join(3, { memberId: last })
  t.match(await g.now(again), { generationId: 3, members: [{ memberId: leader }, { memberId: last }] })
})

t.test('a join that is sent again takes the place of the parked one', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a', 'b')
  const first = g.join(3, { memberId: ids[0]! })
  await g.time.settle()
  const second = g.join(3, { memberId: ids[0]! })
  t.match(await g.now(first), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
  g.join(3, { memberId: ids[1]! })
  t.match(await g.now(second), { errorCode: 0, generationId: 2 })
})

t.test(
  'E30: in CompletingRebalance an unchanged member is told the generation, a changed one starts over',
  async (t) => {
    const g = await Harness.start()
    const a = g.join(3, {}, 'a')
    const b = g.join(3, {}, 'b')
    await g.time.run(0)
    const [idA, idB] = [a.value!.memberId, b.value!.memberId]
    t.match(await g.now(g.join(3, { memberId: idA })), { generationId: 1, leader: idA, members: [{}, {}] })
    t.match(await g.now(g.join(3, { memberId: idB })), { generationId: 1, leader: idA, members: [] })
    const waits = g.sync(3, { memberId: idB })
    const changed = g.join(3, { memberId: idA, protocols: [{ name: 'range', metadata: subscription('payments') }] })
    t.match(await g.now(waits), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
    t.equal(changed.value, undefined)
    g.join(3, { memberId: idB })
    t.match(await g.now(changed), { generationId: 2 })
  },
)

t.test(
  'E30: in Stable the leader or changed metadata starts a rebalance, an unchanged follower does not',
  async (t) => {
    const g = await Harness.start()
    const { ids } = await g.stable('a', 'b')
    const [idA, idB] = ids as [string, string]
    t.match(await g.now(g.join(7, { memberId: idB })), {
      generationId: 1,
      protocolName: 'range',
      leader: idA,
      members: [],
    })
    t.match(await g.now(g.heartbeat(3, { memberId: idA })), { errorCode: 0 })
    const leader = g.join(3, { memberId: idA })
    t.equal(await g.now(leader), undefined)
    t.match(await g.now(g.heartbeat(3, { memberId: idB })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
  },
)

t.test('E33: a group goes through its states', async (t) => {
  const g = await Harness.start({ config: { 'group.initial.rebalance.delay.ms': 1000 } })
  const state = async () => (await g.now(g.describe(5, 'g')))!.groups[0]!.groupState
  const { memberId } = (await g.now(g.join(4, {})))!
  t.equal(await state(), 'Empty')
  g.join(4, { memberId })
  t.equal(await state(), 'PreparingRebalance')
  await g.time.run(1000)
  t.equal(await state(), 'CompletingRebalance')
  await g.now(g.sync(3, { memberId }))
  t.equal(await state(), 'Stable')
  await g.now(g.leave(3, { members: [{ memberId }] }))
  t.equal(await state(), 'Empty')
  await g.now(g.delete('g'))
  t.equal(await state(), 'Dead')
  t.same(g.newRecords().map(sketch), [
    'group g gen=0 type= []',
    'group g gen=1 type=consumer [client:]',
    'group g gen=2 type=consumer []',
    'group g gone',
  ])
})
