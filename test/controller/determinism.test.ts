import fc from 'fast-check'
import t from 'tap'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from '../../protocol/metadata/index.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import type { Controller } from '../../src/controller/controller.ts'
import { freshFeatureRecords } from '../../src/controller/features.ts'
import { MetadataDelta } from '../../src/metadata/delta.ts'
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
function plain({ cluster, topics, configs, features, producerIds }: MetadataImage): unknown {
  return {
    brokers: [...cluster.brokers],
    topics: [...topics.byId].map(([id, topic]) => [id, topic.name, [...topic.partitions.values()]]),
    names: [...topics.byName].map(([name, { id }]) => [name, id]),
    colliding: [...topics.byCollidingName],
    configs: [...configs.resources].map(([key, values]) => [key, [...values]]),
    features: [...features.levels],
    producerIds,
  }
}

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
