import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker } from './harness.ts'

t.test('B39: UnregisterBroker of a broker that there is not', async (t) => {
  const broker = await TestBroker.start(t)
  t.match(await broker.send(KEY.UNREGISTER_BROKER, 0, { brokerId: 9 }), {
    errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED,
  })
})
