import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { Harness, sketch } from './harness.ts'

/** Three members in CompletingRebalance; the first leads. */
async function completing(config = {}) {
  const g = await Harness.start({ config })
  const joins = ['a', 'b', 'c'].map((name) => g.join(3, {}, name))
  await g.time.run(0)
  g.newRecords()
  const [leader, b, c] = joins.map(({ value }) => value!.memberId) as [string, string, string]
  return { g, leader, b, c }
}

t.test('E10, E35: followers wait until the leader has handed in the assignment and it is stored', async (t) => {
  const { g, leader, b, c } = await completing()
  g.log.isHeld = true
  const early = g.sync(5, { memberId: b })
  t.equal(await g.now(early), undefined)
  const assignments = [
    { memberId: leader, assignment: Buffer.from('A') },
    { memberId: b, assignment: Buffer.from('B') },
    { memberId: 'stranger', assignment: Buffer.from('X') },
  ]
  const own = g.sync(5, { memberId: leader, assignments })
  t.equal(await g.now(own), undefined)
  t.match(await g.now(g.describe(5, 'g')), { groups: [{ groupState: 'CompletingRebalance' }] })
  t.same(g.newRecords().map(sketch), ['group g gen=1 type=consumer [a:A,b:B,c:]'])
  g.log.commitNext()
  t.match(await g.now(own), {
    errorCode: 0,
    protocolType: 'consumer',
    protocolName: 'range',
    assignment: Buffer.from('A'),
  })
  t.match(early.value, { errorCode: 0, assignment: Buffer.from('B') })
  t.match(await g.now(g.sync(5, { memberId: c })), { errorCode: 0, assignment: Buffer.alloc(0) })
  t.match(await g.now(g.describe(5, 'g')), { groups: [{ groupState: 'Stable' }] })
})

t.test('E7, E8: the record holds the members with their timeouts, subscriptions and assignments', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a')
  const [record] = g.newRecords().slice(-1)
  t.match(record, {
    type: 'group',
    groupId: 'g',
    value: {
      protocolType: 'consumer',
      generation: 1,
      protocol: 'range',
      leader: ids[0],
      currentStateTimestamp: g.time.wallMs(),
      members: [
        {
          memberId: ids[0],
          groupInstanceId: null,
          clientId: 'a',
          clientHost: '/127.0.0.1',
          rebalanceTimeout: 60_000,
          sessionTimeout: 10_000,
          assignment: Buffer.from('a'),
        },
      ],
    },
  })
})

t.test('E34: a sync is checked in order', async (t) => {
  const { g, leader, b } = await completing()
  const code = async (version: number, input: object) => (await g.now(g.sync(version, input)))?.errorCode
  t.equal(await code(5, { groupId: '', memberId: b }), ErrorCode.INVALID_GROUP_ID)
  t.equal(await code(5, { memberId: b, protocolType: null }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(await code(5, { memberId: b, protocolName: null }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(await code(5, { groupId: 'other', memberId: b }), ErrorCode.UNKNOWN_MEMBER_ID)
  t.equal(await code(5, { memberId: 'stranger', generationId: 9 }), ErrorCode.UNKNOWN_MEMBER_ID)
  t.equal(await code(5, { memberId: b, generationId: 9, protocolName: 'x' }), ErrorCode.ILLEGAL_GENERATION)
  t.equal(await code(5, { memberId: b, protocolName: 'x' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  t.equal(await code(5, { memberId: b, protocolType: 'x' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  g.join(3, {}, 'd')
  await g.time.settle()
  t.equal(await code(5, { memberId: leader }), ErrorCode.REBALANCE_IN_PROGRESS)
})

t.test('E36: members that do not sync in time are removed', async (t) => {
  const { g, leader, b, c } = await completing()
  g.sync(3, { memberId: leader })
  g.sync(3, { memberId: b })
  await g.time.settle()
  for (let ms = 0; ms < 60_000; ms += 5000) {
    for (const memberId of [leader, b, c]) {
      t.match(await g.now(g.heartbeat(3, { memberId })), { errorCode: 0 })
    }
    await g.time.run(5000)
  }
  t.match(await g.now(g.heartbeat(3, { memberId: c })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  t.match(await g.now(g.heartbeat(3, { memberId: b })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
})

t.test('E36: a leader that never hands in an assignment is removed', async (t) => {
  const { g, leader, b, c } = await completing()
  const waiting = [g.sync(3, { memberId: b }), g.sync(3, { memberId: c })]
  for (let ms = 0; ms < 60_000; ms += 5000) {
    t.same([await g.now(waiting[0]!), waiting[1]!.value], [undefined, undefined])
    g.heartbeat(3, { memberId: leader })
    await g.time.run(5000)
  }
  t.match(
    waiting.map(({ value }) => value),
    [{ errorCode: ErrorCode.REBALANCE_IN_PROGRESS }, { errorCode: ErrorCode.REBALANCE_IN_PROGRESS }],
  )
  const again = [g.join(3, { memberId: b }), g.join(3, { memberId: c })]
  t.match(await g.now(again[0]!), { generationId: 2, leader: b, members: [{ memberId: b }, { memberId: c }] })
})

t.test('E37: an assignment that cannot be stored is dropped, and the group rebalances', async (t) => {
  const { g, leader, b } = await completing()
  g.log.failNext = ErrorCode.NOT_ENOUGH_REPLICAS
  const follower = g.sync(3, { memberId: b })
  const own = g.sync(3, { memberId: leader, assignments: [{ memberId: b, assignment: Buffer.from('B') }] })
  t.match(await g.now(own), { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE })
  t.match(follower.value, { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, assignment: Buffer.alloc(0) })
  t.match(await g.now(g.describe(5, 'g')), { groups: [{ groupState: 'PreparingRebalance' }] })
  t.match(await g.now(g.heartbeat(3, { memberId: b })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
})

t.test('E37: the same when the high watermark does not move in time', async (t) => {
  const { g, leader } = await completing()
  g.log.isHeld = true
  const own = g.sync(3, { memberId: leader })
  await g.time.run(5000)
  t.match(own.value, { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE })
  t.match(await g.now(g.heartbeat(3, { memberId: leader })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
})

t.test('an assignment that is stored after the next rebalance began counts no more', async (t) => {
  const { g, leader, b, c } = await completing()
  g.log.isHeld = true
  const own = g.sync(3, { memberId: leader, assignments: [{ memberId: b, assignment: Buffer.from('B') }] })
  await g.time.settle()
  g.leave(3, { members: [{ memberId: b }] })
  t.match(await g.now(own), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
  const again = g.join(3, { memberId: leader })
  g.join(3, { memberId: c })
  t.match(await g.now(again), { generationId: 2 })
  g.log.commitNext()
  await g.time.settle()
  t.match(await g.now(g.describe(5, 'g')), { groups: [{ groupState: 'CompletingRebalance' }] })
})

t.test('E13: an assignment larger than a batch is refused with UNKNOWN_SERVER_ERROR', async (t) => {
  const { g, leader, b } = await completing()
  const assignments = [{ memberId: b, assignment: Buffer.alloc(1048588) }]
  t.match(await g.now(g.sync(3, { memberId: leader, assignments })), { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR })
})

t.test('E38: heartbeats', async (t) => {
  const { g, leader } = await completing()
  const code = async (input: object) => (await g.now(g.heartbeat(4, input)))?.errorCode
  t.equal(await code({ groupId: '', memberId: leader }), ErrorCode.INVALID_GROUP_ID)
  t.equal(await code({ groupId: 'other', memberId: leader }), ErrorCode.UNKNOWN_MEMBER_ID)
  t.equal(await code({ memberId: 'stranger' }), ErrorCode.UNKNOWN_MEMBER_ID)
  t.equal(await code({ memberId: leader, generationId: 7 }), ErrorCode.ILLEGAL_GENERATION)
  t.equal(await code({ memberId: leader }), ErrorCode.NONE)
  g.sync(3, { memberId: leader })
  await g.time.settle()
  t.equal(await code({ memberId: leader }), ErrorCode.NONE)
})

t.test('E39, J42: who sends no heartbeat for its session timeout is removed, and the others rebalance', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a', 'b')
  await g.time.run(6000)
  t.match(await g.now(g.heartbeat(3, { memberId: ids[0]! })), { errorCode: 0 })
  await g.time.run(3999)
  t.match(await g.now(g.heartbeat(3, { memberId: ids[0]! })), { errorCode: 0 })
  await g.time.run(1)
  t.match(await g.now(g.heartbeat(3, { memberId: ids[0]! })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
  t.match(await g.now(g.join(3, { memberId: ids[0]! })), { generationId: 2, members: [{ memberId: ids[0] }] })
})

t.test('E39: members parked in join or sync do not expire', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a', 'b')
  const parked = g.join(3, { memberId: ids[0]! })
  for (let ms = 0; ms < 50_000; ms += 5000) {
    t.match(await g.now(g.heartbeat(3, { memberId: ids[1]! })), { errorCode: ErrorCode.REBALANCE_IN_PROGRESS })
    await g.time.run(5000)
  }
  t.equal(parked.value, undefined)
  g.join(3, { memberId: ids[1]! })
  t.match(await g.now(parked), { generationId: 2, leader: ids[0], members: [{}, {}] })
  const waits = g.sync(3, { memberId: ids[1]!, generationId: 2 })
  for (let ms = 0; ms < 50_000; ms += 5000) {
    t.match(await g.now(g.heartbeat(3, { memberId: ids[0]!, generationId: 2 })), { errorCode: 0 })
    await g.time.run(5000)
  }
  t.equal(waits.value, undefined)
  g.sync(3, { memberId: ids[0]!, generationId: 2 })
  t.match(await g.now(waits), { errorCode: 0 })
})

t.test('E40: leaving in all versions', async (t) => {
  const g = await Harness.start()
  t.match(await g.now(g.leave(0, { memberId: 'x' })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  t.match(await g.now(g.leave(3, { members: [{ memberId: 'x' }] })), {
    errorCode: 0,
    members: [{ memberId: 'x', errorCode: ErrorCode.UNKNOWN_MEMBER_ID }],
  })
  t.match(await g.now(g.leave(3, { groupId: '', members: [{ memberId: 'x' }] })), {
    errorCode: ErrorCode.INVALID_GROUP_ID,
  })
  const { ids } = await g.stable('a', 'b')
  const { memberId } = (await g.now(g.join(4, {})))!
  g.newRecords()
  t.match(await g.now(g.leave(1, { memberId: ids[0]! })), { errorCode: 0 })
  t.match(await g.now(g.leave(4, { members: [{ memberId }, { memberId: ids[1]! }] })), {
    errorCode: 0,
    members: [{ errorCode: 0 }, { errorCode: 0 }],
  })
  t.same(g.newRecords().map(sketch), ['group g gen=2 type=consumer []'])
  t.equal(g.time.pending, 1, 'no session is left, only the expiry of offsets')
  t.match(await g.now(g.join(4, { memberId })), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
})

t.test('E40: a member that leaves while it is parked is answered', async (t) => {
  const { g, leader, b } = await completing()
  const parked = g.sync(3, { memberId: b })
  await g.time.settle()
  g.leave(3, { members: [{ memberId: b }] })
  t.match(await g.now(parked), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  const join = g.join(3, { memberId: leader })
  await g.time.settle()
  g.leave(3, { members: [{ memberId: leader }] })
  t.match(await g.now(join), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
})
