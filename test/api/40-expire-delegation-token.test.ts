import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('ExpireDelegationToken: not on a plain channel', async (t) => {
  const broker = await TestBroker.start(t)
  for (const version of versionsOf(KEY.EXPIRE_DELEGATION_TOKEN)) {
    const answer = await broker.send(KEY.EXPIRE_DELEGATION_TOKEN, version, {
      hmac: Buffer.alloc(8),
      expiryTimePeriodMs: -1,
    })
    t.equal(answer.errorCode, ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, `v${version}`)
  }
})
