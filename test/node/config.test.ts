import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, readPropertiesFile, resolveConfig } from '../../src/node/config.ts'
import { keyOfVariable, mergeSources, parseTopicSpec } from '../../src/node/config-sources.ts'
import { setUp } from '../../src/node/options.ts'

t.test('flag over environment over file over default, key by key', async (t) => {
  const flags = { 'num.partitions': '1' }
  const environment = { KAFKA_NUM_PARTITIONS: '2', KAFKA_LOG_RETENTION_HOURS: '2' }
  const file = { 'num.partitions': '3', 'log.retention.hours': '3', 'fetch.max.bytes': '3000' }
  const { values, given, warnings } = resolveConfig({ flags, environment, file })
  t.equal(values['num.partitions'], 1, 'flag')
  t.equal(values['log.retention.hours'], 2, 'environment')
  t.equal(values['fetch.max.bytes'], 3000, 'file')
  t.equal(values['log.segment.bytes'], 1073741824, 'default')
  t.strictSame([...given.keys()].sort(), ['fetch.max.bytes', 'log.retention.hours', 'num.partitions'])
  t.strictSame(warnings, [])
})

t.test('the source of each key is known', async (t) => {
  const merged = mergeSources({
    flags: { a: '1' },
    environment: { KAFKA_A: '2', KAFKA_B: '2' },
    file: { b: '3', c: '3' },
  })
  t.strictSame(Object.fromEntries(merged), {
    a: { value: '1', source: 'flag' },
    b: { value: '2', source: 'environment' },
    c: { value: '3', source: 'file' },
  })
})

t.test('variables of the images', async (t) => {
  const keys: [string, string | undefined][] = [
    ['KAFKA_LOG_DIRS', 'log.dirs'],
    ['KAFKA_CFG_LOG_DIRS', 'log.dirs'],
    ['KAFKA_ADVERTISED_LISTENERS', 'advertised.listeners'],
    ['KAFKA_A__B', 'a_b'],
    ['KAFKA_A___B', 'a-b'],
    ['KAFKA_A_B__C___D', 'a.b_c-d'],
    ['KAFKA_CREATE_TOPICS', undefined],
    ['KAFKA_HEAP_OPTS', undefined],
    ['KAFKA_', undefined],
    ['PATH', undefined],
  ]
  for (const [name, key] of keys) t.equal(keyOfVariable(name), key, name)
})

t.test('old names', async (t) => {
  t.equal(resolveConfig({ file: { 'broker.id': '7' } }).values['node.id'], 7)
  t.equal(resolveConfig({ file: { 'broker.id': '7', 'node.id': '8' } }).values['node.id'], 8, 'the new name wins')
})

t.test('a key that nobody knows is a warning that names the nearest one', async (t) => {
  const { warnings, given } = resolveConfig({ file: { 'num.partition': '3', 'zookeeper.connect': 'z:2181' } })
  t.equal(warnings.length, 1)
  t.match(warnings[0], /num\.partition\b.*num\.partitions/)
  t.notOk(given.has('num.partition'))
})

t.test('a value that cannot be is an error that names key and value', async (t) => {
  for (const [key, value] of [
    ['num.partitions', 'three'],
    ['num.partitions', '0'],
    ['log.segment.bytes', '14'],
    ['auto.create.topics.enable', 'perhaps'],
    ['log.cleanup.policy', 'shred'],
    ['controller.quorum.election.timeout.ms', '0'],
    ['controller.quorum.fetch.timeout.ms', '-1'],
  ] as const) {
    const attempt = () => resolveConfig({ flags: { [key]: value } })
    t.throws(attempt, ConfigError)
    t.throws(attempt, { message: new RegExp(`${key.replaceAll('.', '\\.')}.*`) })
  }
})

t.test("Apache Kafka's own server.properties works as it is, without a warning", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-config-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'server.properties')
  writeFileSync(
    path,
    [
      '# The role of this server.',
      'process.roles=broker,controller',
      'node.id=1',
      'controller.quorum.bootstrap.servers=localhost:9093',
      'listeners=PLAINTEXT://:9092,CONTROLLER://:9093',
      'inter.broker.listener.name=PLAINTEXT',
      'advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
      'num.network.threads=3',
      'num.io.threads=8',
      'socket.send.buffer.bytes=102400',
      'socket.receive.buffer.bytes=102400',
      'socket.request.max.bytes=104857600',
      'log.dirs=/tmp/kraft-combined-logs',
      'num.partitions=1',
      'num.recovery.threads.per.data.dir=2',
      'offsets.topic.replication.factor=1',
      'share.coordinator.state.topic.replication.factor=1',
      'share.coordinator.state.topic.min.isr=1',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'log.retention.hours=168',
      'log.segment.bytes=1073741824',
      'log.retention.check.interval.ms=300000',
    ].join('\n'),
  )
  const { values, warnings } = resolveConfig({ file: readPropertiesFile(path) })
  t.strictSame(warnings, [])
  t.strictSame(values['log.dirs'], ['/tmp/kraft-combined-logs'])
  t.strictSame(values.listeners, ['PLAINTEXT://:9092', 'CONTROLLER://:9093'])
})

t.test('a file that is not there', async (t) => {
  t.throws(() => readPropertiesFile('/nowhere/server.properties'), {
    name: 'ConfigError',
    message: /\/nowhere\/server\.properties does not exist/,
  })
})

t.test('topics by specification', async (t) => {
  t.match(parseTopicSpec('orders'), { name: 'orders', partitions: 1, replicationFactor: -1 })
  t.match(parseTopicSpec('orders:3'), { name: 'orders', partitions: 3, replicationFactor: -1 })
  t.match(parseTopicSpec(' orders:3:2 '), { name: 'orders', partitions: 3, replicationFactor: 2 })
  for (const spec of ['', ':3', 'orders:many', 'orders:3:many', 'orders:1.5'])
    t.throws(() => parseTopicSpec(spec), { name: 'ConfigError', message: /^Topic ".*".*write name:partitions/ })
})

t.test('setup', async (t) => {
  t.test('port, host and data directory are flags: they beat file and environment', async (t) => {
    const dataDir = join(tmpdir(), 'odradek-never-made')
    const { config, dataDirs, temporary } = setUp({
      port: 1234,
      dataDir,
      environment: { KAFKA_LOG_DIRS: '/other', KAFKA_LISTENERS: 'PLAINTEXT://:1' },
      file: { 'log.dirs': '/another' },
    })
    t.strictSame(config.values.listeners, ['PLAINTEXT://localhost:1234'])
    t.strictSame(dataDirs, [dataDir])
    t.equal(temporary, false)
  })

  t.test('addresses of IPv6 are put in brackets', async (t) => {
    const { config } = setUp({ host: '::1', port: 0, dataDir: '/x' })
    t.strictSame(config.values.listeners, ['PLAINTEXT://[::1]:0'])
  })

  t.test('without a data directory there is a temporary one', async (t) => {
    const { dataDirs, temporary } = setUp({ port: 0 })
    t.teardown(() => rmSync(dataDirs[0]!, { recursive: true }))
    t.equal(temporary, true)
    t.equal(dataDirs.length, 1)
  })

  t.test('topics and cluster id of the environment', async (t) => {
    const environment = { KAFKA_CREATE_TOPICS: 'a:2:1,b', CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw' }
    const { topics, clusterId } = setUp({ port: 0, dataDir: '/x', environment })
    t.match(topics, [
      { name: 'a', partitions: 2 },
      { name: 'b', partitions: 1 },
    ])
    t.equal(clusterId, '4L6g3nShT-eMCtK--X86sw')
  })

  t.test('nodes that start apart without a cluster id come to the same one, by how they find the quorum', async (t) => {
    const idOf = (flags: Record<string, string>) => setUp({ port: 0, dataDir: '/x', flags }).freshClusterId
    const voters = idOf({ 'controller.quorum.voters': '1@a:1,2@b:1' })
    t.match(voters, /^[\w][\w-]{21}$/)
    t.equal(idOf({ 'controller.quorum.voters': '2@b:1,1@a:1', 'node.id': '2' }), voters, 'in any order')
    t.not(idOf({ 'controller.quorum.voters': '1@a:1,2@c:1' }), voters)
    t.match(idOf({ 'controller.quorum.bootstrap.servers': 'a:1,b:1' }), /^[\w][\w-]{21}$/)
    t.equal(idOf({}), undefined, 'a node without company takes a random one')
  })

  t.test('log level of the environment', async (t) => {
    const environment = { KAFKA_LOG4J_ROOT_LOGLEVEL: 'DEBUG' }
    t.equal(setUp({ port: 0, dataDir: '/x', environment }).logLevel, 'debug')
    t.equal(setUp({ port: 0, dataDir: '/x', environment, logLevel: 'error' }).logLevel, 'error')
    t.equal(setUp({ port: 0, dataDir: '/x' }).logLevel, 'warn')
  })
})
