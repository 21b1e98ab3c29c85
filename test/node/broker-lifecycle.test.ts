import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { type LogFields, silentLogger } from '../../src/base/logger.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { SUPPORTED_FEATURES } from '../../src/metadata/features.ts'
import { BrokerLifecycle } from '../../src/node/broker-lifecycle.ts'
import { ControllerChannel } from '../../src/node/controller-channel.ts'
import { CLUSTER_ID, directoryOf } from '../controller/harness.ts'

const SELF = 1
const REGISTRATION = 62

/** A broker whose controller, in the same process, says what `heartbeat` holds. */
function world() {
  const system = createMemorySystem(1)
  const warnings: LogFields[] = []
  const heartbeat = { errorCode: ErrorCode.NONE as number, isCaughtUp: true, shouldShutDown: false }
  const answerTo = ({ wantFence }: { wantFence: boolean }) => ({ ...heartbeat, isFenced: wantFence })
  const channel = new ControllerChannel({
    system: { ...system, clock: system.time, timers: system.time },
    nodeId: SELF,
    clientId: 'test',
    leader: () => ({ id: SELF, endpoint: undefined }),
    callLocal: async (key, body) =>
      key === REGISTRATION ? { errorCode: ErrorCode.NONE, brokerEpoch: 7n } : answerTo(body as never),
  })
  const lifecycle = new BrokerLifecycle({
    system: { ...system, clock: system.time, timers: system.time },
    logger: { ...silentLogger, warn: (_, fields) => warnings.push(fields!) },
    channel,
    config: {
      'broker.heartbeat.interval.ms': 2000,
      'broker.session.timeout.ms': 9000,
      'initial.broker.registration.timeout.ms': 60_000,
    },
    nodeId: SELF,
    clusterId: CLUSTER_ID,
    features: SUPPORTED_FEATURES,
    rack: null,
    logDirs: [directoryOf(SELF)],
    previousBrokerEpoch: -1n,
    metadataOffset: () => 0,
    offlineLogDirs: () => [],
    cordonedLogDirs: () => [],
  })
  return { lifecycle, heartbeat, warnings, time: system.time }
}

t.test('C6: a broker that was unregistered and runs on says so, once', async (t) => {
  const { lifecycle, heartbeat, warnings, time } = world()
  const joined = lifecycle.register([]).then(() => lifecycle.join())
  await time.run(100)
  await joined
  await time.run(10_000)
  t.strictSame(warnings, [])
  heartbeat.errorCode = ErrorCode.STALE_BROKER_EPOCH
  await time.run(60_000)
  t.strictSame(warnings, [{ error: 'STALE_BROKER_EPOCH', epoch: 7 }])
  heartbeat.errorCode = ErrorCode.NONE
  await time.run(10_000)
  heartbeat.errorCode = ErrorCode.STALE_BROKER_EPOCH
  await time.run(10_000)
  t.equal(warnings.length, 2, 'and again, if it was heard in between')
  lifecycle.stop()
})
