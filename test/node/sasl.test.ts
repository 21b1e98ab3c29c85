import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createSystem } from '../../src/base/system.ts'
import { Peer } from '../../src/net/peer.ts'
import { setUp } from '../../src/node/options.ts'
import { startBroker } from '../../src/node/start-broker.ts'
import { startCluster } from '../../src/node/start-cluster.ts'
import { saslLogin } from '../../src/security/login.ts'
import { saltedPassword } from '../../src/security/scram.ts'
import { saslCluster } from '../security/sasl-cluster.ts'

const DESCRIBE_DELEGATION_TOKEN = 41
const ALTER_USER_SCRAM_CREDENTIALS = 51
const SCRAM_SHA_512 = 2
const config = saslCluster('PLAIN,SCRAM-SHA-512', 'alice')
const quick = { logLevel: logLevel.NOTHING, retry: { retries: 0 } }

t.test('three nodes that ask each other, and a client that says who it is', async (t) => {
  const topics = { t: { partitions: 3 } }
  const cluster = await startCluster({
    brokers: 3,
    config: { ...config, 'connections.max.reauth.ms': '60000' },
    topics,
  })
  t.teardown(() => cluster.stop())
  const system = createSystem()
  const address = { host: '127.0.0.1', port: cluster.node(1).port }
  const alice = saslLogin({ mechanism: 'PLAIN', user: 'alice', password: 'alice-secret' }, system.random)
  const peer = await Peer.connect({ system, address, clientId: 'test', login: alice })
  const salt = system.random.bytes(16)
  const upsertion = {
    name: 'bob',
    mechanism: SCRAM_SHA_512,
    iterations: 8192,
    salt,
    saltedPassword: saltedPassword('SCRAM-SHA-512', 'bob-secret', salt, 8192),
  }
  const made = await peer.send(ALTER_USER_SCRAM_CREDENTIALS, { deletions: [], upsertions: [upsertion] })
  t.match(made.results, [{ user: 'bob', errorCode: 0 }])
  peer.close()

  const brokers = cluster.bootstrapServers.split(',')
  const bob = (password: string) => ({ mechanism: 'scram-sha-512', username: 'bob', password }) as const
  const kafka = new Kafka({ brokers, sasl: bob('bob-secret'), logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: 30 }, (_, i) => ({ key: String(i), value: `m${i}` }))
  await producer.send({ topic: 't', acks: -1, messages })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'g' })
  await consumer.connect()
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  const seen = new Set<string>()
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        seen.add(message.value!.toString())
        if (seen.size === messages.length) resolve()
      },
    })
  })
  await consumer.disconnect()
  t.equal(seen.size, messages.length)
  const wrong = new Kafka({ ...quick, brokers, sasl: bob('guess') }).admin()
  await t.rejects(wrong.connect(), { name: 'KafkaJSSASLAuthenticationError' })
  await wrong.disconnect()
})

t.test('nodes that would not let each other in do not start', async (t) => {
  const start = (more: Readonly<Record<string, string>>) => startCluster({ brokers: 3, config: { ...config, ...more } })
  await t.rejects(start({ 'sasl.enabled.mechanisms': 'SCRAM-SHA-512' }), {
    name: 'ConfigError',
    message:
      /^Listener PLAINTEXT: sasl.mechanism.inter.broker.protocol says PLAIN, which sasl.enabled.mechanisms \(SCRAM-SHA-512\) leaves out;/,
  })
  await t.rejects(start({ 'listener.name.controller.sasl.enabled.mechanisms': 'SCRAM-SHA-512' }), {
    name: 'ConfigError',
    message: /^Listener CONTROLLER: sasl.mechanism.controller.protocol says PLAIN, which .* leaves out;/,
  })
})

t.test('a broker whose listener asks, alone', async (t) => {
  const { 'inter.broker.listener.name': _, ...alone } = config
  await t.rejects(
    startBroker({ port: 0, config: { ...alone, 'sasl.enabled.mechanisms': 'PLAIN,OAUTHBEARER' } }),
    /Listener PLAINTEXT: sasl.enabled.mechanisms says OAUTHBEARER, which is not served/,
  )
  const broker = await startBroker({ port: 0, config: { ...alone, 'sasl.mechanism.inter.broker.protocol': 'GSSAPI' } })
  t.teardown(() => broker.stop())
  const brokers = [broker.bootstrapServers]
  const client = (sasl?: object) => new Kafka({ ...quick, brokers, ...(sasl ? { sasl } : {}) } as never).admin()
  const alice = client({ mechanism: 'plain', username: 'alice', password: 'alice-secret' })
  await alice.connect()
  t.same(await alice.listTopics(), [])
  await alice.disconnect()
  const system = createSystem()
  const peer = await Peer.connect({
    system,
    address: { host: '127.0.0.1', port: broker.port },
    clientId: 'test',
    login: saslLogin({ mechanism: 'PLAIN', user: 'alice', password: 'alice-secret' }, system.random),
  })
  const { errorCode } = await peer.send(DESCRIBE_DELEGATION_TOKEN, { owners: null })
  t.equal(errorCode, ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED, 'a name is known, and tokens are off')
  peer.close()
  for (const sasl of [undefined, { mechanism: 'scram-sha-256', username: 'alice', password: 'alice-secret' }]) {
    const other = client(sasl)
    await t.rejects(other.connect().then(() => other.listTopics()))
    await other.disconnect()
  }
})

t.test('a port on the command line opens nothing that the configuration closes', (t) => {
  const file = { listeners: 'SASL_PLAINTEXT://:9092' }
  t.throws(() => setUp({ port: 0, file }), {
    name: 'ConfigError',
    message: /--port and --host open a PLAINTEXT listener/,
  })
  const environment = {
    KAFKA_LISTENERS: 'INSIDE://:9092',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INSIDE:SASL_PLAINTEXT',
  }
  t.throws(() => setUp({ host: '127.0.0.1', environment }), { name: 'ConfigError' })
  t.equal(setUp({ port: 0, dataDir: 'x', file: { listeners: 'PLAINTEXT://:9092' } }).config.values.listeners.length, 1)
  t.end()
})
