import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

const TOPIC = 2
const BROKER = 4

t.test('AlterConfigs', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: { config: { 'retention.ms': '5' } } } })
  const alter = async (
    resourceType: number,
    resourceName: string,
    configs: Record<string, string | null>,
    { version = 2, validateOnly = false } = {},
  ) => {
    const given = Object.entries(configs).map(([name, value]) => ({ name, value }))
    const resources = [{ resourceType, resourceName, configs: given }]
    return (await broker.send(KEY.ALTER_CONFIGS, version, { resources, validateOnly })).responses[0]!
  }
  const own = async (resourceType: number, resourceName: string, source: number) => {
    const resources = [{ resourceType, resourceName, configurationKeys: null }]
    const { results } = await broker.send(KEY.DESCRIBE_CONFIGS, 4, { resources })
    const set = results[0]!.configs.filter(({ configSource }) => configSource === source)
    return Object.fromEntries(set.map(({ name, value }) => [name, value]))
  }

  t.test('B55, every version: what is not named is gone', async (t) => {
    for (const version of versionsOf(KEY.ALTER_CONFIGS)) {
      const configs = version === 1 ? { 'flush.ms': '7' } : { 'max.message.bytes': `${4000 + version}` }
      t.match(await alter(TOPIC, 't', configs, { version }), { errorCode: 0, errorMessage: null, resourceName: 't' })
      t.strictSame(await own(TOPIC, 't', 1), configs, `v${version}`)
    }
    await alter(TOPIC, 't', {}, { validateOnly: true })
    t.strictSame(await own(TOPIC, 't', 1), { 'max.message.bytes': '4002' })
    await alter(TOPIC, 't', {})
    t.strictSame(await own(TOPIC, 't', 1), {})
  })

  t.test('N-C3: all brokers keep min.insync.replicas while eligible leaders are kept', async (t) => {
    t.match(await alter(BROKER, '', { 'log.retention.ms': '9' }), { errorCode: ErrorCode.INVALID_CONFIG })
    t.match(await alter(BROKER, '', { 'log.retention.ms': '9', 'min.insync.replicas': '1' }), { errorCode: 0 })
    t.strictSame(await own(BROKER, '', 3), { 'log.retention.ms': '9', 'min.insync.replicas': '1' })
  })

  t.test('B56, B57: what is refused', async (t) => {
    const code = async (...request: Parameters<typeof alter>) => (await alter(...request)).errorCode
    t.equal(await code(TOPIC, 't', { 'retention.ms': null }), ErrorCode.INVALID_REQUEST)
    t.equal(await code(TOPIC, 't', { 'retention.ms': 'x' }), ErrorCode.INVALID_CONFIG)
    t.equal(await code(TOPIC, 'nope', {}), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal(await code(BROKER, '2', {}), ErrorCode.INVALID_REQUEST)
    t.equal(await code(BROKER, '1', { 'node.id': '1' }), ErrorCode.INVALID_REQUEST)
    t.equal(await code(8, '1', {}), ErrorCode.INVALID_REQUEST)
  })
})
