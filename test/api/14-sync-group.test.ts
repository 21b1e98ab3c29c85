import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { coordinator, JOIN, joined } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('SyncGroup', async (t) => {
  const broker = await TestBroker.start(t)
  await coordinator(broker, 'g')
  const NAMES = { protocolType: 'consumer', protocolName: 'range' }

  for (const version of versionsOf(KEY.SYNC_GROUP)) {
    t.test(`E35: v${version}: the leader's own part comes back, and again when Stable`, async (t) => {
      const groupId = `group-${version}`
      const { memberId, generationId } = await broker.send(KEY.JOIN_GROUP, 3, { ...JOIN, groupId })
      const sync = (assignment: string) =>
        broker.send(KEY.SYNC_GROUP, version, {
          groupId,
          generationId,
          memberId,
          ...(version >= 5 ? NAMES : {}),
          assignments: [{ memberId, assignment: Buffer.from(assignment) }],
        })
      t.match(await sync('first'), { errorCode: 0, assignment: Buffer.from('first') })
      const again = await sync('second')
      t.match(again, { errorCode: 0, assignment: Buffer.from('first') })
      if (version >= 5) t.match(again, NAMES)
    })
  }

  t.test('E34: what is refused', async (t) => {
    const member = await joined(broker, 'full')
    const code = async (version: number, changes: object) =>
      (await broker.send(KEY.SYNC_GROUP, version, { groupId: 'full', ...member, assignments: [], ...changes }))
        .errorCode
    t.equal(await code(3, {}), ErrorCode.NONE)
    t.equal(await code(5, {}), ErrorCode.INCONSISTENT_GROUP_PROTOCOL, 'names are needed')
    t.equal(await code(5, { ...NAMES, protocolName: 'other' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    t.equal(await code(3, { groupId: 'unknown' }), ErrorCode.UNKNOWN_MEMBER_ID)
    t.equal(await code(3, { memberId: 'unknown' }), ErrorCode.UNKNOWN_MEMBER_ID)
    t.equal(await code(3, { generationId: 9 }), ErrorCode.ILLEGAL_GENERATION)
    t.equal(await code(3, { groupId: '' }), ErrorCode.INVALID_GROUP_ID)
  })
})
