import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, configEntries, KEY, TestBroker, versionsOf } from './harness.ts'

t.test('CreateTopics', async (t) => {
  const broker = await TestBroker.start(t, { config: { 'num.partitions': '2' } })
  const { nodeId } = broker.broker
  interface Topic {
    name: string
    numPartitions?: number
    replicationFactor?: number
    assignments?: { partitionIndex: number; brokerIds: number[] }[]
    configs?: { name: string; value: string | null }[]
  }
  const create = async (version: number, topics: Topic[], validateOnly = false) => {
    const all = topics.map((topic) => ({
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
      ...topic,
    }))
    const body = { topics: all, timeoutMs: 10_000, ...(version > 0 ? { validateOnly } : {}) }
    return (await broker.send(KEY.CREATE_TOPICS, version, body)).topics
  }
  const codeOf = async (topic: Topic) => (await create(7, [topic]))[0]!.errorCode

  t.test('H9: every version; one may produce at once', async (t) => {
    for (const version of versionsOf(KEY.CREATE_TOPICS)) {
      const name = `created-${version}`
      const configs = configEntries({ 'max.message.bytes': '5000' })
      const [topic] = await create(version, [{ name, numPartitions: 3, configs }])
      t.match(topic, { name, errorCode: 0 }, `v${version}`)
      t.equal((await broker.produce(name, 2, batchOf(['v']))).errorCode, 0)
      if (version < 5) continue
      t.match(topic, { numPartitions: 3, replicationFactor: 1 })
      const names = topic!.configs!.map(({ name }) => name)
      t.strictSame(names, [...names].sort())
      t.match(
        topic!.configs!.find(({ name }) => name === 'max.message.bytes'),
        { value: '5000', configSource: 1 },
      )
      t.match(
        topic!.configs!.find(({ name }) => name === 'retention.ms'),
        { value: '604800000', configSource: 5 },
      )
      if (version >= 7) t.match(topic!.topicId, /^[\w-]{22}$/)
    }
  })

  t.test('H5: -1 is the default', async (t) => {
    const [topic] = await create(7, [{ name: 'defaults', numPartitions: -1, replicationFactor: -1 }])
    t.match(topic, { errorCode: 0, numPartitions: 2, replicationFactor: 1 })
  })

  t.test('H1, H2, H3: names', async (t) => {
    for (const name of ['', '.', '..', 'a b', 'ä', 'a/b', 'x'.repeat(250)]) {
      t.equal(await codeOf({ name }), ErrorCode.INVALID_TOPIC_EXCEPTION, name)
    }
    t.equal(await codeOf({ name: 'x'.repeat(249) }), ErrorCode.NONE)
    t.equal(await codeOf({ name: 'with.dot' }), ErrorCode.NONE)
    t.equal(await codeOf({ name: 'with_dot' }), ErrorCode.INVALID_TOPIC_EXCEPTION)
    t.equal(await codeOf({ name: '__cluster_metadata' }), ErrorCode.INVALID_REQUEST)
  })

  t.test('H4: there already, and twice in one request', async (t) => {
    t.equal(await codeOf({ name: 'defaults' }), ErrorCode.TOPIC_ALREADY_EXISTS)
    const twice = await create(7, [{ name: 'twice' }, { name: 'twice' }, { name: 'once' }])
    t.ok(twice.filter(({ name }) => name === 'twice').every(({ errorCode }) => errorCode === ErrorCode.INVALID_REQUEST))
    t.equal(twice.find(({ name }) => name === 'once')?.errorCode, ErrorCode.NONE)
  })

  t.test('H5: counts', async (t) => {
    for (const replicationFactor of [0, -2, 2]) {
      t.equal(await codeOf({ name: 'n', replicationFactor }), ErrorCode.INVALID_REPLICATION_FACTOR)
    }
    for (const numPartitions of [0, -2]) {
      t.equal(await codeOf({ name: 'n', numPartitions }), ErrorCode.INVALID_PARTITIONS)
    }
    t.equal(await codeOf({ name: 'n', numPartitions: 0, replicationFactor: 0 }), ErrorCode.INVALID_REPLICATION_FACTOR)
  })

  t.test('H6: assignments', async (t) => {
    const manual = { name: 'manual', numPartitions: -1, replicationFactor: -1 }
    const assigned = (...ids: number[][]) => ids.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
    t.equal(await codeOf({ name: 'manual', assignments: assigned([nodeId]) }), ErrorCode.INVALID_REQUEST)
    const { INVALID_REPLICA_ASSIGNMENT } = ErrorCode
    t.equal(await codeOf({ ...manual, assignments: assigned([]) }), INVALID_REPLICA_ASSIGNMENT)
    t.equal(await codeOf({ ...manual, assignments: assigned([nodeId, nodeId]) }), INVALID_REPLICA_ASSIGNMENT)
    const gap = [{ partitionIndex: 1, brokerIds: [nodeId] }]
    t.equal(await codeOf({ ...manual, assignments: gap }), INVALID_REPLICA_ASSIGNMENT)
    t.equal(await codeOf({ ...manual, assignments: assigned([nodeId], [nodeId]) }), ErrorCode.NONE)
  })

  t.test('H7: configs', async (t) => {
    const of = (name: string, value: string | null) => codeOf({ name: 'configured', configs: [{ name, value }] })
    t.equal(await of('no.such.config', '1'), ErrorCode.INVALID_CONFIG)
    t.equal(await of('retention.ms', null), ErrorCode.INVALID_CONFIG)
    t.equal(await of('retention.ms', 'soon'), ErrorCode.INVALID_CONFIG)
    t.equal(await of('cleanup.policy', 'shred'), ErrorCode.INVALID_CONFIG)
  })

  t.test('H8: validate_only', async (t) => {
    const [topic] = await create(7, [{ name: 'dry', numPartitions: 5 }], true)
    t.match(topic, { errorCode: 0, numPartitions: 5 })
    const [bad] = await create(7, [{ name: 'dry', numPartitions: 0 }], true)
    t.equal(bad?.errorCode, ErrorCode.INVALID_PARTITIONS)
    const { topics } = await broker.send(KEY.METADATA, 9, { topics: [{ name: 'dry' }], allowAutoTopicCreation: false })
    t.equal(topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  t.test('errors come with a sentence, from v1 on', async (t) => {
    for (const version of [1, 7]) t.ok((await create(version, [{ name: '..' }]))[0]?.errorMessage)
  })
})
