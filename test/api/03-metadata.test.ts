import t from 'tap'
import type { MetadataResponse } from '../../protocol/api/03-metadata.ts'
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { metadata } from '../../src/api/03-metadata.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ANONYMOUS } from '../../src/security/principal.ts'
import { clusterOf } from '../controller/harness.ts'
import { TOPIC, withTopic } from '../controller/partitions.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

const UNKNOWN_ID = 'aaaaaaaaaaaaaaaaaaaaaA'

t.test('Metadata', async (t) => {
  const broker = await TestBroker.start(t, { topics: { known: { partitions: 3 } } })
  const { nodeId, clusterId, port } = broker.broker
  const ask = async (version: number, name: string, allowAutoTopicCreation = true) => {
    const body = { topics: [{ name }], ...(version >= 4 ? { allowAutoTopicCreation } : {}) }
    return (await broker.send(KEY.METADATA, version, body)).topics[0]!
  }

  t.test('every version: brokers, controller, topics', async (t) => {
    for (const version of versionsOf(KEY.METADATA)) {
      const answer = await broker.send(KEY.METADATA, version, { topics: [{ name: 'known' }] })
      t.match(answer.brokers, [{ nodeId, host: '127.0.0.1', port, rack: null }], `v${version}`)
      t.equal(answer.controllerId, version < 1 ? -1 : nodeId)
      t.equal(answer.clusterId, version < 2 ? null : clusterId)
      t.equal(answer.errorCode, 0)
      const [topic] = answer.topics
      t.match(topic, { errorCode: 0, name: 'known', isInternal: false })
      t.strictSame(topic?.partitions.map(({ partitionIndex }) => partitionIndex).sort(), [0, 1, 2])
      for (const partition of topic!.partitions) {
        t.match(partition, { errorCode: 0, leaderId: nodeId, replicaNodes: [nodeId], isrNodes: [nodeId] })
        t.strictSame(partition.offlineReplicas, [])
        t.equal(partition.leaderEpoch, version < 7 ? -1 : 0)
      }
    }
  })

  t.test('a topic that is named twice is answered once', async (t) => {
    const { topics } = await broker.send(KEY.METADATA, 9, { topics: [{ name: 'known' }, { name: 'known' }] })
    t.equal(topics.length, 1)
  })

  t.test('v10 and v11 have topic ids, and nobody may use them', async (t) => {
    for (const topic of [{ name: null }, { name: 'known', topicId: UNKNOWN_ID }]) {
      const { brokers, topics } = await broker.send(KEY.METADATA, 11, { topics: [topic] })
      t.strictSame(brokers, [])
      t.match(topics, [{ errorCode: ErrorCode.INVALID_REQUEST, name: topic.name ?? '' }])
    }
  })

  t.test('KIP-430: where nobody is refused anything, all operations are allowed', async (t) => {
    const wanted = { includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true }
    const answer = await broker.send(KEY.METADATA, 10, { topics: [{ name: 'known' }], ...wanted })
    t.equal(answer.clusterAuthorizedOperations, 8096)
    t.equal(answer.topics[0]?.topicAuthorizedOperations, 3576)
    const unasked = await broker.send(KEY.METADATA, 10, { topics: [{ name: 'known' }] })
    t.equal(unasked.clusterAuthorizedOperations, -2147483648)
    t.equal(unasked.topics[0]?.topicAuthorizedOperations, -2147483648)
  })

  t.test('H19: an empty list is all topics in v0 and none later; null is all', async (t) => {
    const names = async (version: number, topics: [] | null) =>
      (await broker.send(KEY.METADATA, version, { topics })).topics.map(({ name }) => name)
    t.strictSame(await names(0, []), ['known'])
    t.strictSame(await names(1, []), [])
    t.strictSame(await names(1, null), ['known'])
    t.strictSame(await names(13, null), ['known'])
  })

  t.test('H23: what is named is created, with a live leader in the same answer', async (t) => {
    for (const version of versionsOf(KEY.METADATA)) {
      const topic = await ask(version, `created-by-v${version}`)
      t.match(
        topic,
        { errorCode: 0, partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: nodeId }] },
        `v${version}`,
      )
    }
  })

  t.test('two that ask at the same time both get it', async (t) => {
    const wires = await Promise.all(Array.from({ length: 5 }, () => broker.connect()))
    const answers = await Promise.all(
      wires.map((wire) => wire.send(KEY.METADATA, 9, { topics: [{ name: 'at-once' }] })),
    )
    for (const { topics } of answers) t.match(topics, [{ errorCode: 0, partitions: [{ leaderId: nodeId }] }])
  })

  t.test('H18, H25: not created', async (t) => {
    t.match(await ask(9, 'missing', false), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, partitions: [] })
    for (const name of ['', '.', '..', 'with space', 'ü', 'x'.repeat(250)]) {
      t.equal((await ask(9, name)).errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION, name)
    }
    const collision = await ask(9, 'created_by-v0')
    t.equal(collision.errorCode, 0, 'another name altogether')
    await ask(9, 'a.b')
    t.not((await ask(9, 'a_b')).errorCode, 0, 'H2: collides')
  })

  t.test('H18: by id', async (t) => {
    const { topics } = await broker.send(KEY.METADATA, 12, { topics: [{ name: 'known' }] })
    const { topicId } = topics[0]!
    const ofId = async (topicId: string) =>
      (await broker.send(KEY.METADATA, 12, { topics: [{ name: null, topicId }] })).topics[0]!
    t.match(await ofId(topicId), { errorCode: 0, name: 'known', topicId })
    t.match(await ofId(UNKNOWN_ID), { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, topicId: UNKNOWN_ID })
  })

  t.test('H3: internal topics are marked', async (t) => {
    await broker.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: ['g'] })
    t.equal((await ask(9, '__consumer_offsets')).isInternal, true)
  })
})

t.test('H23: auto.create.topics.enable=false', async (t) => {
  const broker = await TestBroker.start(t, { config: { 'auto.create.topics.enable': 'false' } })
  const { topics } = await broker.send(KEY.METADATA, 9, { topics: [{ name: 'missing' }] })
  t.equal(topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

t.test('H26: num.partitions is what auto-created topics get', async (t) => {
  const broker = await TestBroker.start(t, { config: { 'num.partitions': '4' } })
  const { topics } = await broker.send(KEY.METADATA, 9, { topics: [{ name: 'four' }] })
  t.equal(topics[0]?.partitions.length, 4)
})

t.test('I23: each listener tells its own address', async (t) => {
  const broker = await TestBroker.start(t, {
    config: {
      listeners: 'PLAINTEXT://127.0.0.1:0,OUTSIDE://127.0.0.1:0',
      'advertised.listeners': 'PLAINTEXT://127.0.0.1:0,OUTSIDE://broker.example:19092',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT',
    },
  })
  const { brokers } = await broker.send(KEY.METADATA, 9, { topics: [] })
  t.match(brokers, [{ host: '127.0.0.1', port: broker.port }])
})

t.test('H26: where no controller answers, a missing topic is unknown, and the others are described', async (t) => {
  const image = withTopic(clusterOf(1, 2, 3), {})
  let asked = 0
  const services = {
    image: () => image,
    config: { 'auto.create.topics.enable': true },
    logger: silentLogger,
    clusterId: 'cluster',
    controllerId: () => 1,
    createTopic: async () => {
      asked++
      throw new ProtocolError(ErrorCode.REQUEST_TIMED_OUT)
    },
  }
  const context = {
    apiVersion: 13,
    clientId: '',
    connection: { listener: 'PLAINTEXT', remote: { host: '', port: 0 }, principal: ANONYMOUS },
  }
  const request = {
    topics: [
      { name: 'x', topicId: ZERO_UUID },
      { name: TOPIC.name, topicId: ZERO_UUID },
    ],
  }
  const all = { ...request, allowAutoTopicCreation: true }
  const { brokers, topics } = (await metadata(services as never).handle(all, context)) as MetadataResponse
  t.equal(asked, 1)
  t.equal(brokers.length, 3)
  t.match(topics, [
    { name: 'x', errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
    { name: TOPIC.name, errorCode: ErrorCode.NONE, partitions: { length: 1 } },
  ])
})
