import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createDelegationToken } from '../../src/api/38-create-delegation-token.ts'
import { renewDelegationToken } from '../../src/api/39-renew-delegation-token.ts'
import { expireDelegationToken } from '../../src/api/40-expire-delegation-token.ts'
import { describeDelegationToken } from '../../src/api/41-describe-delegation-token.ts'
import { IN_PROCESS } from '../../src/api/handler.ts'
import { userPrincipal } from '../../src/security/principal.ts'
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

t.test('KIP-48: who has said who he is, is told that there are no tokens; who came by one gets no other', async (t) => {
  const handlers = [createDelegationToken(), renewDelegationToken(), expireDelegationToken(), describeDelegationToken()]
  for (const tokenAuthenticated of [false, true]) {
    const principal = { ...userPrincipal('alice'), tokenAuthenticated }
    const context = { apiVersion: 2, clientId: '', connection: { ...IN_PROCESS, principal } }
    const { DELEGATION_TOKEN_AUTH_DISABLED, DELEGATION_TOKEN_REQUEST_NOT_ALLOWED } = ErrorCode
    const errorCode = tokenAuthenticated ? DELEGATION_TOKEN_REQUEST_NOT_ALLOWED : DELEGATION_TOKEN_AUTH_DISABLED
    for (const handler of handlers) t.match(await handler.handle({}, context), { errorCode }, `API ${handler.key}`)
  }
})
