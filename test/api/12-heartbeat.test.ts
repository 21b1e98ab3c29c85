import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { joined } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('Heartbeat', async (t) => {
  const broker = await TestBroker.start(t)
  const member = await joined(broker, 'g')
  const { NONE, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, INVALID_GROUP_ID } = ErrorCode
  for (const version of versionsOf(KEY.HEARTBEAT)) {
    const code = async (changes: { groupId?: string; memberId?: string; generationId?: number }) =>
      (await broker.send(KEY.HEARTBEAT, version, { groupId: 'g', ...member, ...changes })).errorCode
    t.test(`E38: v${version}`, async (t) => {
      t.equal(await code({}), NONE)
      t.equal(await code({ memberId: 'x' }), UNKNOWN_MEMBER_ID)
      t.equal(await code({ generationId: 7 }), ILLEGAL_GENERATION)
      t.equal(await code({ groupId: 'unknown' }), UNKNOWN_MEMBER_ID)
      t.equal(await code({ groupId: '' }), INVALID_GROUP_ID)
    })
  }
})
