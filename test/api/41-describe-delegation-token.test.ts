import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('DescribeDelegationToken: not on a plain channel', async (t) => {
  const broker = await TestBroker.start(t)
  for (const version of versionsOf(KEY.DESCRIBE_DELEGATION_TOKEN)) {
    const answer = await broker.send(KEY.DESCRIBE_DELEGATION_TOKEN, version, { owners: null })
    t.equal(answer.errorCode, ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, `v${version}`)
  }
})
