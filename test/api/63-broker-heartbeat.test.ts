import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { clusterOf, directoryOf, heartbeatOf } from '../controller/harness.ts'
import { controllerApi, isServedToClients } from './controller-api.ts'

const KEY = 63

t.test('B32 to B34: BrokerHeartbeat, every version', async (t) => {
  t.notOk(isServedToClients(KEY))
  for (const version of controllerApi(clusterOf(1)).versionsOf(KEY)) {
    const { send, controller } = controllerApi(clusterOf({ id: 1, fenced: true }))
    const live = await send(KEY, version, heartbeatOf(1, 1n, 1000))
    t.match(
      live,
      { errorCode: ErrorCode.NONE, isCaughtUp: true, isFenced: false, shouldShutDown: false },
      `v${version}`,
    )
    t.equal(controller.image.cluster.brokers.get(1)!.fenced, false)
    const stale = await send(KEY, version, heartbeatOf(1, 7n, 1000))
    t.equal(stale.errorCode, ErrorCode.STALE_BROKER_EPOCH)
  }
})

t.test('N-C27: cordoned directories, since v2', async (t) => {
  const { send, controller } = controllerApi(clusterOf(1))
  await send(KEY, 2, { ...heartbeatOf(1, 1n, 1000), cordonedLogDirs: [directoryOf(1)] })
  t.strictSame(controller.image.cluster.brokers.get(1)!.cordonedLogDirs, [directoryOf(1)])
})
