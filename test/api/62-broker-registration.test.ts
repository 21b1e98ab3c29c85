import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf, registrationOf } from '../controller/harness.ts'
import { controllerApi, isServedToClients } from './controller-api.ts'

const KEY = 62

t.test('B26 to B29: BrokerRegistration, every version', async (t) => {
  t.notOk(isServedToClients(KEY))
  for (const version of controllerApi(clusterOf()).versionsOf(KEY)) {
    const { send, controller } = controllerApi(clusterOf())
    const answer = await send(KEY, version, registrationOf(3))
    // The registration of a broker that names no directories is from before level 17, which this cluster is beyond.
    const expected = version < 2 ? ErrorCode.INVALID_REGISTRATION : ErrorCode.NONE
    t.equal(answer.errorCode, expected, `v${version}`)
    t.equal(controller.image.cluster.brokers.has(3), version >= 2)
  }
})

t.test('B26: another cluster', async (t) => {
  const { send } = controllerApi(clusterOf())
  const answer = await send(KEY, 4, { ...registrationOf(3), clusterId: 'another' })
  t.equal(answer.errorCode, ErrorCode.INCONSISTENT_CLUSTER_ID)
})
