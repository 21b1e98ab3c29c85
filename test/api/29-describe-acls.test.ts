import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('DescribeAcls: as without an authorizer', async (t) => {
  const broker = await TestBroker.start(t)
  for (const version of versionsOf(KEY.DESCRIBE_ACLS)) {
    const answer = await broker.send(KEY.DESCRIBE_ACLS, version, {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      ...(version >= 1 ? { patternTypeFilter: 1 } : {}),
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    })
    t.match(
      answer,
      { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: /authorizer/, resources: [] },
      `v${version}`,
    )
  }
})
