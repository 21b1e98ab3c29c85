import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('CreateAcls: as without an authorizer, for each entry', async (t) => {
  const broker = await TestBroker.start(t)
  const acl = { resourceType: 2, resourceName: 't', principal: 'User:a', host: '*', operation: 3, permissionType: 3 }
  for (const version of versionsOf(KEY.CREATE_ACLS)) {
    const { results } = await broker.send(KEY.CREATE_ACLS, version, { creations: [acl, acl] })
    const disabled = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: /authorizer/ }
    t.match(results, [disabled, disabled], `v${version}`)
  }
})
