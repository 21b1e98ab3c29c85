import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { coordinator, joined } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('LeaveGroup', async (t) => {
  const broker = await TestBroker.start(t)
  await coordinator(broker, 'g')
  const leave = (version: number, groupId: string, memberId: string) =>
    broker.send(KEY.LEAVE_GROUP, version, version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] })
  const stateOf = async (group: string) =>
    (await broker.send(KEY.DESCRIBE_GROUPS, 5, { groups: [group] })).groups[0]!.groupState

  for (const version of versionsOf(KEY.LEAVE_GROUP)) {
    t.test(`E40: v${version}`, async (t) => {
      const groupId = `group-${version}`
      const { memberId } = await joined(broker, groupId)
      const answer = await leave(version, groupId, memberId)
      t.equal(answer.errorCode, ErrorCode.NONE)
      if (version >= 3) t.match(answer.members, [{ memberId, errorCode: ErrorCode.NONE }])
      t.equal(await stateOf(groupId), 'Empty')
      const again = await leave(version, groupId, memberId)
      const unknown = version < 3 ? again.errorCode : again.members[0]?.errorCode
      t.equal(unknown, ErrorCode.UNKNOWN_MEMBER_ID)
      t.equal((await leave(version, '', memberId)).errorCode, ErrorCode.INVALID_GROUP_ID, 'E17')
    })
  }
})
