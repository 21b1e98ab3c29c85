import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('CreateDelegationToken: not on a plain channel', async (t) => {
  const broker = await TestBroker.start(t)
  for (const version of versionsOf(KEY.CREATE_DELEGATION_TOKEN)) {
    const answer = await broker.send(KEY.CREATE_DELEGATION_TOKEN, version, {
      renewers: [],
      maxLifetimeMs: -1,
      ...(version >= 3 ? { ownerPrincipalType: null, ownerPrincipalName: null } : {}),
    })
    t.equal(answer.errorCode, ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, `v${version}`)
  }
})
