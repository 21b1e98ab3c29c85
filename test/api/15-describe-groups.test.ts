import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { joined } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('DescribeGroups', async (t) => {
  const broker = await TestBroker.start(t)
  const { memberId } = await joined(broker, 'g')
  for (const version of versionsOf(KEY.DESCRIBE_GROUPS)) {
    t.test(`E50: v${version}`, async (t) => {
      const { groups } = await broker.send(KEY.DESCRIBE_GROUPS, version, { groups: ['g', 'unknown'] })
      t.match(groups[0], {
        errorCode: 0,
        groupId: 'g',
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
      })
      t.match(groups[0]?.members, [
        {
          memberId,
          clientId: 'test',
          clientHost: '/127.0.0.1',
          memberMetadata: Buffer.from('subscription'),
          memberAssignment: Buffer.from('all'),
        },
      ])
      const errorCode = version < 6 ? ErrorCode.NONE : ErrorCode.GROUP_ID_NOT_FOUND
      t.match(groups[1], { errorCode, groupId: 'unknown', groupState: 'Dead', members: [] }, 'N-E23')
      if (version >= 6) t.ok(groups[1]?.errorMessage)
    })
  }

  t.test('KIP-430: all operations are allowed, for groups that there are', async (t) => {
    const body = { groups: ['unknown'], includeAuthorizedOperations: true }
    t.equal((await broker.send(KEY.DESCRIBE_GROUPS, 5, body)).groups[0]?.authorizedOperations, 3400)
    t.equal((await broker.send(KEY.DESCRIBE_GROUPS, 6, body)).groups[0]?.authorizedOperations, -2147483648)
  })
})
