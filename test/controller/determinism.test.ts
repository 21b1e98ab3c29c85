import fc from 'fast-check'
import t from 'tap'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from '../../protocol/metadata/index.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import type { Controller } from '../../src/controller/controller.ts'
import { freshFeatureRecords } from '../../src/controller/features.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
import { FEATURE } from '../../src/metadata/features.ts'
import { EMPTY_IMAGE, type MetadataImage } from '../../src/metadata/image.ts'
import { imageRecords } from '../../src/metadata/image-records.ts'
import {
  controllerOver,
  createRequest,
  decisionConfig,
  heartbeatOf,
  ManualLog,
  newTopic,
  registrationOf,
} from './harness.ts'

const name = fc.constantFrom('a', 'b', 'c.d', 'c_d', 'e')
const broker = fc.constantFrom(1, 2, 3)
const createOperation = fc.record({
  do: fc.constant('create' as const),
  name,
  partitions: fc.integer({ min: 1, max: 4 }),
  factor: broker,
})
const operation = fc.oneof(
  createOperation,
  createOperation,
  createOperation,
  fc.record({ do: fc.constant('delete' as const), name }),
  fc.record({ do: fc.constant('grow' as const), name, count: fc.integer({ min: 2, max: 6 }) }),
  fc.record({ do: fc.constant('config' as const), name, value: fc.constantFrom('1', '2', null) }),
  fc.record({
    do: fc.constant('broker config' as const),
    broker: fc.constantFrom('', '1', '2'),
    key: fc.constantFrom('log.segment.bytes', 'plugin.key'),
    value: fc.constantFrom('2000000', '3000000', null),
  }),
  fc.record({
    do: fc.constant('quota' as const),
    user: fc.constantFrom('u', 'v', null),
    client: fc.constantFrom('c', null, undefined),
    key: fc.constantFrom('producer_byte_rate', 'request_percentage'),
    value: fc.constantFrom(1, 2.5, 1000, null),
  }),
  fc.record({
    do: fc.constant('scram' as const),
    set: fc.boolean(),
    user: fc.constantFrom('u', 'v'),
    mechanism: fc.constantFrom(1, 2),
    salt: fc.uint8Array({ minLength: 1, maxLength: 4 }),
  }),
  fc.record({ do: fc.constant('allow' as const), topic: name, prefixed: fc.boolean() }),
  fc.record({ do: fc.constant('forbid' as const), topic: fc.option(name), match: fc.boolean() }),
  fc.record({
    do: fc.constant('feature' as const),
    feature: fc.constantFrom(FEATURE.ELR_VERSION, FEATURE.GROUP_VERSION, FEATURE.TRANSACTION_VERSION),
    level: fc.constantFrom(0, 1, 1),
  }),
  fc.record({ do: fc.constant('ids' as const), broker }),
  fc.record({ do: fc.constant('register' as const), broker, clean: fc.boolean() }),
  fc.record({ do: fc.constant('beat' as const), broker, fence: fc.boolean(), shutDown: fc.boolean() }),
)
type Operation = (typeof operation)['generate'] extends (...args: never[]) => { value: infer V } ? V : never

function perform(controller: Controller, log: ManualLog, operation: Operation, life: number): Promise<unknown> {
  const epochOf = (id: number) => BigInt(controller.image.cluster.brokers.get(id)?.epoch ?? -1)
  switch (operation.do) {
    case 'create': {
      const { name, partitions: numPartitions, factor: replicationFactor } = operation
      return controller.createTopics(createRequest(newTopic(name, { numPartitions, replicationFactor })), 7)
    }
    case 'delete':
      return controller.deleteTopics(
        { topics: [{ name: operation.name, topicId: ZERO_UUID }], topicNames: [], timeoutMs: 1 },
        6,
      )
    case 'grow': {
      const { name, count } = operation
      return controller.createPartitions({
        topics: [{ name, count, assignments: null }],
        timeoutMs: 1,
        validateOnly: false,
      })
    }
    case 'config': {
      const { name: resourceName, value } = operation
      const configOperation = value === null ? 1 : 0
      const configs = [{ name: 'min.insync.replicas', configOperation, value }]
      return controller.incrementalAlterConfigs({
        resources: [{ resourceType: 2, resourceName, configs }],
        validateOnly: false,
      })
    }
    case 'broker config': {
      const { broker: resourceName, key: name, value } = operation
      const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
      const resources = [{ resourceType: 4, resourceName, configs }]
      return controller.incrementalAlterConfigs({ resources, validateOnly: false })
    }
    case 'quota': {
      const { user, client, key, value } = operation
      const clients = client === undefined ? [] : [{ entityType: 'client-id', entityName: client }]
      const entity = [{ entityType: 'user', entityName: user }, ...clients]
      const ops = [{ key, value: value ?? 0, remove: value === null }]
      return controller.settings.alterClientQuotas({ entries: [{ entity, ops }], validateOnly: false })
    }
    case 'scram': {
      const { set, user: name, mechanism } = operation
      const salt = Buffer.from(operation.salt)
      const upsertions = [{ name, mechanism, iterations: 4096, salt, saltedPassword: Buffer.concat([salt, salt]) }]
      const change = set ? { upsertions, deletions: [] } : { upsertions: [], deletions: [{ name, mechanism }] }
      return controller.settings.alterUserScramCredentials(change)
    }
    case 'allow': {
      const { topic: resourceName, prefixed } = operation
      const who = { principal: 'User:a', host: '*', operation: 3, permissionType: 3 }
      const creation = { resourceType: 2, resourceName, resourcePatternType: prefixed ? 4 : 3, ...who }
      return controller.settings.createAcls({ creations: [creation] })
    }
    case 'forbid': {
      const names = { resourceNameFilter: operation.topic, principalFilter: null, hostFilter: null }
      const codes = {
        resourceTypeFilter: 2,
        patternTypeFilter: operation.match ? 2 : 3,
        operation: 1,
        permissionType: 1,
      }
      return controller.settings.deleteAcls({ filters: [{ ...names, ...codes }] })
    }
    case 'feature': {
      const { feature, level: maxVersionLevel } = operation
      const current = controller.image.features.levels.get(feature) ?? 0
      const upgradeType = maxVersionLevel < current ? 2 : 1
      const featureUpdates = [{ feature, maxVersionLevel, upgradeType, allowDowngrade: false }]
      return controller.settings.updateFeatures({ featureUpdates, timeoutMs: 1, validateOnly: false }, 2)
    }
    case 'ids':
      return controller.allocateProducerIds({ brokerId: operation.broker, brokerEpoch: epochOf(operation.broker) })
    case 'register': {
      const previous = operation.clean ? epochOf(operation.broker) : -1n
      return controller.registerBroker(registrationOf(operation.broker, life, previous), 4)
    }
    case 'beat': {
      const { broker, fence, shutDown } = operation
      return controller.brokerHeartbeat(heartbeatOf(broker, epochOf(broker), log.nextOffset, { fence, shutDown }))
    }
  }
}

/** Runs operations and gives all records and the image they led to; each step is checked by `check`. */
function run(operations: readonly Operation[], check: (image: MetadataImage) => void = () => {}) {
  const log = new ManualLog()
  const system = createMemorySystem(3)
  const controller = controllerOver(log, { system, config: { ...controllerConfigWithoutSessions() } })
  void controller.activate(freshFeatureRecords(), false)
  for (const id of [1, 2, 3] as const) {
    void perform(controller, log, { do: 'register', broker: id, clean: false }, 0)
    void perform(controller, log, { do: 'beat', broker: id, fence: false, shutDown: false }, 0)
  }
  for (const [i, operation] of operations.entries()) {
    system.time.advance(10)
    void perform(controller, log, operation, 1 + (i % 6))
    check(controller.image)
  }
  return { image: controller.image, records: log.records }
}

/** Registrations of new incarnations come thick and fast here: sessions are over at once. */
const controllerConfigWithoutSessions = () => ({
  ...decisionConfig,
  'broker.session.timeout.ms': 1,
  'broker.heartbeat.interval.ms': 1,
})

function replayAll(records: Iterable<MetadataRecord>): MetadataImage {
  const delta = new MetadataDelta(EMPTY_IMAGE)
  for (const record of records) delta.replay(record)
  return delta.apply()
}

/** An image as plain data. */
function plain({ cluster, topics, configs, features, producerIds, security }: MetadataImage): unknown {
  return {
    quotas: sorted(security.quotas).map(([key, values]) => [key, sorted(values)]),
    scram: sorted(security.scram),
    acls: sorted(security.acls),
    tokens: sorted(security.tokens),
    brokers: [...cluster.brokers],
    topics: [...topics.byId].map(([id, topic]) => [id, topic.name, [...topic.partitions.values()]]),
    names: [...topics.byName].map(([name, { id }]) => [name, id]),
    colliding: [...topics.byCollidingName],
    configs: [...configs.resources].map(([key, values]) => [key, [...values]]),
    features: [...features.levels],
    producerIds,
  }
}

const sorted = <Value>(map: ReadonlyMap<string, Value>): [string, Value][] =>
  [...map].sort(([one], [other]) => (one < other ? -1 : 1))

const histories = fc.array(operation, { minLength: 20, maxLength: 60, size: 'max' }) as fc.Arbitrary<Operation[]>

t.test('DESIGN 2.2: all records from zero, out of their bytes, give the image that grew step by step', async (t) => {
  const types = new Map<string, number>()
  fc.assert(
    fc.property(histories, (operations) => {
      const grown = run(operations)
      for (const { type } of grown.records) types.set(type, (types.get(type) ?? 0) + 1)
      const stored = grown.records.map((record) => decodeMetadataRecord(encodeMetadataRecord(record)))
      t.strictSame(plain(replayAll(stored)), plain(grown.image))
    }),
    { numRuns: 60 },
  )
  t.ok(types.get('PartitionChangeRecord')! > 100, 'the histories do something')
  t.ok(types.get('RemoveTopicRecord')! > 10)
  t.ok(types.get('ClearElrRecord')! > 10)
  for (const type of [
    'ClientQuotaRecord',
    'UserScramCredentialRecord',
    'AccessControlEntryRecord',
    'FeatureLevelRecord',
  ])
    t.ok(types.get(type)! > 10, type)
  for (const type of ['RemoveUserScramCredentialRecord', 'RemoveAccessControlEntryRecord'])
    t.ok(types.get(type)! > 3, type)
})

t.test('A72: the records of an image give the image', async (t) => {
  fc.assert(
    fc.property(histories, (operations) => {
      const { image } = run(operations)
      t.strictSame(plain(replayAll(imageRecords(image))), plain(image))
    }),
    { numRuns: 40 },
  )
})

t.test('B59, B62, N-C9 to N-C16: what holds for every partition at every step', async (t) => {
  fc.assert(
    fc.property(histories, (operations) => {
      run(operations, (image) => {
        for (const topic of image.topics.byId.values()) {
          for (const { isr, elr, leader, replicas, lastKnownElr, index } of topic.partitions.values()) {
            const where = `${topic.name}-${index}`
            const live = (id: number) => image.cluster.brokers.get(id)?.fenced === false
            if (leader !== -1 && (!isr.includes(leader) || !live(leader)))
              throw new Error(`${where}: bad leader ${leader}`)
            if (elr.some((id) => isr.includes(id))) throw new Error(`${where}: ISR and ELR overlap`)
            if ([...isr, ...elr, ...lastKnownElr].some((id) => !replicas.includes(id)))
              throw new Error(`${where}: stranger`)
            if (leader !== -1 && lastKnownElr.length > 0) throw new Error(`${where}: leader, and a last known one`)
            if (new Set(isr).size !== isr.length) throw new Error(`${where}: ISR twice`)
          }
        }
      })
    }),
    { numRuns: 60 },
  )
  t.pass()
})
