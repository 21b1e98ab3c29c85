import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('I29: SaslHandshake where nobody is asked who it is', async (t) => {
  const broker = await TestBroker.start(t)
  for (const version of versionsOf(KEY.SASL_HANDSHAKE)) {
    const answer = await broker.send(KEY.SASL_HANDSHAKE, version, { mechanism: 'PLAIN' })
    t.same(answer, { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] }, `v${version}`)
  }
})
