import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { coordinator, JOIN, joined } from './group-harness.ts'
import { KEY, rawRequest, TestBroker, versionsOf } from './harness.ts'

t.test('JoinGroup', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  await coordinator(broker, 'g')

  t.test('every version: alone it leads at once', async (t) => {
    for (const version of versionsOf(KEY.JOIN_GROUP)) {
      const groupId = `group-${version}`
      let answer = await broker.send(KEY.JOIN_GROUP, version, { ...JOIN, groupId })
      if (version >= 4) {
        t.equal(answer.errorCode, ErrorCode.MEMBER_ID_REQUIRED, `E20: v${version}`)
        t.match(answer.memberId, /^test-[\w-]+$/)
        answer = await broker.send(KEY.JOIN_GROUP, version, { ...JOIN, groupId, memberId: answer.memberId })
      }
      t.match(answer, { errorCode: 0, generationId: 1, protocolName: 'range', leader: answer.memberId }, `v${version}`)
      t.match(answer.members, [{ memberId: answer.memberId, metadata: Buffer.from('subscription') }])
      if (version >= 7) t.equal(answer.protocolType, 'consumer')
      if (version >= 9) t.equal(answer.skipAssignment, false)
    }
  })

  t.test('I7, I19: names that no record has room for harm nobody', async (t) => {
    const tooLong = await broker.connect()
    // A compact string of 32768 bytes, which no writer of ours makes, where the group's name is to stand.
    tooLong.write(rawRequest(KEY.JOIN_GROUP, 9, 1, Buffer.from(`00818002${'78'.repeat(32768)}`, 'hex')))
    await tooLong.closed
    // Its member id is longer by a UUID: neither the group's record nor an answer has room for it.
    const body = { ...JOIN, groupId: 'long', groupInstanceId: 'x'.repeat(32767) }
    for (const metadata of ['one', 'other']) {
      const wire = await broker.connect()
      const protocols = [{ name: 'range', metadata: Buffer.from(metadata) }]
      await t.rejects(wire.send(KEY.JOIN_GROUP, 9, { ...body, protocols }), { message: /closed the connection/ })
    }
    t.ok(await broker.isWell())
  })

  t.test('what is refused', async (t) => {
    const code = async (body: Partial<typeof JOIN> & { groupId?: string; groupInstanceId?: string }, version = 5) =>
      (await broker.send(KEY.JOIN_GROUP, version, { ...JOIN, groupId: 'refused', ...body })).errorCode
    t.equal(await code({ groupId: '' }), ErrorCode.INVALID_GROUP_ID, 'E17')
    t.equal(await code({ sessionTimeoutMs: 5999 }), ErrorCode.INVALID_SESSION_TIMEOUT, 'E18')
    t.equal(await code({ sessionTimeoutMs: 1_800_001 }), ErrorCode.INVALID_SESSION_TIMEOUT, 'E18')
    t.equal(await code({ memberId: 'nobody' }), ErrorCode.UNKNOWN_MEMBER_ID, 'E19')
    t.equal(await code({ protocols: [] }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL, 'E21')
    await joined(broker, 'taken')
    t.equal(await code({ groupId: 'taken', protocolType: 'connect' }, 3), ErrorCode.INCONSISTENT_GROUP_PROTOCOL, 'E21')
    t.equal(
      await code({ groupId: 'taken', protocols: [{ name: 'other', metadata: Buffer.alloc(0) }] }, 3),
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
      'E21',
    )
  })

  t.test('E32: undefined protocol names', async (t) => {
    const ask = (version: number) => broker.send(KEY.JOIN_GROUP, version, { ...JOIN, groupId: '' })
    t.equal((await ask(6)).protocolName, '')
    t.equal((await ask(7)).protocolName, null)
  })

  t.test('E27, E29, E35: a second member makes the first one come again; both get their part', async (t) => {
    const [one, two] = await Promise.all([broker.connect(), broker.connect()])
    const first = await joined(broker, 'pair', one)
    const pending = await two.send(KEY.JOIN_GROUP, 5, { ...JOIN, groupId: 'pair' })
    const waiting = two.send(KEY.JOIN_GROUP, 5, { ...JOIN, groupId: 'pair', memberId: pending.memberId })
    let heartbeat = 0
    while (heartbeat === 0) heartbeat = (await one.send(KEY.HEARTBEAT, 3, { groupId: 'pair', ...first })).errorCode
    t.equal(heartbeat, ErrorCode.REBALANCE_IN_PROGRESS)
    const leader = await one.send(KEY.JOIN_GROUP, 5, { ...JOIN, groupId: 'pair', memberId: first.memberId })
    const follower = await waiting
    t.strictSame([leader.generationId, follower.generationId], [2, 2])
    t.equal(leader.leader, first.memberId)
    t.equal(leader.members.length, 2)
    t.strictSame(follower.members, [])
    const parked = two.send(KEY.SYNC_GROUP, 3, {
      groupId: 'pair',
      generationId: 2,
      memberId: follower.memberId,
      assignments: [],
    })
    const assignments = leader.members.map(({ memberId }) => ({ memberId, assignment: Buffer.from(`of ${memberId}`) }))
    const synced = await one.send(KEY.SYNC_GROUP, 3, {
      groupId: 'pair',
      generationId: 2,
      memberId: leader.memberId,
      assignments,
    })
    t.equal(synced.assignment.toString(), `of ${leader.memberId}`)
    t.equal((await parked).assignment.toString(), `of ${follower.memberId}`)
  })

  t.test('E31: a static member comes back without a rebalance', async (t) => {
    const body = { ...JOIN, groupId: 'static', groupInstanceId: 'instance' }
    const before = await broker.send(KEY.JOIN_GROUP, 9, body)
    t.equal(before.errorCode, 0)
    t.match(before.memberId, /^instance-/)
    await broker.send(KEY.SYNC_GROUP, 5, {
      groupId: 'static',
      generationId: before.generationId,
      memberId: before.memberId,
      groupInstanceId: 'instance',
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId: before.memberId, assignment: Buffer.from('mine') }],
    })
    const after = await broker.send(KEY.JOIN_GROUP, 9, body)
    t.match(after, { errorCode: 0, generationId: before.generationId, skipAssignment: true })
    t.not(after.memberId, before.memberId)
    const { errorCode } = await broker.send(KEY.HEARTBEAT, 4, {
      groupId: 'static',
      generationId: before.generationId,
      memberId: before.memberId,
      groupInstanceId: 'instance',
    })
    t.equal(errorCode, ErrorCode.FENCED_INSTANCE_ID, 'E23')
  })
})
