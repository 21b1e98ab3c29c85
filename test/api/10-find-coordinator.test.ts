import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

t.test('FindCoordinator', async (t) => {
  const broker = await TestBroker.start(t, { config: { 'offsets.topic.num.partitions': '7' } })
  const { nodeId, port } = broker.broker

  t.test('E2: the first question creates __consumer_offsets, no wider than the cluster', async (t) => {
    const { topics: before } = await broker.send(KEY.METADATA, 9, { topics: null })
    t.strictSame(before, [])
    const { coordinators } = await broker.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: ['g'] })
    t.match(coordinators, [{ key: 'g', errorCode: 0, nodeId, host: '127.0.0.1', port }])
    const { topics } = await broker.send(KEY.METADATA, 9, { topics: null })
    t.match(topics, [{ name: '__consumer_offsets', isInternal: true }])
    t.equal(topics[0]?.partitions.length, 7)
    t.ok(topics[0]?.partitions.every(({ leaderId, replicaNodes }) => leaderId === nodeId && replicaNodes.length === 1))
    const resources = [{ resourceType: 2, resourceName: '__consumer_offsets', configurationKeys: null }]
    const { results } = await broker.send(KEY.DESCRIBE_CONFIGS, 1, { resources })
    const own = results[0]!.configs.filter(({ configSource }) => configSource === 1)
    t.strictSame(Object.fromEntries(own.map(({ name, value }) => [name, value])), {
      'cleanup.policy': 'compact',
      'compression.type': 'producer',
      'segment.bytes': '104857600',
    })
  })

  t.test('every version', async (t) => {
    for (const version of versionsOf(KEY.FIND_COORDINATOR)) {
      const body = version < 4 ? { key: 'group' } : { coordinatorKeys: ['group', 'other'] }
      const answer = await broker.send(KEY.FIND_COORDINATOR, version, body)
      const found = version < 4 ? [answer] : answer.coordinators
      t.equal(found.length, version < 4 ? 1 : 2)
      for (const one of found) t.match(one, { errorCode: 0, nodeId, host: '127.0.0.1', port }, `v${version}`)
    }
  })

  t.test('E3: kinds of key', async (t) => {
    for (const keyType of [1, 2]) {
      const key = 'g:aaaaaaaaaaaaaaaaaaaaaA:0'
      const { coordinators } = await broker.send(KEY.FIND_COORDINATOR, 6, { keyType, coordinatorKeys: [key] })
      t.match(coordinators, [{ key, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1, host: '', port: -1 }])
    }
    t.equal((await broker.send(KEY.FIND_COORDINATOR, 1, { key: 'k', keyType: 9 })).errorCode, ErrorCode.INVALID_REQUEST)
    for (const [version, key] of [
      [5, 'g:aaaaaaaaaaaaaaaaaaaaaA:0'],
      [6, 'no share partition'],
    ] as const) {
      const { coordinators } = await broker.send(KEY.FIND_COORDINATOR, version, { keyType: 2, coordinatorKeys: [key] })
      t.equal(coordinators[0]?.errorCode, ErrorCode.INVALID_REQUEST, `v${version}: ${key}`)
    }
  })

  t.test('messages are those of Apache Kafka 4.3', async (t) => {
    t.equal((await broker.send(KEY.FIND_COORDINATOR, 3, { key: 'g' })).errorMessage, 'NONE')
    const { coordinators } = await broker.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: ['g'] })
    t.equal(coordinators[0]?.errorMessage, '')
  })
})
