import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

const TOPIC = 2
const BROKER = 4

t.test('DescribeConfigs', async (t) => {
  const broker = await TestBroker.start(t, {
    config: { 'log.retention.hours': '24', 'log.segment.bytes': '2097152' },
    topics: { t: { config: { 'max.message.bytes': '5000', 'segment.bytes': '1048576' } } },
  })
  const nodeId = String(broker.broker.nodeId)
  const ask = async (
    version: number,
    resourceType: number,
    resourceName: string,
    configurationKeys: string[] | null = null,
    options: { includeSynonyms?: boolean; includeDocumentation?: boolean } = {},
  ) => {
    const resources = [{ resourceType, resourceName, configurationKeys }]
    return (await broker.send(KEY.DESCRIBE_CONFIGS, version, { resources, ...options })).results[0]!
  }
  const named = (result: Awaited<ReturnType<typeof ask>>, name: string) =>
    result.configs.find((config) => config.name === name)

  t.test('every version: a topic, a broker', async (t) => {
    for (const version of versionsOf(KEY.DESCRIBE_CONFIGS)) {
      const topic = await ask(version, TOPIC, 't')
      t.match(topic, { errorCode: 0, resourceType: TOPIC, resourceName: 't' }, `v${version}`)
      t.match(named(topic, 'max.message.bytes'), { value: '5000', readOnly: false, isSensitive: false })
      const own = await ask(version, BROKER, nodeId)
      t.match(named(own, 'log.retention.hours'), { value: '24' })
      if (version >= 1) {
        t.equal(named(topic, 'max.message.bytes')?.configSource, 1)
        t.equal(named(own, 'log.retention.hours')?.configSource, 4)
      }
      if (version >= 3) t.ok(named(own, 'log.retention.hours')!.configType > 0)
    }
  })

  t.test('H30: some keys, or all', async (t) => {
    t.strictSame(
      (await ask(1, TOPIC, 't', ['retention.ms', 'no.such.key'])).configs.map(({ name }) => name),
      ['retention.ms'],
    )
    t.ok((await ask(1, TOPIC, 't', [])).configs.length > 20)
    t.ok((await ask(1, BROKER, nodeId)).configs.length > 50)
  })

  t.test('H28, H29, H30: where a value comes from, strongest first', async (t) => {
    const topic = await ask(1, TOPIC, 't', null, { includeSynonyms: true })
    t.match(named(topic, 'segment.bytes'), {
      value: '1048576',
      configSource: 1,
      synonyms: [
        { name: 'segment.bytes', value: '1048576', source: 1 },
        { name: 'log.segment.bytes', value: '2097152', source: 4 },
        { name: 'log.segment.bytes', value: '1073741824', source: 5 },
      ],
    })
    // Kafka names a source from the first synonym on only; hours are not what retention.ms is called first.
    t.match(named(topic, 'retention.ms'), { value: '86400000', configSource: 5 })
    t.match(named(topic, 'flush.messages'), { value: '9223372036854775807', configSource: 5 })
    t.strictSame(named(await ask(1, TOPIC, 't'), 'segment.bytes')?.synonyms, [], 'only when asked for')
  })

  t.test('H31: documentation and types from v3 on', async (t) => {
    const of = async (includeDocumentation: boolean) =>
      named(await ask(3, TOPIC, 't', null, { includeDocumentation }), 'retention.ms')
    t.ok((await of(true))?.documentation)
    t.equal((await of(false))?.documentation, null)
    t.equal((await of(false))?.configType, 5, 'long')
  })

  t.test('H31: what is fixed at start is read-only', async (t) => {
    const own = await ask(1, BROKER, nodeId)
    t.equal(named(own, 'node.id')?.readOnly, true)
  })

  t.test('H32: what is refused', async (t) => {
    t.match(await ask(1, TOPIC, 'missing'), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, configs: [] })
    t.equal((await ask(1, TOPIC, 'a b')).errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
    t.equal((await ask(1, BROKER, '4711')).errorCode, ErrorCode.INVALID_REQUEST)
    t.equal((await ask(1, BROKER, 'x')).errorCode, ErrorCode.INVALID_REQUEST)
    t.equal((await ask(1, 99, 'x')).errorCode, ErrorCode.INVALID_REQUEST)
    t.equal((await ask(1, BROKER, '')).errorCode, 0)
  })
})
