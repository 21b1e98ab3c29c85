import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf, incarnationOf, supported } from '../controller/harness.ts'
import { controllerApi, isServedToClients } from './controller-api.ts'

const KEY = 70

t.test('B40: ControllerRegistration', async (t) => {
  t.notOk(isServedToClients(KEY))
  const { send, controller } = controllerApi(clusterOf(1))
  const listeners = [{ name: 'CONTROLLER', host: 'c3', port: 9093, securityProtocol: 0 }]
  const registration = { controllerId: 3, incarnationId: incarnationOf(3), zkMigrationReady: false, listeners }
  t.equal((await send(KEY, 0, { ...registration, features: supported() })).errorCode, ErrorCode.NONE)
  t.match(controller.image.cluster.controllers.get(3), { endpoints: listeners, incarnationId: incarnationOf(3) })
})
