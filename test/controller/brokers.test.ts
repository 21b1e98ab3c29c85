import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataRecord } from '../../protocol/metadata/index.ts'
import { registerBroker } from '../../src/controller/broker-registration.ts'
import { freshFeatureRecords } from '../../src/controller/features.ts'
import { EMPTY_IMAGE, type MetadataImage } from '../../src/metadata/image.ts'
import {
  CLUSTER_ID,
  clusterOf,
  contextOf,
  controllerOver,
  createRequest,
  directoryOf,
  heartbeatOf,
  incarnationOf,
  ManualLog,
  newTopic,
  registrationOf,
  replayed,
  withoutElr,
} from './harness.ts'

const fresh = replayed(EMPTY_IMAGE, freshFeatureRecords())

function register(
  image: MetadataImage,
  request: ReturnType<typeof registrationOf>,
  { live = false, version = 4 } = {},
) {
  const context = { ...contextOf(), clusterId: CLUSTER_ID, kraftVersion: 1, isLive: () => live }
  return registerBroker(image, request, version, context)
}

t.test('B29, C3: a new broker is fenced and its epoch is the next offset', async (t) => {
  const { records, response } = register(fresh, registrationOf(1))
  t.match(response, { errorCode: ErrorCode.NONE, brokerEpoch: 100n })
  t.equal(records.length, 1)
  t.match(records[0], { type: 'RegisterBrokerRecord', version: 4, value: { brokerEpoch: 100n, fenced: true } })
  t.match(replayed(fresh, records).cluster.brokers.get(1), { epoch: 100, logDirs: [directoryOf(1)], rack: null })
})

t.test('B26 to B28, N-B19: what is refused', async (t) => {
  const image = clusterOf(1, 2)
  const code = (change: object, options = {}) =>
    register(image, { ...registrationOf(3), ...change }, options).response.errorCode
  t.equal(code({}), ErrorCode.NONE)
  t.equal(code({ clusterId: 'other' }), ErrorCode.INCONSISTENT_CLUSTER_ID)
  t.equal(code({ brokerId: 1 }, { live: true }), ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  t.equal(
    code({ brokerId: 1, incarnationId: incarnationOf(1) }, { live: true }),
    ErrorCode.NONE,
    'the same incarnation',
  )
  t.equal(code({ isMigratingZkBroker: true }), ErrorCode.BROKER_ID_NOT_REGISTERED)
  t.equal(code({ logDirs: [] }), ErrorCode.INVALID_REGISTRATION)
  t.equal(code({ logDirs: [directoryOf(3), directoryOf(3)] }), ErrorCode.INVALID_REGISTRATION)
  t.equal(code({ logDirs: ['AAAAAAAAAAAAAAAAAAAAAQ'] }), ErrorCode.INVALID_REGISTRATION, 'reserved')
  t.equal(code({ logDirs: [directoryOf(2)] }), ErrorCode.INVALID_REGISTRATION, 'of another broker')
  const without = (name: string) => registrationOf(3).features.filter((feature) => feature.name !== name)
  t.equal(code({ features: without('metadata.version') }), ErrorCode.INVALID_REGISTRATION)
  t.equal(code({ features: without('group.version') }), ErrorCode.UNSUPPORTED_VERSION)
  t.equal(code({ features: without('kraft.version') }), ErrorCode.UNSUPPORTED_VERSION)
  t.strictSame(register(image, { ...registrationOf(3), clusterId: 'other' }).records, [], 'no record behind')
})

t.test('B29: the same incarnation again keeps epoch and state and replaces the rest', async (t) => {
  const image = clusterOf(1)
  const again = { ...registrationOf(1), rack: 'r', listeners: [] }
  const { records, response } = register(image, again)
  t.equal(response.brokerEpoch, 1n)
  t.match(replayed(image, records).cluster.brokers.get(1), { epoch: 1, fenced: false, rack: 'r', endpoints: [] })
})

/** A controller on a log that commits by itself, as one node in one process has it. */
async function node(image?: MetadataImage) {
  const log = new ManualLog()
  const controller = controllerOver(log, image ? { image } : {})
  const settle = async <T>(operation: Promise<T>): Promise<T> => {
    log.commit()
    return operation
  }
  if (!image) await settle(controller.activate(freshFeatureRecords(), false))
  return { log, controller, settle }
}

/** What records say, less what is not of interest here. */
const gist = (records: readonly MetadataRecord[]) =>
  records
    .filter(({ type }) => type !== 'ProducerIdsRecord')
    .map(({ type, value }) => {
      const said = Object.entries(value).filter(([key, field]) => {
        if (['topicId', 'brokerId', 'brokerEpoch'].includes(key)) return false
        return !(
          field === null ||
          (key === 'leader' && field === -2) ||
          (key === 'leaderRecoveryState' && field === -1)
        )
      })
      return { type: type.replace('Record', ''), ...Object.fromEntries(said) }
    })

/** A node with one topic, whose broker is registered and live. */
async function running() {
  const { log, controller, settle } = await node()
  const first = await settle(controller.registerBroker(registrationOf(1), 4))
  const epoch = first.brokerEpoch!
  await settle(controller.brokerHeartbeat(heartbeatOf(1, epoch, log.nextOffset)))
  await settle(controller.createTopics(createRequest(newTopic('t')), 7))
  return { log, controller, settle, epoch, mark: log.records.length }
}

t.test('B33, B34, C8: unfenced once it has read its own registration', async (t) => {
  const { log, controller, settle } = await node()
  const { brokerEpoch = -1n } = await settle(controller.registerBroker(registrationOf(1), 4))
  const at = log.nextOffset - 1
  const behind = await settle(controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, at - 1)))
  t.match(behind, { isCaughtUp: false, isFenced: true, shouldShutDown: false })
  const waiting = await settle(controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, at, { fence: true })))
  t.match(waiting, { isCaughtUp: true, isFenced: true })
  const live = await settle(controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, at)))
  t.match(live, { isCaughtUp: true, isFenced: false })
  t.match(log.records.at(-1), { type: 'BrokerRegistrationChangeRecord', version: 0, value: { fenced: -1 } })
  t.equal(controller.image.cluster.brokers.get(1)!.fenced, false)
})

t.test('B32: heartbeats of strangers and of other epochs', async (t) => {
  const { controller, settle, epoch } = await running()
  for (const request of [heartbeatOf(9, 1n, 0), heartbeatOf(1, epoch + 1n, 0)]) {
    t.equal((await settle(controller.brokerHeartbeat(request))).errorCode, ErrorCode.STALE_BROKER_EPOCH)
  }
})

// The records of the next three were taken from Apache Kafka 4.3.0 in the same situation.

t.test('N-C13, N-C17: killed and back: the last leader is elected, and has to recover', async (t) => {
  const { log, controller: former, settle, mark } = await running()
  const duplicate = await settle(former.registerBroker(registrationOf(1, 1), 4))
  t.equal(duplicate.errorCode, ErrorCode.DUPLICATE_BROKER_REGISTRATION, 'two processes under one id')
  const controller = controllerOver(log, { image: former.image, alone: true })
  await controller.activate([], false)
  const { brokerEpoch = -1n } = await settle(controller.registerBroker(registrationOf(1, 1), 4))
  await settle(controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, log.nextOffset)))
  t.match(gist(log.records.slice(mark)), [
    { type: 'PartitionChange', partitionId: 0, isr: [], leader: -1, lastKnownElr: [1] },
    { type: 'RegisterBroker', fenced: true },
    { type: 'BrokerRegistrationChange', fenced: -1 },
    { type: 'PartitionChange', isr: [1], leader: 1, leaderRecoveryState: 1, lastKnownElr: [] },
  ])
  const partition = controller.image.topics.byName.get('t')!.partitions.get(0)
  t.match(partition, { leader: 1, leaderEpoch: 2, partitionEpoch: 2, isr: [1], lastKnownElr: [] })
  t.equal(brokerEpoch, BigInt(mark), 'the epoch is the offset of the first record, not of its own')
})

t.test('N-C22: a registration that arrives late takes the place of nobody who is starting', async (t) => {
  const { log, controller, settle } = await node()
  const { brokerEpoch = -1n } = await settle(controller.registerBroker(registrationOf(1, 1), 4))
  const late = await settle(controller.registerBroker(registrationOf(1, 0), 4))
  t.equal(late.errorCode, ErrorCode.DUPLICATE_BROKER_REGISTRATION)
  const heartbeat = heartbeatOf(1, brokerEpoch, log.nextOffset, { fence: true })
  t.match(await settle(controller.brokerHeartbeat(heartbeat)), { errorCode: ErrorCode.NONE, isFenced: true })
  const leave = heartbeatOf(1, brokerEpoch, log.nextOffset, { shutDown: true })
  t.match(await settle(controller.brokerHeartbeat(leave)), { shouldShutDown: true })
  const next = await settle(controller.registerBroker(registrationOf(1, 2), 4))
  t.equal(next.errorCode, ErrorCode.NONE, 'after it has taken leave')
})

t.test('B33, B36: shut down in order: leadership goes first, then it is fenced and may leave', async (t) => {
  const { log, controller, settle, epoch, mark } = await running()
  const leaving = () => settle(controller.brokerHeartbeat(heartbeatOf(1, epoch, log.nextOffset, { shutDown: true })))
  t.match(await leaving(), { isFenced: false, shouldShutDown: false })
  t.match(await leaving(), { isFenced: true, shouldShutDown: true })
  t.match(gist(log.records.slice(mark)), [
    { type: 'BrokerRegistrationChange', inControlledShutdown: 1 },
    { type: 'PartitionChange', isr: [], leader: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] },
    { type: 'BrokerRegistrationChange', fenced: 1 },
  ])
})

t.test('N-C12, N-C17: back after a clean stop: elected from the ELR, nothing to recover', async (t) => {
  const { log, controller, settle, epoch } = await running()
  for (let i = 0; i < 2; i++) {
    await settle(controller.brokerHeartbeat(heartbeatOf(1, epoch, log.nextOffset, { shutDown: true })))
  }
  const mark = log.records.length
  const { brokerEpoch = -1n } = await settle(controller.registerBroker(registrationOf(1, 1, epoch), 4))
  await settle(controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, log.nextOffset)))
  t.match(gist(log.records.slice(mark)), [
    { type: 'RegisterBroker', fenced: true },
    { type: 'BrokerRegistrationChange', fenced: -1 },
    { type: 'PartitionChange', isr: [1], leader: 1, eligibleLeaderReplicas: [], lastKnownElr: [] },
  ])
  t.equal(controller.image.topics.byName.get('t')!.partitions.get(0)!.leaderRecoveryState, 0)
})

t.test('B62: without ELR the last member stays in the ISR', async (t) => {
  const image = withoutElr(clusterOf(1))
  const log = new ManualLog()
  const controller = controllerOver(log, { image })
  const settle = async <T>(operation: Promise<T>): Promise<T> => {
    log.commit()
    return operation
  }
  await settle(controller.createTopics(createRequest(newTopic('t')), 7))
  const mark = log.records.length
  const { brokerEpoch = -1n } = await settle(controller.registerBroker(registrationOf(1, 1), 4))
  await settle(controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, log.nextOffset)))
  t.match(gist(log.records.slice(mark)), [
    { type: 'PartitionChange', leader: -1 },
    { type: 'RegisterBroker' },
    { type: 'BrokerRegistrationChange', fenced: -1 },
    { type: 'PartitionChange', leader: 1 },
  ])
  t.match(controller.image.topics.byName.get('t')!.partitions.get(0), { isr: [1], leader: 1, leaderEpoch: 2 })
})

t.test('B33: a broker that leads nothing shuts down at once', async (t) => {
  const { log, controller, settle } = await node()
  const { brokerEpoch = -1n } = await settle(controller.registerBroker(registrationOf(1), 4))
  await settle(controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, log.nextOffset)))
  const reply = await settle(
    controller.brokerHeartbeat(heartbeatOf(1, brokerEpoch, log.nextOffset, { shutDown: true })),
  )
  t.match(reply, { isFenced: true, shouldShutDown: true })
})

t.test('N-C27: cordoned directories are recorded when they change', async (t) => {
  const { log, controller, settle, epoch } = await running()
  const beat = (cordonedLogDirs: string[]) =>
    settle(controller.brokerHeartbeat({ ...heartbeatOf(1, epoch, log.nextOffset), cordonedLogDirs }))
  const before = log.records.length
  await beat([])
  t.equal(log.records.length, before)
  await beat([directoryOf(1)])
  await beat([directoryOf(1)])
  t.equal(log.records.length, before + 1)
  t.match(log.records.at(-1), { version: 3, value: { cordonedLogDirs: [directoryOf(1)] } })
  const refused = await settle(controller.createTopics(createRequest(newTopic('x')), 7))
  t.equal(refused.topics[0]!.errorCode, ErrorCode.INVALID_REPLICATION_FACTOR)
})
