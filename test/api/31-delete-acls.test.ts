import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('DeleteAcls: as without an authorizer, for each filter', async (t) => {
  const broker = await TestBroker.start(t)
  const none = { resourceNameFilter: null, principalFilter: null, hostFilter: null }
  const filter = { ...none, resourceTypeFilter: 1, operation: 1, permissionType: 1 }
  for (const version of versionsOf(KEY.DELETE_ACLS)) {
    const { filterResults } = await broker.send(KEY.DELETE_ACLS, version, { filters: [filter, filter] })
    const disabled = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: /authorizer/, matchingAcls: [] }
    t.match(filterResults, [disabled, disabled], `v${version}`)
  }
})
