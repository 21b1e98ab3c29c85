import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { alterConfigs, CONFIG_OPERATION, incrementalAlterConfigs } from '../../src/controller/alter-configs.ts'
import { createTopics } from '../../src/controller/create-topics.ts'
import { FEATURE } from '../../src/metadata/features.ts'
import { type MetadataImage, RESOURCE } from '../../src/metadata/image.ts'
import { record } from '../../src/metadata/record.ts'
import { clusterOf, contextOf, createRequest, incarnationOf, newTopic, replayed, withoutElr } from './harness.ts'

const { SET, DELETE, APPEND, SUBTRACT } = CONFIG_OPERATION
const empty = clusterOf(1)
const configs = [{ name: 'retention.ms', value: '5' }]
const image = replayed(empty, createTopics(empty, createRequest(newTopic('a', { configs })), contextOf()).records)

type Operation = [name: string, configOperation: number, value: string | null]

function alter(operations: Operation[], { on = image, type = RESOURCE.TOPIC as number, name = 'a' } = {}) {
  const changes = operations.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  const resources = [{ resourceType: type, resourceName: name, configs: changes }]
  const { records, response } = incrementalAlterConfigs(on, { resources, validateOnly: false }, contextOf())
  const after = replayed(on, records)
  return {
    code: response.responses[0]!.errorCode,
    types: records.map((record) => record.type),
    set: Object.fromEntries(after.configs.of(type, name)),
    after,
  }
}

t.test('H33: set and delete', async (t) => {
  t.match(alter([['retention.ms', SET, '7']]), { code: ErrorCode.NONE, set: { 'retention.ms': '7' } })
  t.strictSame(alter([['retention.ms', DELETE, null]]).set, {})
  t.match(alter([['retention.ms', SET, '5']]), { code: ErrorCode.NONE, types: [] }, 'unchanged: no record')
})

t.test('H33, H34: append and subtract', async (t) => {
  t.equal(alter([['retention.ms', APPEND, '1']]).code, ErrorCode.INVALID_CONFIG)
  const both = alter([['cleanup.policy', APPEND, 'compact']])
  t.equal(both.set['cleanup.policy'], 'delete,compact', 'on top of the built-in default')
  t.match(alter([['cleanup.policy', APPEND, 'compact']], { on: both.after }), { types: [] })
  t.equal(alter([['cleanup.policy', SUBTRACT, 'delete']], { on: both.after }).set['cleanup.policy'], 'compact')
  const written = alter([['cleanup.policy', APPEND, 'delete']])
  t.match(written, { types: ['ConfigRecord'], set: { 'cleanup.policy': 'delete' } }, 'the default is written out')
})

t.test('H33, H35: what is refused', async (t) => {
  const code = (...operations: Operation[]) => alter(operations).code
  t.equal(code(['retention.ms', 9, '1']), ErrorCode.INVALID_REQUEST)
  t.equal(code(['no.such', SET, '1']), ErrorCode.INVALID_CONFIG)
  t.equal(code(['retention.ms', SET, '-5']), ErrorCode.INVALID_CONFIG)
  t.equal(alter([['retention.ms', SET, '1']], { name: 'nope' }).code, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(alter([], { type: RESOURCE.BROKER, name: '9' }).code, ErrorCode.BROKER_ID_NOT_REGISTERED)
  t.equal(alter([], { type: RESOURCE.BROKER, name: 'x' }).code, ErrorCode.INVALID_REQUEST)
  t.equal(alter([], { type: 99 }).code, ErrorCode.INVALID_REQUEST)
})

t.test('H35: a key must agree with what the topic has already', async (t) => {
  const { after } = alter([['max.compaction.lag.ms', SET, '100']])
  t.equal(alter([['min.compaction.lag.ms', SET, '101']], { on: after }).code, ErrorCode.INVALID_CONFIG)
})

t.test('B54: a broker value is written even if it stays', async (t) => {
  const broker = { type: RESOURCE.BROKER, name: '' }
  const { after } = alter([['log.segment.bytes', SET, '2000000']], broker)
  t.match(alter([['log.segment.bytes', SET, '2000000']], { ...broker, on: after }), { types: ['ConfigRecord'] })
})

t.test('N-C3, N-C4: min.insync.replicas and eligible leaders', async (t) => {
  const cluster = { type: RESOURCE.BROKER, name: '' }
  const one = { type: RESOURCE.BROKER, name: '1' }
  t.strictSame(alter([['min.insync.replicas', SET, '2']]).types, ['ConfigRecord', 'ClearElrRecord'])
  t.strictSame(alter([['min.insync.replicas', SET, '2']], cluster).types, ['ConfigRecord', 'ClearElrRecord'])
  t.equal(alter([['min.insync.replicas', DELETE, null]], cluster).code, ErrorCode.INVALID_CONFIG)
  t.equal(alter([['min.insync.replicas', SET, '2']], one).code, ErrorCode.INVALID_CONFIG)
  const off = withoutElr(image)
  t.strictSame(alter([['min.insync.replicas', SET, '2']], { ...one, on: off }).types, ['ConfigRecord'])
})

t.test('H36: AlterConfigs replaces the whole set', async (t) => {
  const replace = (on: MetadataImage, configs: { name: string; value: string | null }[]) =>
    alterConfigs(on, { resources: [{ resourceType: 2, resourceName: 'a', configs }], validateOnly: false }, contextOf())
  const { records } = replace(image, [{ name: 'cleanup.policy', value: 'compact' }])
  t.strictSame(Object.fromEntries(replayed(image, records).configs.of(2, 'a')), { 'cleanup.policy': 'compact' })
  t.strictSame(replace(image, [{ name: 'retention.ms', value: '5' }]).records, [])
  const nothing = replace(image, [{ name: 'retention.ms', value: null }])
  t.strictSame(Object.fromEntries(replayed(image, nothing.records).configs.of(2, 'a')), {}, 'as if it were not named')
})

t.test('B54: asked directly, null deletes and the last of equal keys counts', async (t) => {
  t.strictSame(alter([['retention.ms', SET, null]]).set, {})
  t.match(
    alter([
      ['retention.ms', SET, '6'],
      ['retention.ms', SET, '8'],
    ]),
    { types: ['ConfigRecord'], set: { 'retention.ms': '8' } },
  )
  const back = alter([
    ['retention.ms', SET, '6'],
    ['retention.ms', SET, '5'],
  ])
  t.match(back, { types: [], set: { 'retention.ms': '5' } })
})

t.test('N-C7: a value has 32767 characters at most, also by append', async (t) => {
  const broker = { type: RESOURCE.BROKER, name: '' }
  const long = 'x'.repeat(32_767)
  t.equal(alter([['some.plugin', SET, long]], broker).code, ErrorCode.NONE, 'and keys of plug-ins are let pass')
  t.equal(alter([['some.plugin', SET, `${long}x`]], broker).code, ErrorCode.INVALID_CONFIG)
  const list = Array.from({ length: 8000 }, (_, i) => `${i}:1`).join(',')
  const key = 'leader.replication.throttled.replicas'
  const { after } = alter([[key, SET, list.slice(0, 32_766).replace(/,[^,]*$/, '')]])
  t.equal(alter([[key, APPEND, '90000:1,90001:1,90002:1']], { on: after }).code, ErrorCode.INVALID_CONFIG)
})

t.test('N-C27: cordoned directories need metadata.version 30', async (t) => {
  const set: Operation[] = [['cordoned.log.dirs', SET, '/a']]
  const broker = { type: RESOURCE.BROKER, name: '1' }
  t.equal(alter(set, broker).code, ErrorCode.NONE)
  const level = record('FeatureLevelRecord', 0, { name: FEATURE.METADATA_VERSION, featureLevel: 29 })
  const older = { ...broker, on: replayed(image, [level]) }
  t.equal(alter(set, older).code, ErrorCode.INVALID_CONFIG)
  t.equal(alter([['cordoned.log.dirs', DELETE, null]], older).code, ErrorCode.NONE)
})

t.test('N-C28: the broker resource of a controller that is no broker', async (t) => {
  const controller = record('RegisterControllerRecord', 0, {
    controllerId: 7,
    incarnationId: incarnationOf(7),
    zkMigrationReady: false,
    endPoints: [],
    features: [],
  })
  const set: Operation[] = [['log.segment.bytes', SET, '2000000']]
  t.equal(alter(set, { type: RESOURCE.BROKER, name: '7' }).code, ErrorCode.BROKER_ID_NOT_REGISTERED)
  const registered = { on: replayed(image, [controller]), type: RESOURCE.BROKER, name: '7' }
  t.equal(alter(set, registered).code, ErrorCode.NONE)
})

t.test('H37, B56: each resource for itself; one named twice is refused; validate_only', async (t) => {
  const set = (resourceName: string, value: string) => ({
    resourceType: RESOURCE.TOPIC,
    resourceName,
    configs: [{ name: 'retention.ms', configOperation: SET, value }],
  })
  const mixed = { resources: [set('nope', '1'), set('a', '9')], validateOnly: false }
  t.match(incrementalAlterConfigs(image, mixed, contextOf()), {
    records: [{ value: { value: '9' } }],
    response: { responses: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }, { errorCode: ErrorCode.NONE }] },
  })
  const twice = { resources: [set('a', '1'), set('a', '2')], validateOnly: false }
  t.match(incrementalAlterConfigs(image, twice, contextOf()).response.responses, [
    { errorCode: ErrorCode.INVALID_REQUEST },
  ])
  t.strictSame(incrementalAlterConfigs(image, { ...mixed, validateOnly: true }, contextOf()).records, [])
})
