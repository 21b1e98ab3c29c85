import t from 'tap'
import type { ApiKey, ApiOf } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { SUPPORTED_FEATURES } from '../../src/metadata/features.ts'
import { scramKey } from '../../src/metadata/security-delta.ts'
import { saslLogin } from '../../src/security/login.ts'
import { encodePrincipal, userPrincipal } from '../../src/security/principal.ts'
import { saltedPassword } from '../../src/security/scram.ts'
import { aclOf, onCluster, onTopic, STANDARD_AUTHORIZER } from '../api/authorization.ts'
import { KEY } from '../api/harness.ts'
import { saslCluster } from '../security/sasl-cluster.ts'
import { CONTROLLER_PORT, type ScenarioCluster, scenario } from './cluster.ts'
import { register, registration } from './registrations.ts'

t.setTimeout(240_000)

const TOPIC = 2
const BROKER = 4
const METADATA_VERSION = 'metadata.version'
const GROUP_VERSION = 'group.version'
const UPGRADE = 1
const SAFE_DOWNGRADE = 2
const SCRAM_SHA_256 = 1

t.test('F37: a producer id is given once, whatever becomes of controllers and brokers', async (t) => {
  const c = await scenario(t)
  const ids: number[] = []
  const initialise = async (via: number) => {
    const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
    const { errorCode, producerId } = await c.ask(via, KEY.INIT_PRODUCER_ID, body)
    t.equal(errorCode, ErrorCode.NONE)
    ids.push(Number(producerId))
  }
  for (const id of [1, 2, 3, 1, 2, 3]) await initialise(id)
  const first = c.active
  first.kill('written')
  const left = [1, 2, 3].filter((id) => id !== first.id)
  await c.elected()
  for (const id of left) await initialise(id)
  await c.boots(first.id)
  await initialise(first.id)
  for (const id of [1, 2, 3]) {
    c.node(id).kill('synced')
    await c.run(500)
    await c.boots(id)
    await c.whole()
    await initialise(id)
  }
  t.equal(new Set(ids).size, ids.length, ids.join(' '))
})

t.test('F38: what a client asks of any broker is decided by the controller, also if that goes meanwhile', async (t) => {
  const c = await scenario(t, { controllers: 3 })
  t.equal(await c.createTopic('through-b1', { replicationFactor: 3 }, 1), ErrorCode.NONE)
  const user = { name: 'alice', mechanism: SCRAM_SHA_256, iterations: 4096, salt: Buffer.alloc(16, 1) }
  const upsertions = [{ ...user, saltedPassword: Buffer.alloc(32, 2) }]
  const made = await c.ask(2, KEY.ALTER_USER_SCRAM_CREDENTIALS, { deletions: [], upsertions })
  t.match(made.results, [{ user: 'alice', errorCode: ErrorCode.NONE }])
  await c.heard()
  const described = await c.ask(3, KEY.DESCRIBE_USER_SCRAM_CREDENTIALS, { users: [{ name: 'alice' }] })
  t.match(described.results, [{ user: 'alice', credentialInfos: [{ mechanism: SCRAM_SHA_256, iterations: 4096 }] }])
  const startMs = c.world.time.monotonicMs()
  c.active.kill('written')
  t.equal(await c.createTopic('during-failover', { replicationFactor: 3 }, 1), ErrorCode.NONE)
  t.ok(c.world.time.monotonicMs() - startMs < 60_000)
  t.ok(c.image.topics.byName.has('during-failover'))
})

const SASL = saslCluster('PLAIN,SCRAM-SHA-256', 'admin')

t.test('F38: with SASL on every listener a user is made through b1, and what the user asks goes on', async (t) => {
  const random = new SeededRandom(1)
  const login = (mechanism: string, user: string, password: string) => saslLogin({ mechanism, user, password }, random)
  const admin = login('PLAIN', 'admin', 'admin-secret')
  const c = await scenario(t, { controllers: 3, config: SASL, login: admin })
  const salt = Buffer.from('a salt of sixteen')
  const salted = saltedPassword('SCRAM-SHA-256', 'wonderland', salt, 4096)
  const user = { name: 'alice', mechanism: SCRAM_SHA_256, iterations: 4096, salt, saltedPassword: salted }
  const made = await c.ask(1, KEY.ALTER_USER_SCRAM_CREDENTIALS, { deletions: [], upsertions: [user] })
  t.match(made.results, [{ user: 'alice', errorCode: ErrorCode.NONE }])
  await c.heard()
  c.client.logIn(login('SCRAM-SHA-256', 'alice', 'wonderland'))
  t.equal(await c.createTopic('of-alice', { replicationFactor: 3 }, 1), ErrorCode.NONE)
  await c.whole()
  const produced = await c.outcome(c.produce(c.partition('of-alice').leader, ['one'], { topic: 'of-alice' }))
  t.equal(produced.errorCode, ErrorCode.NONE)
  c.active.kill('written')
  t.equal(await c.createTopic('during-failover', { replicationFactor: 3 }, 1), ErrorCode.NONE)
  c.client.logIn(login('SCRAM-SHA-256', 'alice', 'looking-glass'))
  await t.rejects(c.ask(1, KEY.METADATA, { topics: [] }), { code: 'EAUTH', message: /does not let this client in/ })
  c.client.logIn(admin)
  const gone = { deletions: [{ name: 'alice', mechanism: SCRAM_SHA_256 }], upsertions: [] }
  t.match((await c.ask(2, KEY.ALTER_USER_SCRAM_CREDENTIALS, gone)).results, [{ errorCode: ErrorCode.NONE }])
  await c.heard()
  c.client.logIn(login('SCRAM-SHA-256', 'alice', 'wonderland'))
  await t.rejects(c.ask(3, KEY.METADATA, { topics: [] }), { code: 'EAUTH' })
})

const SCRAM = 'SCRAM-SHA-256'
const ENVELOPE = 58
const { NONE, TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED } = ErrorCode

const upsertion = (name: string) => {
  const salt = Buffer.from('a salt of sixteen')
  const salted = saltedPassword(SCRAM, `${name}-secret`, salt, 4096)
  return { name, mechanism: SCRAM_SHA_256, iterations: 4096, salt, saltedPassword: salted }
}

/** A client of b1 with an address and a name of its own. */
function clientAt(c: ScenarioCluster, address: string, mechanism: string, user: string) {
  const client = c.workload.client(address)
  client.logIn(saslLogin({ mechanism, user, password: `${user}-secret` }, new SeededRandom(1)))
  const ask = <Key extends ApiKey>(key: Key, body: ApiOf<Key>['request']['Input'], at = { host: 'n1', port: 9092 }) =>
    c.outcome(client.request(at, key, body, { timeoutMs: 120_000 }))
  return {
    ask,
    /** A topic, an entry and a user: the codes that it gets for each. */
    async makes(name: string) {
      const wanted = { name, numPartitions: 1, replicationFactor: 3, assignments: [], configs: [] }
      const { topics } = await ask(KEY.CREATE_TOPICS, { topics: [wanted], timeoutMs: 30_000 })
      const acls = await ask(KEY.CREATE_ACLS, { creations: [aclOf(onTopic('READ', name), 'User:carol')] })
      const users = await ask(KEY.ALTER_USER_SCRAM_CREDENTIALS, { deletions: [], upsertions: [upsertion(name)] })
      return [topics, acls.results, users.results].map(([one]) => one!.errorCode)
    },
  }
}

t.test('F38: the controller asks what the client behind the broker may do, by its name and address', async (t) => {
  const config = { ...SASL, 'authorizer.class.name': STANDARD_AUTHORIZER, 'super.users': 'User:node;User:admin' }
  const admin = saslLogin({ mechanism: 'PLAIN', user: 'admin', password: 'admin-secret' }, new SeededRandom(1))
  const c = await scenario(t, { controllers: 3, config, login: admin })
  const upsertions = ['alice', 'bob'].map(upsertion)
  const made = await c.ask(1, KEY.ALTER_USER_SCRAM_CREDENTIALS, { deletions: [], upsertions })
  t.match(made.results, [{ errorCode: NONE }, { errorCode: NONE }])
  const creations = [onCluster('CREATE'), onCluster('ALTER')].map((grant) => aclOf(grant, 'User:alice', '10.0.0.7'))
  t.match((await c.ask(1, KEY.CREATE_ACLS, { creations })).results, [{ errorCode: NONE }, { errorCode: NONE }])
  await c.heard()

  const alice = clientAt(c, '10.0.0.7', SCRAM, 'alice')
  t.same(await alice.makes('first'), [NONE, NONE, NONE])
  await c.heard()
  const { security, topics } = c.rooms(1).loader.image
  t.ok(topics.byName.has('first'))
  t.ok([...security.acls.values()].some((acl) => (acl as { principal: string }).principal === 'User:carol'))
  t.ok(security.scram.has(scramKey({ name: 'first', mechanism: SCRAM_SHA_256 })))

  // b1 itself is a super user, and lends nobody what it may do.
  const refused = [TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED]
  t.same(await clientAt(c, '10.0.0.8', SCRAM, 'alice').makes('second'), refused, 'from elsewhere')
  t.same(await clientAt(c, '10.0.0.7', SCRAM, 'bob').makes('second'), refused, 'somebody else from there')
  t.notOk(c.image.topics.byName.has('second'))
  const envelope = {
    requestData: Buffer.alloc(0),
    requestPrincipal: encodePrincipal(userPrincipal('admin')),
    clientHostAddress: Buffer.alloc(4),
  }
  const { errorCode } = await alice.ask(ENVELOPE, envelope, { host: `n${c.active.id}`, port: CONTROLLER_PORT })
  t.equal(errorCode, CLUSTER_AUTHORIZATION_FAILED, 'B89: who is no broker speaks for nobody')

  const startMs = c.world.time.monotonicMs()
  c.active.kill('written')
  t.same(await alice.makes('third'), [NONE, NONE, NONE], 'after a failover')
  t.ok(c.world.time.monotonicMs() - startMs < 60_000)
  t.same(await clientAt(c, '10.0.0.7', SCRAM, 'bob').makes('fourth'), refused)
  t.ok(c.image.topics.byName.has('third'))
  t.notOk(c.image.topics.byName.has('fourth'))
})

/** What holds for a key of the topic, and where that is from (1 topic, 2 broker, 3 default of all, 4 file). */
async function valueAt(c: ScenarioCluster, id: number): Promise<[string | null, number]> {
  const resources = [{ resourceType: TOPIC, resourceName: 't', configurationKeys: ['segment.bytes'] }]
  const { results } = await c.ask(id, KEY.DESCRIBE_CONFIGS, { resources }, { version: 4 })
  const [config] = results[0]!.configs
  return [config!.value, config!.configSource]
}

t.test('F39: topic over broker over default over file, the same after a restart and from a snapshot', async (t) => {
  const config = {
    'log.segment.bytes': '2097152',
    'metadata.log.max.record.bytes.between.snapshots': '1500',
    'metadata.max.retention.bytes': '1',
    'metadata.log.segment.ms': '1000',
  }
  const c = await scenario(t, { config })
  const set = async (type: number, name: string, value: string | null) => {
    const key = type === TOPIC ? 'segment.bytes' : 'log.segment.bytes'
    t.equal(await c.configure(type, name, { [key]: value }), ErrorCode.NONE)
    await c.heard()
  }
  t.same(await valueAt(c, 1), ['2097152', 4])
  await set(BROKER, '', '3145728')
  t.same(await valueAt(c, 1), ['3145728', 3])
  await set(BROKER, '1', '4194304')
  t.same(
    [await valueAt(c, 1), await valueAt(c, 2)],
    [
      ['4194304', 2],
      ['3145728', 3],
    ],
  )
  await set(TOPIC, 't', '5242880')
  for (const id of [1, 2, 3]) t.same(await valueAt(c, id), ['5242880', 1])
  for (let i = 0; i < 20; i++) await c.createTopic(`topic-${i}`)
  const cleaned = () => [1, 2, 3].every((id) => c.rooms(id).quorum.log.logStartOffset > 0)
  await c.until(cleaned, 'logs that begin with a snapshot', 240_000)
  for (const id of [1, 2, 3]) {
    await c.stops(id)
    await c.boots(id)
    await c.whole()
  }
  t.same(await valueAt(c, 1), ['5242880', 1])
  await set(TOPIC, 't', null)
  t.same(
    [await valueAt(c, 1), await valueAt(c, 2)],
    [
      ['4194304', 2],
      ['3145728', 3],
    ],
  )
  await set(BROKER, '1', null)
  t.same(await valueAt(c, 1), ['3145728', 3])
  await set(BROKER, '', null)
  t.same(await valueAt(c, 1), ['2097152', 4])
})

async function update(c: ScenarioCluster, feature: string, maxVersionLevel: number, upgradeType: number) {
  const featureUpdates = [{ feature, maxVersionLevel, upgradeType }]
  return (await c.ask(1, KEY.UPDATE_FEATURES, { featureUpdates })).errorCode
}

/** As a node that can do less. */
const lacking = (feature: string, max: number) =>
  new Map([...SUPPORTED_FEATURES].map(([name, range]) => [name, name === feature ? { ...range, max } : range]))

t.test(
  'F40: a whole node that lacks a level of the cluster goes; one that is there keeps the level away',
  async (t) => {
    const c = await scenario(t)
    const before = new Map(c.image.features.levels)
    const old = c.addNode(4, { features: lacking(GROUP_VERSION, 0) })
    old.boot()
    await c.until(() => old.state === 'down', 'it gives up')
    t.notOk(c.image.cluster.brokers.has(4))
    t.same(new Map(c.image.features.levels), before)
    t.equal(await update(c, GROUP_VERSION, 0, SAFE_DOWNGRADE), ErrorCode.NONE)
    await c.boots(4)
    t.equal(await update(c, GROUP_VERSION, 1, UPGRADE), ErrorCode.INVALID_UPDATE_VERSION)
    await c.stops(4)
    t.equal(await update(c, GROUP_VERSION, 1, UPGRADE), ErrorCode.INVALID_UPDATE_VERSION, 'it may come back')
    t.equal((await c.ask(1, KEY.UNREGISTER_BROKER, { brokerId: 4 })).errorCode, ErrorCode.NONE)
    t.equal(await update(c, GROUP_VERSION, 1, UPGRADE), ErrorCode.NONE)
    t.same(new Map(c.image.features.levels), before)
  },
)

t.test('F40: a level that one node lacks is refused, and so is a node that lacks the level', async (t) => {
  const c = await scenario(t)
  const levels = () => new Map(c.image.features.levels)
  const before = levels()
  const refused = await register(c, registration(9, { features: lacking(GROUP_VERSION, 0) }))
  t.equal(refused.errorCode, ErrorCode.UNSUPPORTED_VERSION)
  const old = await register(c, registration(9, { features: lacking(METADATA_VERSION, 22) }))
  t.equal(old.errorCode, ErrorCode.UNSUPPORTED_VERSION)
  t.equal(
    await update(c, METADATA_VERSION, 22, SAFE_DOWNGRADE),
    ErrorCode.INVALID_UPDATE_VERSION,
    'it would lose something',
  )
  t.equal(await update(c, METADATA_VERSION, 99, UPGRADE), ErrorCode.INVALID_UPDATE_VERSION)
  t.same(levels(), before)
  t.equal(await update(c, GROUP_VERSION, 0, SAFE_DOWNGRADE), ErrorCode.NONE)
  const accepted = await register(c, registration(9, { features: lacking(GROUP_VERSION, 0) }))
  t.equal(accepted.errorCode, ErrorCode.NONE)
  t.equal(await update(c, GROUP_VERSION, 1, UPGRADE), ErrorCode.INVALID_UPDATE_VERSION, 'node 9 lacks it')
  t.equal(levels().get(GROUP_VERSION) ?? 0, 0)
})
