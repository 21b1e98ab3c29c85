import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { createTopics } from '../../src/controller/create-topics.ts'
import { FULL_ACCESS } from '../../src/controller/ports.ts'
import { RESOURCE } from '../../src/metadata/image.ts'
import {
  clusterOf,
  contextOf,
  createRequest,
  decisionConfig,
  directoryOf,
  newTopic,
  replayed,
  withoutElr,
} from './harness.ts'

const image = clusterOf(1, 2, 3)

const codeOf = (topic: ReturnType<typeof newTopic>, on = image) =>
  createTopics(on, createRequest(topic), contextOf()).response.topics[0]!.errorCode

t.test('H1: names', async (t) => {
  for (const name of ['', '.', '..', 'a b', 'ä', 'x'.repeat(250), 'a/b', 'a\n']) {
    t.equal(codeOf(newTopic(name)), ErrorCode.INVALID_TOPIC_EXCEPTION, JSON.stringify(name))
  }
  for (const name of ['a', '...', 'A.b_c-9', 'x'.repeat(249)]) t.equal(codeOf(newTopic(name)), ErrorCode.NONE, name)
})

t.test('H2: a name that collides with an existing one', async (t) => {
  const made = createTopics(image, createRequest(newTopic('a.b_c'), newTopic('plain')), contextOf())
  const after = replayed(image, made.records)
  t.equal(codeOf(newTopic('a_b.c'), after), ErrorCode.INVALID_TOPIC_EXCEPTION)
  t.equal(codeOf(newTopic('a.b_c'), after), ErrorCode.TOPIC_ALREADY_EXISTS, 'the same name exists')
  t.equal(codeOf(newTopic('abc'), after), ErrorCode.NONE)
})

t.test('H3: __cluster_metadata is INVALID_REQUEST, other internal topics are not', async (t) => {
  t.equal(codeOf(newTopic('__cluster_metadata')), ErrorCode.INVALID_REQUEST)
  t.equal(codeOf(newTopic('__consumer_offsets')), ErrorCode.NONE)
})

t.test('H4: existing, twice, unauthorized; others in the request succeed', async (t) => {
  const made = createTopics(image, createRequest(newTopic('there')), contextOf())
  const access = { ...FULL_ACCESS, mayCreate: (name: string) => name !== 'forbidden' }
  const request = createRequest(...['there', 'two', 'forbidden', 'fine', 'two'].map((name) => newTopic(name)))
  const { response, records } = createTopics(replayed(image, made.records), request, contextOf({ access }))
  t.strictSame(Object.fromEntries(response.topics.map(({ name, errorCode }) => [name, errorCode])), {
    there: ErrorCode.TOPIC_ALREADY_EXISTS,
    two: ErrorCode.INVALID_REQUEST,
    forbidden: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    fine: ErrorCode.NONE,
  })
  t.equal(response.topics.length, 4, 'the name that came twice is answered once')
  t.strictSame(
    records.map(({ type }) => type),
    ['TopicRecord', 'PartitionRecord'],
  )
})

t.test('H5: replication factor goes before partitions', async (t) => {
  const both = newTopic('x', { replicationFactor: 0, numPartitions: 0 })
  t.equal(codeOf(both), ErrorCode.INVALID_REPLICATION_FACTOR)
  t.equal(codeOf(newTopic('x', { replicationFactor: -2 })), ErrorCode.INVALID_REPLICATION_FACTOR)
  t.equal(codeOf(newTopic('x', { replicationFactor: 4 })), ErrorCode.INVALID_REPLICATION_FACTOR)
  t.equal(codeOf(newTopic('x', { numPartitions: 0 })), ErrorCode.INVALID_PARTITIONS)
  t.equal(codeOf(newTopic('x', { numPartitions: -2 })), ErrorCode.INVALID_PARTITIONS)
  t.equal(codeOf(newTopic('x', { replicationFactor: 3 })), ErrorCode.NONE)
})

t.test('H5: fenced brokers count, but one must be alive', async (t) => {
  const oneFenced = clusterOf(1, { id: 2, fenced: true })
  t.equal(codeOf(newTopic('x', { replicationFactor: 2 }), oneFenced), ErrorCode.NONE)
  t.equal(codeOf(newTopic('x', { replicationFactor: 3 }), oneFenced), ErrorCode.INVALID_REPLICATION_FACTOR)
  t.equal(codeOf(newTopic('x'), clusterOf({ id: 1, fenced: true })), ErrorCode.INVALID_REPLICATION_FACTOR)
  t.equal(codeOf(newTopic('x'), clusterOf()), ErrorCode.INVALID_REPLICATION_FACTOR)
})

t.test('H5: -1 means num.partitions and default.replication.factor', async (t) => {
  const config = { ...decisionConfig, 'num.partitions': 4, 'default.replication.factor': 2 }
  const request = createRequest(newTopic('x', { numPartitions: -1, replicationFactor: -1 }))
  const [topic] = createTopics(image, request, contextOf({ config })).response.topics
  t.match(topic, { errorCode: ErrorCode.NONE, numPartitions: 4, replicationFactor: 2 })
})

t.test('H6: manual assignments', async (t) => {
  const assigned = (brokers: number[][], change = {}) =>
    newTopic('x', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: brokers.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      ...change,
    })
  t.equal(
    codeOf(
      assigned([
        [1, 2],
        [2, 3],
      ]),
    ),
    ErrorCode.NONE,
  )
  t.equal(codeOf(assigned([[1]], { numPartitions: 1 })), ErrorCode.INVALID_REQUEST)
  t.equal(codeOf(assigned([[1]], { replicationFactor: 1 })), ErrorCode.INVALID_REQUEST)
  t.equal(codeOf(assigned([[]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'empty')
  t.equal(codeOf(assigned([[1, 1]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'a broker twice')
  t.equal(codeOf(assigned([[9]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'unknown broker')
  t.equal(codeOf(assigned([[1, 2], [3]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'uneven')
  for (const indexes of [
    [0, 2],
    [1, 2],
    [0, 0],
  ]) {
    const assignments = indexes.map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }))
    t.equal(codeOf(assigned([], { assignments })), ErrorCode.INVALID_REPLICA_ASSIGNMENT, `partitions ${indexes}`)
  }
  const fenced = clusterOf(1, { id: 2, fenced: true })
  t.equal(codeOf(assigned([[2]]), fenced), ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'nobody alive')
  t.equal(codeOf(assigned([[2, 1]]), fenced), ErrorCode.NONE)
})

t.test('H7, H35, H39: configs', async (t) => {
  const withConfig = (...configs: [string, string | null][]) =>
    newTopic('x', { configs: configs.map(([name, value]) => ({ name, value })) })
  const bad: [string, string | null][] = [
    ['no.such.key', '1'],
    ['retention.ms', null],
    ['retention.ms', '-2'],
    ['retention.ms', 'soon'],
    ['min.cleanable.dirty.ratio', '1.5'],
    ['cleanup.policy', 'shred'],
    ['max.message.bytes', '-1'],
    ['segment.ms', '0'],
  ]
  for (const pair of bad) t.equal(codeOf(withConfig(pair)), ErrorCode.INVALID_CONFIG, pair.join('='))
  const lag = withConfig(['min.compaction.lag.ms', '10'], ['max.compaction.lag.ms', '5'])
  t.equal(codeOf(lag), ErrorCode.INVALID_CONFIG)
  t.equal(codeOf(withConfig(['cleanup.policy', 'compact,delete'], ['retention.ms', '-1'])), ErrorCode.NONE)
})

t.test('N-C7: a config value longer than 32767 characters', async (t) => {
  const configs = [{ name: 'leader.replication.throttled.replicas', value: `1:1${',1:1'.repeat(9000)}` }]
  t.equal(codeOf(newTopic('x', { configs })), ErrorCode.INVALID_CONFIG)
})

t.test('H8: validate_only answers the same and writes nothing', async (t) => {
  const topics = [newTopic('x', { numPartitions: 3 }), newTopic('y', { numPartitions: 0 })]
  const real = createTopics(image, createRequest(...topics), contextOf())
  const dry = createTopics(image, { ...createRequest(...topics), validateOnly: true }, contextOf())
  t.strictSame(dry.records, [])
  t.strictSame(dry.response, real.response)
})

t.test('H9: success shows counts and effective configs, sorted, with their source', async (t) => {
  const topic = newTopic('x', {
    numPartitions: 2,
    replicationFactor: 3,
    configs: [{ name: 'retention.ms', value: '5' }],
  })
  const [result] = createTopics(image, createRequest(topic), contextOf()).response.topics
  t.match(result, { errorCode: ErrorCode.NONE, errorMessage: null, numPartitions: 2, replicationFactor: 3 })
  const names = result!.configs!.map(({ name }) => name)
  t.strictSame(names, [...names].sort())
  t.match(
    result!.configs!.find(({ name }) => name === 'retention.ms'),
    { value: '5', configSource: 1 },
  )
  t.match(
    result!.configs!.find(({ name }) => name === 'cleanup.policy'),
    { value: 'delete', configSource: 5 },
  )
  t.notOk(names.includes('internal.segment.bytes'))
})

t.test('H9: without DESCRIBE_CONFIGS the rest is hidden', async (t) => {
  const access = { ...FULL_ACCESS, mayDescribeConfigs: () => false }
  const [result] = createTopics(image, createRequest(newTopic('x')), contextOf({ access })).response.topics
  t.equal(result!.errorCode, ErrorCode.NONE)
  t.equal(result!.topicConfigErrorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  t.strictSame(result!.configs, [])
  t.equal(result!.numPartitions, undefined, 'left to its default of -1')
})

t.test('H10: records in order, ISR of the live replicas, first of them leads, epochs 0', async (t) => {
  const half = clusterOf(1, { id: 2, fenced: true }, { id: 3, inControlledShutdown: true })
  const topic = newTopic('x', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [2, 3, 1] }],
    configs: [{ name: 'retention.ms', value: '5' }],
  })
  const { records, response } = createTopics(half, createRequest(topic), contextOf())
  t.strictSame(
    records.map(({ type, version }) => [type, version]),
    [
      ['TopicRecord', 0],
      ['ConfigRecord', 0],
      ['PartitionRecord', 2],
    ],
  )
  t.strictSame(records[2]!.value, {
    partitionId: 0,
    topicId: response.topics[0]!.topicId,
    replicas: [2, 3, 1],
    isr: [1],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: [directoryOf(2), directoryOf(3), directoryOf(1)],
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  })
})

t.test('N-C4: min.insync.replicas comes with ClearElr, as long as ELR is on', async (t) => {
  const configs = [
    { name: 'min.insync.replicas', value: '1' },
    { name: 'retention.ms', value: '1000000' },
  ]
  const types = (on: typeof image) =>
    createTopics(on, createRequest(newTopic('t', { configs })), contextOf()).records.map(({ type }) => type)
  const config = ['TopicRecord', 'ConfigRecord', 'ConfigRecord']
  t.strictSame(types(image), [...config, 'ClearElrRecord', 'PartitionRecord'])
  t.strictSame(types(withoutElr(image)), [...config, 'PartitionRecord'])
})

t.test('N-C23: more than 10000 partitions in one request', async (t) => {
  const config = { ...decisionConfig, 'num.partitions': 5001 }
  const topics = [newTopic('a', { numPartitions: 5000 }), newTopic('b', { numPartitions: -1 })]
  const { records, response } = createTopics(image, createRequest(...topics), contextOf({ config }))
  t.strictSame(records, [])
  for (const { errorCode } of response.topics) t.equal(errorCode, ErrorCode.POLICY_VIOLATION)
  const most = createTopics(image, createRequest(newTopic('a', { numPartitions: 9999 })), contextOf())
  t.equal(most.records.length, 10_000, 'the limit itself is allowed')
})

t.test('overrides of a created topic are in the image', async (t) => {
  const topic = newTopic('x', { configs: [{ name: 'retention.ms', value: '5' }] })
  const after = replayed(image, createTopics(image, createRequest(topic), contextOf()).records)
  t.strictSame([...after.configs.of(RESOURCE.TOPIC, 'x')], [['retention.ms', '5']])
})
