import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('I29: SaslAuthenticate where nobody is asked who it is, and the connection goes on', async (t) => {
  const broker = await TestBroker.start(t)
  for (const version of versionsOf(KEY.SASL_AUTHENTICATE)) {
    const answer = await broker.send(KEY.SASL_AUTHENTICATE, version, { authBytes: Buffer.from('\0alice\0secret') })
    t.match(answer, { errorCode: ErrorCode.ILLEGAL_SASL_STATE, authBytes: Buffer.alloc(0), sessionLifetimeMs: 0 })
  }
})
