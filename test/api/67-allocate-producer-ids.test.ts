import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf } from '../controller/harness.ts'
import { controllerApi, isServedToClients } from './controller-api.ts'

const KEY = 67

t.test('B83: AllocateProducerIds gives each block once', async (t) => {
  t.notOk(isServedToClients(KEY))
  const { send } = controllerApi(clusterOf(1, 2))
  const block = async (brokerId: number) =>
    (await send(KEY, 0, { brokerId, brokerEpoch: BigInt(brokerId) })).producerIdStart
  t.strictSame([await block(1), await block(2), await block(1)], [0n, 1000n, 2000n])
  t.equal((await send(KEY, 0, { brokerId: 1, brokerEpoch: 9n })).errorCode, ErrorCode.STALE_BROKER_EPOCH)
})
