import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

const TOPIC = 2
const BROKER = 4
const [SET, DELETE, APPEND] = [0, 1, 2]
const { NONE, INVALID_REQUEST, INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode

type Operation = [name: string, configOperation: number, value: string | null]

function clientOf(broker: TestBroker) {
  const resource = (resourceType: number, resourceName: string, ...operations: Operation[]) => ({
    resourceType,
    resourceName,
    configs: operations.map(([name, configOperation, value]) => ({ name, configOperation, value })),
  })
  const send = async (resources: ReturnType<typeof resource>[], { version = 1, validateOnly = false } = {}) =>
    (await broker.send(KEY.INCREMENTAL_ALTER_CONFIGS, version, { resources, validateOnly })).responses
  const alter = async (type: number, name: string, ...operations: Operation[]) =>
    (await send([resource(type, name, ...operations)]))[0]!
  const describe = async (resourceType: number, resourceName: string, key: string) => {
    const resources = [{ resourceType, resourceName, configurationKeys: [key] }]
    const { results } = await broker.send(KEY.DESCRIBE_CONFIGS, 4, { resources })
    const { value, configSource } = results[0]!.configs[0]!
    return [value, configSource]
  }
  return { resource, send, alter, describe }
}

t.test('IncrementalAlterConfigs', async (t) => {
  const broker = await TestBroker.start(t, {
    config: { 'log.segment.bytes': '2097152' },
    topics: { t: {}, u: {} },
  })
  const { resource, send, alter, describe } = clientOf(broker)

  t.test('every version', async (t) => {
    for (const version of versionsOf(KEY.INCREMENTAL_ALTER_CONFIGS)) {
      const answer = await send([resource(TOPIC, 't', ['retention.ms', SET, `${version + 1000}`])], { version })
      t.strictSame(answer, [{ errorCode: NONE, errorMessage: null, resourceType: TOPIC, resourceName: 't' }])
      t.strictSame(await describe(TOPIC, 't', 'retention.ms'), [`${version + 1000}`, 1])
    }
    await alter(TOPIC, 't', ['retention.ms', DELETE, null])
    t.strictSame(await describe(TOPIC, 't', 'retention.ms'), ['604800000', 5])
    t.match(await alter(TOPIC, 't', ['cleanup.policy', APPEND, 'compact']), { errorCode: NONE })
    t.strictSame(await describe(TOPIC, 't', 'cleanup.policy'), ['delete,compact', 1], 'J52')
    await alter(TOPIC, 't', ['cleanup.policy', DELETE, null])
  })

  t.test('H37: each resource for itself, in the order of the request; validate only', async (t) => {
    const mixed = [
      resource(TOPIC, 'nope', ['retention.ms', SET, '1']),
      resource(BROKER, '99', ['log.retention.ms', SET, '1']),
      resource(TOPIC, 'u', ['retention.ms', SET, '12345']),
    ]
    const expected = [
      { errorCode: UNKNOWN_TOPIC_OR_PARTITION, resourceName: 'nope' },
      { errorCode: INVALID_REQUEST, resourceName: '99' },
      { errorCode: NONE, resourceName: 'u' },
    ]
    t.match(await send(mixed, { validateOnly: true }), expected)
    t.strictSame(await describe(TOPIC, 'u', 'retention.ms'), ['604800000', 5])
    t.match(await send(mixed), expected)
    t.strictSame(await describe(TOPIC, 'u', 'retention.ms'), ['12345', 1])
  })

  t.test('B54, B56: what the broker refuses before the controller hears of it', async (t) => {
    const twice = resource(TOPIC, 't', ['retention.ms', SET, '1'])
    t.match(await send([twice, resource(TOPIC, 'u'), twice]), [
      { errorCode: INVALID_REQUEST, resourceName: 't' },
      { errorCode: NONE, resourceName: 'u' },
      { errorCode: INVALID_REQUEST, resourceName: 't' },
    ])
    t.match(await alter(TOPIC, 't', ['retention.ms', SET, null]), { errorCode: INVALID_REQUEST })
    const again = await alter(TOPIC, 't', ['retention.ms', SET, '1'], ['retention.ms', DELETE, null])
    t.match(again, { errorCode: INVALID_REQUEST })
    t.match(await alter(BROKER, 'one', ['log.retention.ms', SET, '1']), { errorCode: INVALID_REQUEST })
    t.match(await alter(99, 'x'), { errorCode: INVALID_REQUEST })
    t.match(await alter(8, '1'), { errorCode: INVALID_REQUEST })
    t.match(await alter(TOPIC, 't', ['retention.ms', SET, 'soon']), { errorCode: INVALID_CONFIG })
    t.strictSame(await describe(TOPIC, 't', 'retention.ms'), ['604800000', 5])
  })

  t.test('B57: what a running broker does not take over', async (t) => {
    const refused = async (name: string, key: string, value: string) =>
      t.match(await alter(BROKER, name, [key, SET, value]), { errorCode: INVALID_REQUEST }, `${key}=${value}`)
    await refused('1', 'node.id', '2')
    await refused('', 'process.roles', 'broker')
    await refused('', 'cordoned.log.dirs', '/nowhere')
    await refused('', 'log.retention.ms', 'soon')
    await refused('', 'num.network.threads', '7')
    await refused('', 'num.network.threads', '0')
    await refused('1', 'listener.name.sasl.plain.sasl.jaas.config', 'M required user_a="hush";')
    await refused('', 'listener.name.sasl.connections.max.reauth.ms', '1000')
    t.match(await alter(BROKER, '', ['num.network.threads', SET, '6']), { errorCode: NONE }, 'twice as many')
    t.match(await alter(BROKER, '', ['num.network.threads', DELETE, null]), { errorCode: NONE })
    t.match(await alter(BROKER, '1', ['node.id', DELETE, null]), { errorCode: NONE }, 'nothing is taken away')
  })

  t.test('F39: topic over broker over default over file; unset falls back step by step', async (t) => {
    const steps: [type: number, name: string, key: string, value: string, source: number][] = [
      [BROKER, '', 'log.segment.bytes', '3145728', 3],
      [BROKER, '1', 'log.segment.bytes', '4194304', 2],
      [TOPIC, 't', 'segment.bytes', '5242880', 1],
    ]
    const seen = [await describe(TOPIC, 't', 'segment.bytes')]
    t.strictSame(seen, [['2097152', 4]])
    for (const [type, name, key, value, source] of steps) {
      t.match(await alter(type, name, [key, SET, value]), { errorCode: NONE })
      seen.push(await describe(TOPIC, 't', 'segment.bytes'))
      t.strictSame(seen.at(-1), [value, source])
    }
    for (const [type, name, key] of steps.reverse()) {
      t.strictSame(await describe(TOPIC, 't', 'segment.bytes'), seen.pop())
      await alter(type, name, [key, DELETE, null])
    }
    t.strictSame(await describe(TOPIC, 't', 'segment.bytes'), seen.pop())
  })

  t.test('H38: a topic key, and its default for all topics, hold from the next batch on', async (t) => {
    const big = batchOf(['x'.repeat(2000)])
    t.equal((await broker.produce('t', 0, big)).errorCode, NONE)
    await alter(BROKER, '', ['message.max.bytes', SET, '1000'])
    t.equal((await broker.produce('t', 0, big)).errorCode, ErrorCode.MESSAGE_TOO_LARGE)
    await alter(TOPIC, 't', ['max.message.bytes', SET, '3000'])
    t.equal((await broker.produce('t', 0, big)).errorCode, NONE)
    t.equal((await broker.produce('u', 0, big)).errorCode, ErrorCode.MESSAGE_TOO_LARGE)
    await alter(BROKER, '', ['message.max.bytes', DELETE, null])
    t.equal((await broker.produce('u', 0, big)).errorCode, NONE)
  })

  t.test('KIP-226: a limit of the network holds for the next connection', async (t) => {
    const other = await broker.connect()
    await alter(BROKER, '', ['max.connections.per.ip', SET, '1'])
    const refused = await broker.connect()
    await refused.closed
    t.equal((await other.send(KEY.API_VERSIONS, 0, {})).errorCode, NONE, 'those that are open stay')
    await alter(BROKER, '', ['max.connections.per.ip', DELETE, null])
    t.ok(await broker.isWell())
  })

  t.test('a key that nobody knows is kept, and its value is not shown', async (t) => {
    await alter(BROKER, '', ['plugin.secret', SET, 'abc'])
    t.strictSame(await describe(BROKER, '', 'plugin.secret'), [null, 3])
    t.strictSame(await describe(BROKER, '1', 'plugin.secret'), [null, 3])
    await alter(BROKER, '1', ['plugin.secret', SET, 'def'])
    t.strictSame(await describe(BROKER, '1', 'plugin.secret'), [null, 2])
    t.match(await alter(TOPIC, 't', ['plugin.secret', SET, 'abc']), { errorCode: INVALID_CONFIG })
  })

  t.test('I19: a key as long as a name can be is refused, though no message can quote it', async (t) => {
    t.match(await alter(TOPIC, 't', ['x'.repeat(32767), SET, '1']), { errorCode: INVALID_CONFIG })
  })
})

/** Outlives the brokers that stand on it. */
const dataDir = t.testdir()

t.test('F39: after a restart the same', async (t) => {
  const first = await TestBroker.start(t, { dataDir, topics: { t: {} } })
  const { alter } = clientOf(first)
  await alter(BROKER, '', ['log.retention.ms', SET, '111'])
  await alter(BROKER, '1', ['log.retention.ms', SET, '222'])
  await alter(BROKER, '', ['log.segment.bytes', SET, '1048576'])
  await alter(TOPIC, 't', ['segment.bytes', SET, '2097152'])
  await first.stop()
  const { describe } = clientOf(await TestBroker.start(t, { dataDir }))
  t.strictSame(await describe(TOPIC, 't', 'retention.ms'), ['222', 2])
  t.strictSame(await describe(BROKER, '1', 'log.segment.bytes'), ['1048576', 3])
  t.strictSame(await describe(TOPIC, 't', 'segment.bytes'), ['2097152', 1])
})
