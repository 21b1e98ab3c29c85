import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { startCluster } from '../../src/node/start-cluster.ts'
import { KEY, SOFTWARE, Wire } from './harness.ts'

t.setTimeout(120_000)

const TOPIC = 2
const BROKER = 4

t.test('settings of a cluster of three', async (t) => {
  const cluster = await startCluster({ topics: { t: {} } })
  t.teardown(() => cluster.stop())
  const wires = new Map<number, Wire>()
  for (const id of [1, 2, 3]) wires.set(id, await Wire.open(cluster.node(id).port))
  t.teardown(() => {
    for (const wire of wires.values()) wire.close()
  })
  const at = (id: number) => wires.get(id)!

  /** Asks a node until it has seen what another one was told. */
  const sees = async <T>(id: number, ask: (wire: Wire) => Promise<T>, wanted: T, message: string) => {
    let answer = await ask(at(id))
    while (JSON.stringify(answer) !== JSON.stringify(wanted)) answer = await ask(at(id))
    t.strictSame(answer, wanted, `${message}, by node ${id}`)
  }
  const set = async (id: number, resourceType: number, resourceName: string, name: string, value: string | null) => {
    const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
    const resources = [{ resourceType, resourceName, configs }]
    const { responses } = await at(id).send(KEY.INCREMENTAL_ALTER_CONFIGS, 1, { resources, validateOnly: false })
    return responses[0]!.errorCode
  }
  const config = (resourceType: number, resourceName: string, key: string) => async (wire: Wire) => {
    const resources = [{ resourceType, resourceName, configurationKeys: [key] }]
    const { results } = await wire.send(KEY.DESCRIBE_CONFIGS, 4, { resources })
    return results[0]!.configs.map(({ value, configSource }) => [value, configSource])[0]
  }

  t.test('B93: whichever node is asked, the controller decides', async (t) => {
    for (const id of [1, 2, 3]) {
      const value = `${id * 1000}`
      t.equal(await set(id, TOPIC, 't', 'retention.ms', value), ErrorCode.NONE)
      for (const other of [1, 2, 3])
        await sees(other, config(TOPIC, 't', 'retention.ms'), [value, 1], 'set for a topic')
    }
    t.equal(await set(2, TOPIC, 'nope', 'retention.ms', '1'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal(await set(3, TOPIC, 't', 'retention.ms', 'soon'), ErrorCode.INVALID_CONFIG)
    t.equal(await set(3, TOPIC, 't', 'retention.ms', null), ErrorCode.NONE)
  })

  t.test('B56, F39: what is set for one broker is set at that one, and holds there alone', async (t) => {
    t.equal(await set(1, BROKER, '', 'log.retention.ms', '50'), ErrorCode.NONE)
    t.equal(await set(1, BROKER, '2', 'log.retention.ms', '60'), ErrorCode.INVALID_REQUEST)
    t.equal(await set(2, BROKER, '2', 'log.retention.ms', '60'), ErrorCode.NONE)
    await sees(1, config(TOPIC, 't', 'retention.ms'), ['50', 3], 'the default of all brokers')
    await sees(2, config(TOPIC, 't', 'retention.ms'), ['60', 2], 'its own')
    await sees(3, config(TOPIC, 't', 'retention.ms'), ['50', 3], 'the default of all brokers')
  })

  t.test('B85, B86: quotas and credentials', async (t) => {
    const entity = [{ entityType: 'user', entityName: 'u' }]
    const ops = [{ key: 'producer_byte_rate', value: 1000, remove: false }]
    const quota = { entries: [{ entity, ops }], validateOnly: false }
    t.equal((await at(1).send(KEY.ALTER_CLIENT_QUOTAS, 1, quota)).entries[0]!.errorCode, ErrorCode.NONE)
    const [salt, saltedPassword] = [Buffer.from('salt'), Buffer.from('salted')]
    const upsertions = [{ name: 'u', mechanism: 1, iterations: 4096, salt, saltedPassword }]
    const { results } = await at(2).send(KEY.ALTER_USER_SCRAM_CREDENTIALS, 0, { upsertions, deletions: [] })
    t.equal(results[0]!.errorCode, ErrorCode.NONE)
    const quotas = async (wire: Wire) =>
      (await wire.send(KEY.DESCRIBE_CLIENT_QUOTAS, 1, { components: [], strict: false })).entries
    const users = async (wire: Wire) =>
      (await wire.send(KEY.DESCRIBE_USER_SCRAM_CREDENTIALS, 0, { users: null })).results.map(({ user }) => user)
    const values = [{ key: 'producer_byte_rate', value: 1000 }]
    for (const id of [1, 2, 3]) {
      await sees(id, quotas, [{ entity, values }], 'quotas')
      await sees(id, users, ['u'], 'credentials')
    }
  })

  t.test('B24: a level that every node knows', async (t) => {
    const update =
      (maxVersionLevel: number, upgradeType: number, validateOnly = false) =>
      async (wire: Wire) => {
        const featureUpdates = [{ feature: 'transaction.version', maxVersionLevel, upgradeType }]
        return (await wire.send(KEY.UPDATE_FEATURES, 2, { featureUpdates, validateOnly })).errorCode
      }
    await sees(1, update(1, 2, true), ErrorCode.NONE, 'B40: every controller has registered')
    t.equal(await update(1, 2)(at(1)), ErrorCode.NONE)
    const level = async (wire: Wire) =>
      (await wire.send(KEY.API_VERSIONS, 4, SOFTWARE)).finalizedFeatures.find(
        ({ name }) => name === 'transaction.version',
      )?.maxVersionLevel
    for (const id of [1, 2, 3]) await sees(id, level, 1, 'transaction.version')
    t.equal(await update(3, 1)(at(3)), ErrorCode.INVALID_UPDATE_VERSION)
  })

  t.test('N-C27: a broker all of whose directories are cordoned gets no new replicas', async (t) => {
    t.equal(await set(3, BROKER, '3', 'cordoned.log.dirs', '*'), ErrorCode.NONE)
    const request = (name: string) => ({
      topics: [{ name, numPartitions: 3, replicationFactor: 3, assignments: [], configs: [] }],
      timeoutMs: 10_000,
      validateOnly: true,
    })
    const create = async (wire: Wire) => (await wire.send(KEY.CREATE_TOPICS, 7, request('new'))).topics[0]!.errorCode
    await sees(1, create, ErrorCode.INVALID_REPLICATION_FACTOR, 'two brokers are left')
    t.equal(await set(3, BROKER, '3', 'cordoned.log.dirs', null), ErrorCode.NONE)
    await sees(1, create, ErrorCode.NONE, 'all three')
  })
})
