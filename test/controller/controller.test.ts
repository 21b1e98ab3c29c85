import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { activationRecords, freshFeatureRecords } from '../../src/controller/features.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'
import {
  clusterOf,
  controllerOver,
  createRequest,
  heartbeatOf,
  ManualLog,
  newTopic,
  registrationOf,
} from './harness.ts'

/** Whether a promise has settled, once everything that was ready to run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const mark = () => {
    settled = true
  }
  promise.then(mark, mark)
  for (let i = 0; i < 20; i++) await Promise.resolve()
  return settled
}

t.test('N-B13, N-B15, N-B17, A99: a fresh cluster finalises what 4.3 does, as one transaction', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log)
  const active = controller.activate(freshFeatureRecords(), false)
  t.equal(log.batches.length, 1)
  t.strictSame(
    log.records.map(({ type, value }) => [type, ...Object.values(value)]),
    [
      ['BeginTransactionRecord', 'Bootstrap records'],
      ['FeatureLevelRecord', 'metadata.version', 30],
      ['FeatureLevelRecord', 'eligible.leader.replicas.version', 1],
      ['FeatureLevelRecord', 'group.version', 1],
      ['FeatureLevelRecord', 'share.version', 1],
      ['FeatureLevelRecord', 'streams.version', 1],
      ['FeatureLevelRecord', 'transaction.version', 2],
      ['ConfigRecord', 4, '', 'min.insync.replicas', '1'],
      ['EndTransactionRecord'],
    ],
  )
  log.commit()
  await active
  t.equal(controller.image.features.metadataVersion, 30)
})

t.test('A99, N-B10: nothing for a log that has its metadata.version; an open transaction is aborted', async (t) => {
  t.strictSame(activationRecords(clusterOf(1), freshFeatureRecords(), 1, false), [])
  const aborts = activationRecords(clusterOf(1), freshFeatureRecords(), 1, true)
  t.strictSame(
    aborts.map(({ type }) => type),
    ['AbortTransactionRecord'],
  )
})

t.test('N-B16: a bootstrap.checkpoint with metadata.version alone brings no other feature', async (t) => {
  const old = [record('FeatureLevelRecord', 0, { name: 'metadata.version', featureLevel: 7 })]
  t.strictSame(
    activationRecords({ ...clusterOf(), features: { levels: new Map(), metadataVersion: 0 } }, old, 1, false),
    old,
  )
})

t.test('B1: a response waits for its commit, the next operation does not', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image: clusterOf(1) })
  const first = controller.createTopics(createRequest(newTopic('a')), 7)
  const second = controller.createTopics(createRequest(newTopic('a'), newTopic('b')), 7)
  t.ok(controller.image.topics.byName.has('a'), 'replayed at once')
  t.notOk(await isSettled(first))
  log.commit()
  t.match(await first, { topics: [{ name: 'a', errorCode: ErrorCode.NONE }] })
  t.match(await second, {
    topics: [
      { name: 'a', errorCode: ErrorCode.TOPIC_ALREADY_EXISTS },
      { name: 'b', errorCode: ErrorCode.NONE },
    ],
  })
})

t.test('B1: what writes nothing waits for what it has seen', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image: clusterOf(1) })
  const create = controller.createTopics(createRequest(newTopic('a')), 7)
  const again = controller.createTopic({ name: 'a', numPartitions: 1, replicationFactor: 1, configs: [] })
  t.notOk(await isSettled(again), 'that it exists is not committed yet')
  log.commit()
  await create
  t.equal((await again).errorCode, ErrorCode.TOPIC_ALREADY_EXISTS)
})

t.test('H11: past timeout_ms the answer is REQUEST_TIMED_OUT, and the topic may be there', async (t) => {
  const system = createMemorySystem(1)
  const log = new ManualLog()
  const controller = controllerOver(log, { image: clusterOf(1), system })
  const request = { ...createRequest(newTopic('a')), timeoutMs: 100 }
  const create = controller.createTopics(request, 7)
  system.time.advance(99)
  t.notOk(await isSettled(create))
  system.time.advance(1)
  t.match(await create, { topics: [{ name: 'a', errorCode: ErrorCode.REQUEST_TIMED_OUT }] })
  log.commit()
  t.ok(controller.image.topics.byName.has('a'))
})

t.test('B83: producer ids come in blocks of 1000 and never twice', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image: clusterOf(1) })
  const allocate = (brokerEpoch: bigint, brokerId = 1) => {
    const reply = controller.allocateProducerIds({ brokerId, brokerEpoch })
    log.commit()
    return reply
  }
  t.match(await allocate(1n), { errorCode: ErrorCode.NONE, producerIdStart: 0n, producerIdLen: 1000 })
  t.match(await allocate(1n), { producerIdStart: 1000n })
  t.equal((await allocate(2n)).errorCode, ErrorCode.STALE_BROKER_EPOCH)
  t.equal((await allocate(1n, 7)).errorCode, ErrorCode.STALE_BROKER_EPOCH)
  const successor = controllerOver(log, { image: controller.image })
  const next = successor.allocateProducerIds({ brokerId: 1, brokerEpoch: 1n })
  log.commit()
  t.match(await next, { producerIdStart: 2000n })
})

t.test('C29: when the log fails, waiting and later operations fail, and the node is told once', async (t) => {
  const log = new ManualLog()
  const faults: unknown[] = []
  const controller = controllerOver(log, { image: clusterOf(1), onFault: (cause) => faults.push(cause) })
  const waiting = controller.createTopics(createRequest(newTopic('a')), 7)
  const broken = new Error('the disk is gone')
  log.fail(broken)
  await t.rejects(waiting, broken)
  await t.rejects(controller.createTopics(createRequest(newTopic('b')), 7), { code: ErrorCode.NOT_CONTROLLER })
  t.strictSame(faults, [broken])
})

t.test('N-C22: a broker that is silent for its session is fenced, and others may take its id', async (t) => {
  const system = createMemorySystem(1)
  const log = new ManualLog()
  const controller = controllerOver(log, { image: clusterOf(2, 3), system })
  const settle = async <T>(operation: Promise<T>): Promise<T> => {
    log.commit()
    return operation
  }
  await settle(controller.activate([], false))
  t.equal(await settle(controller.fenceSilentBroker()), false, 'a new controller gives them a session')
  system.time.advance(8999)
  await settle(controller.brokerHeartbeat(heartbeatOf(3, 3n, 0)))
  t.match(await settle(controller.registerBroker(registrationOf(2, 1), 4)), {
    errorCode: ErrorCode.DUPLICATE_BROKER_REGISTRATION,
  })
  system.time.advance(1)
  t.equal(await settle(controller.fenceSilentBroker()), true)
  t.equal(await settle(controller.fenceSilentBroker()), false)
  const fenced = (image: MetadataImage) => [...image.cluster.brokers.values()].map((broker) => broker.fenced)
  t.strictSame(fenced(controller.image), [true, false])
  t.equal((await settle(controller.registerBroker(registrationOf(2, 1), 4))).errorCode, ErrorCode.NONE)
})

t.test('B40: controllers register', async (t) => {
  const log = new ManualLog()
  const controller = controllerOver(log, { image: clusterOf() })
  const { listeners, features, incarnationId } = registrationOf(1)
  const request = { controllerId: 1, incarnationId, zkMigrationReady: false, listeners, features }
  const reply = controller.registerController(request)
  log.commit()
  t.equal((await reply).errorCode, ErrorCode.NONE)
  t.match(controller.image.cluster.controllers.get(1), { id: 1, incarnationId })
})
