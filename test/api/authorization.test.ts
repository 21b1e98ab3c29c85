import t, { type Test } from 'tap'
import { apiByKey } from '../../protocol/api/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { Api } from '../../src/api/index.ts'
import type { Services } from '../../src/api/services.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ACL_CODES } from '../../src/metadata/acls.ts'
import { setUp } from '../../src/node/options.ts'
import {
  aclOf,
  EVERY_ACL,
  type Grant,
  GuardedNode,
  onCluster,
  onGroup,
  onTopic,
  refusalsIn,
  STANDARD_AUTHORIZER,
} from './authorization.ts'
import { CASES, type Case } from './authorization-cases.ts'
import { batchOf, KEY } from './harness.ts'

const { NONE, TOPIC_AUTHORIZATION_FAILED: TOPIC, GROUP_AUTHORIZATION_FAILED: GROUP } = ErrorCode

const nameOf = ({ key, version, on = 'broker', what = '' }: Case) =>
  `${apiByKey(key).name} v${version} on the ${on}'s listener ${what}`

/** Every way to take one grant out of each alternative. */
function oneOfEach([first, ...rest]: readonly (readonly Grant[])[]): Grant[][] {
  if (first === undefined) return []
  if (rest.length === 0) return first.map((grant) => [grant])
  return first.flatMap((grant) => oneOfEach(rest).map((others) => [grant, ...others]))
}

t.test('B89, B95, B96: each API that is served refuses those without the right, and only those', async (t) => {
  const node = await GuardedNode.start(t)
  for (const name of ['t', 'goes-broker', 'goes-controller', '__consumer_offsets']) await node.createTopic(name)
  for (const one of CASES) {
    const { key, version, body, on = 'broker', refusal, grants = [] } = one
    const ask = async () => refusalsIn(await node.ask(key, version, body as never, on))
    await node.allowNothing()
    t.same(await ask(), refusal === undefined ? [] : [refusal], nameOf(one))
    // All else is not enough. First, for what is allowed may be done for good.
    for (const needed of oneOfEach(grants)) {
      await node.allowNothing()
      await node.allowAllBut(...needed)
      t.not((await ask()).length, 0, `${nameOf(one)} without ${needed.join(' and ')}`)
    }
    for (const enough of grants) {
      await node.allowNothing()
      await node.allow(...enough)
      t.same(await ask(), [], `${nameOf(one)} with ${enough.join(' and ')}`)
    }
  }
})

t.test('no API is served that has no case here', async (t) => {
  for (const kind of ['broker', 'controller'] as const) {
    const { served } = new Api({ logger: silentLogger } as unknown as Services, kind)
    const missing = served.filter(
      ({ apiKey }) => !CASES.some(({ key, on = 'broker' }) => key === apiKey && on === kind),
    )
    t.same(
      missing.map(({ apiKey }) => apiKey),
      [],
      kind,
    )
  }
})

/** A node with topics seen and hidden, and the rights to know of the former. */
async function seenAndHidden(t: Test, ...grants: readonly Grant[]) {
  const node = await GuardedNode.start(t)
  const ids = { seen: await node.createTopic('seen'), hidden: await node.createTopic('hidden') }
  await node.createTopic('__consumer_offsets')
  await node.allow(onTopic('DESCRIBE', 'seen'), onTopic('ALTER', 'seen'), ...grants)
  return { node, ids }
}

const bits = (...operations: (keyof typeof ACL_CODES.OPERATION)[]): number =>
  operations.reduce((sum, operation) => sum + 2 ** ACL_CODES.OPERATION[operation], 0)

t.test('H19, KIP-430: Metadata tells of the topics that one may know of, and what one may do to them', async (t) => {
  const { node, ids } = await seenAndHidden(t)
  const all = await node.ask(KEY.METADATA, 10, {
    topics: null,
    includeTopicAuthorizedOperations: true,
    includeClusterAuthorizedOperations: true,
  })
  t.match(all.topics, [{ name: 'seen', topicAuthorizedOperations: bits('DESCRIBE', 'ALTER') }])
  t.equal(all.topics.length, 1)
  t.equal(all.clusterAuthorizedOperations, 0, 'nothing of the cluster without DESCRIBE on it')
  const named = await node.ask(KEY.METADATA, 12, { topics: [{ name: 'hidden' }, { name: 'missing' }] })
  for (const topic of named.topics) t.match(topic, { errorCode: TOPIC, topicId: ZERO_UUID, partitions: [] })
  const byId = await node.ask(KEY.METADATA, 12, { topics: [{ name: null, topicId: ids.hidden }] })
  t.match(byId.topics, [{ errorCode: TOPIC, name: null, topicId: ids.hidden, partitions: [] }])
  await node.allow(onCluster('DESCRIBE'), onCluster('ALTER_CONFIGS'))
  const { clusterAuthorizedOperations } = await node.ask(KEY.DESCRIBE_CLUSTER, 1, {
    includeClusterAuthorizedOperations: true,
  })
  t.equal(clusterAuthorizedOperations, bits('DESCRIBE', 'ALTER_CONFIGS', 'DESCRIBE_CONFIGS'))
})

t.test('H22: DescribeTopicPartitions leaves out what one may not know of, unless it is named', async (t) => {
  const { node } = await seenAndHidden(t)
  const all = await node.ask(KEY.DESCRIBE_TOPIC_PARTITIONS, 0, { topics: [] })
  t.match(all.topics, [{ name: 'seen', errorCode: NONE, topicAuthorizedOperations: bits('DESCRIBE', 'ALTER') }])
  t.equal(all.topics.length, 1)
  const { topics } = await node.ask(KEY.DESCRIBE_TOPIC_PARTITIONS, 0, {
    topics: [{ name: 'hidden' }, { name: 'seen' }],
  })
  t.match(topics, [
    { name: 'seen', errorCode: NONE },
    { name: 'hidden', errorCode: TOPIC, topicId: ZERO_UUID, partitions: [] },
  ])
  const cursor = { topicName: 'seen', partitionIndex: 0 }
  const named = [{ name: 'hidden' }, { name: 'seen' }]
  const rest = await node.ask(KEY.DESCRIBE_TOPIC_PARTITIONS, 0, { topics: named, cursor })
  t.same(
    rest.topics.map(({ name }) => name),
    ['seen'],
    'what was said before the cursor is not said again',
  )
})

t.test('E41, E45, H19: of a group one learns and commits what is of topics that one may know of', async (t) => {
  const { node, ids } = await seenAndHidden(t, onGroup('READ', 'g'), onTopic('READ', 'seen'), onTopic('READ', 'hidden'))
  const offset = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }]
  const both = [
    { name: 'seen', partitions: offset },
    { name: 'hidden', partitions: offset },
  ]
  t.same(refusalsIn(await node.ask(KEY.OFFSET_COMMIT, 8, { groupId: 'g', topics: both })), [])
  await node.allowNothing()
  await node.allow(onGroup('READ', 'g'), onTopic('READ', 'seen'))
  const { topics: committed } = await node.ask(KEY.OFFSET_COMMIT, 8, { groupId: 'g', topics: both })
  t.match(committed, [
    { name: 'seen', partitions: [{ errorCode: NONE }] },
    { name: 'hidden', partitions: [{ errorCode: TOPIC }] },
  ])
  const byId = [ids.hidden, ids.seen].map((topicId) => ({ topicId, partitions: offset }))
  const { topics: committedById } = await node.ask(KEY.OFFSET_COMMIT, 10, { groupId: 'g', topics: byId })
  t.match(committedById, [
    { topicId: ids.seen, partitions: [{ errorCode: NONE }] },
    { topicId: ids.hidden, partitions: [{ errorCode: TOPIC }] },
  ])
  for (const version of [2, 7]) {
    const { topics } = await node.ask(KEY.OFFSET_FETCH, version, { groupId: 'g', topics: null })
    t.same(
      topics.map(({ name }) => name),
      ['seen'],
      `v${version}: all of them`,
    )
  }
  const wanted = [
    { name: 'hidden', partitionIndexes: [0] },
    { name: 'seen', partitionIndexes: [0] },
  ]
  const { topics } = await node.ask(KEY.OFFSET_FETCH, 7, { groupId: 'g', topics: wanted })
  t.match(topics, [
    { name: 'seen', partitions: [{ committedOffset: 1, errorCode: NONE }] },
    { name: 'hidden', partitions: [{ committedOffset: -1, errorCode: TOPIC }] },
  ])
  const groups = [
    { groupId: 'other', topics: null },
    { groupId: 'g', topics: null },
    { groupId: 'g', topics: [ids.hidden, ids.seen].map((topicId) => ({ topicId, partitionIndexes: [0] })) },
  ]
  const several = await node.ask(KEY.OFFSET_FETCH, 10, { groups })
  t.match(several.groups, [
    { groupId: 'g', topics: [{ topicId: ids.seen, partitions: [{ committedOffset: 1 }] }] },
    {
      groupId: 'g',
      topics: [
        { topicId: ids.seen, partitions: [{ committedOffset: 1, errorCode: NONE }] },
        { topicId: ids.hidden, partitions: [{ committedOffset: -1, errorCode: TOPIC }] },
      ],
    },
    { groupId: 'other', topics: [], errorCode: GROUP },
  ])
  t.equal(several.groups[0]!.topics.length, 1)
})

t.test('E51: ListGroups tells of the groups that one may know of; DESCRIBE on the cluster is of all', async (t) => {
  const { node } = await seenAndHidden(t, onGroup('READ', 'g'), onGroup('READ', 'h'), onTopic('READ', 'seen'))
  const topics = [{ name: 'seen', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }]
  for (const groupId of ['g', 'h']) t.same(refusalsIn(await node.ask(KEY.OFFSET_COMMIT, 8, { groupId, topics })), [])
  const listed = async () => (await node.ask(KEY.LIST_GROUPS, 4, {})).groups.map(({ groupId }) => groupId).sort()
  t.same(await listed(), ['g', 'h'])
  await node.allowNothing()
  t.same(await listed(), [])
  await node.allow(onGroup('DESCRIBE', 'h'))
  t.same(await listed(), ['h'])
  const { groups } = await node.ask(KEY.DESCRIBE_GROUPS, 5, { groups: ['g', 'h'], includeAuthorizedOperations: true })
  t.match(groups, [
    { groupId: 'h', authorizedOperations: bits('DESCRIBE') },
    { groupId: 'g', errorCode: GROUP },
  ])
  await node.allow(onCluster('DESCRIBE'))
  t.same(await listed(), ['g', 'h'])
})

t.test('B46: CreateTopics shows the configuration to those who may see it', async (t) => {
  const node = await GuardedNode.start(t)
  await node.allow(onCluster('CREATE'))
  const create = async (name: string) =>
    (
      await node.ask(KEY.CREATE_TOPICS, 7, {
        topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      })
    ).topics[0]!
  t.match(await create('a'), {
    errorCode: NONE,
    topicConfigErrorCode: TOPIC,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  })
  await node.allow(onTopic('DESCRIBE_CONFIGS', 'b'))
  const shown = await create('b')
  t.match(shown, { errorCode: NONE, topicConfigErrorCode: NONE, numPartitions: 1, replicationFactor: 1 })
  t.not(shown.configs?.length, 0)
})

t.test('H15: who may not delete a topic does not learn whether it exists', async (t) => {
  const { node, ids } = await seenAndHidden(t)
  const topics = [
    { name: 'seen', topicId: ZERO_UUID },
    { name: 'hidden', topicId: ZERO_UUID },
    { name: 'missing', topicId: ZERO_UUID },
  ]
  const byName = await node.ask(KEY.DELETE_TOPICS, 6, { topics, timeoutMs: 1000 })
  t.same(
    byName.responses.map(({ errorCode }) => errorCode),
    [TOPIC, TOPIC, TOPIC],
  )
  const byId = await node.ask(KEY.DELETE_TOPICS, 6, {
    topics: [ids.seen, ids.hidden].map((topicId) => ({ name: null, topicId })),
    timeoutMs: 1000,
  })
  const told = new Map(byId.responses.map(({ topicId, name, errorCode }) => [topicId, [name, errorCode]]))
  t.same(told.get(ids.seen), ['seen', TOPIC])
  t.same(told.get(ids.hidden), [null, TOPIC])
})

t.test('D9, C3: of several topics those go on that one may use', async (t) => {
  const { node, ids } = await seenAndHidden(t, onTopic('READ', 'seen'), onTopic('WRITE', 'seen'))
  const partitionData = () => [{ index: 0, records: batchOf(['v']) }]
  const produced = await node.ask(KEY.PRODUCE, 13, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [ids.hidden, ids.seen].map((topicId) => ({ topicId, partitionData: partitionData() })),
  })
  const codes = new Map(produced.responses.map(({ topicId, partitionResponses: [one] }) => [topicId, one!.errorCode]))
  t.same([codes.get(ids.hidden), codes.get(ids.seen)], [TOPIC, NONE])
  const fetched = await node.ask(KEY.FETCH, 17, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [ids.hidden, ids.seen].map((topicId) => ({
      topicId,
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }],
    })),
    forgottenTopicsData: [],
  })
  t.match(fetched.responses, [
    { topicId: ids.seen, partitions: [{ errorCode: NONE, highWatermark: 1 }] },
    { topicId: ids.hidden, partitions: [{ errorCode: TOPIC, highWatermark: -1, records: Buffer.alloc(0) }] },
  ])
})

t.test('B87: entries are made, shown and removed through the wire, and hold from then on', async (t) => {
  const node = await GuardedNode.start(t, { 'super.users': 'User:ANONYMOUS' })
  const creations = [aclOf(onTopic('READ', 't'), 'User:a'), aclOf(onTopic('WRITE', 't'), 'User:b', '10.0.0.1')]
  const { results } = await node.ask(KEY.CREATE_ACLS, 3, {
    creations: [...creations, aclOf(onTopic('READ', ''), 'User:a')],
  })
  t.same(
    results.map(({ errorCode }) => errorCode),
    [NONE, NONE, ErrorCode.INVALID_REQUEST],
  )
  for (const on of ['broker', 'controller'] as const) {
    const { errorCode, resources } = await node.ask(KEY.DESCRIBE_ACLS, 3, EVERY_ACL, on)
    t.equal(errorCode, NONE)
    t.match(resources, [{ resourceType: 2, resourceName: 't', patternType: 3 }])
    const acls = resources.flatMap((resource) => resource.acls).map(({ principal, host }) => `${principal} ${host}`)
    t.same(acls.sort(), ['User:a *', 'User:b 10.0.0.1'])
  }
  const unknown = await node.ask(KEY.DESCRIBE_ACLS, 3, { ...EVERY_ACL, operation: 0 })
  t.match(unknown, { errorCode: ErrorCode.INVALID_REQUEST, resources: [] })
  const { filterResults } = await node.ask(KEY.DELETE_ACLS, 3, {
    filters: [{ ...EVERY_ACL, principalFilter: 'User:a' }],
  })
  t.match(filterResults, [{ errorCode: NONE, matchingAcls: [{ principal: 'User:a', resourceName: 't' }] }])
  const { resources } = await node.ask(KEY.DESCRIBE_ACLS, 3, { ...EVERY_ACL, resourceNameFilter: 't' })
  t.match(resources, [{ acls: [{ principal: 'User:b' }] }])
})

t.test('another authorizer, other principals, or a super user that is none, is said at the start', async (t) => {
  const start = (config: Readonly<Record<string, string>>) => () => setUp({ flags: config, dataDir: '/nowhere' })
  t.throws(start({ 'authorizer.class.name': 'com.example.Authorizer' }), {
    message: /authorizer\.class\.name.*only authorizer/,
  })
  t.throws(start({ 'super.users': 'User:a;bob' }), { message: /super\.users.*bob is no principal/ })
  t.throws(start({ 'principal.builder.class': 'com.example.Names' }), { message: /principal\.builder\.class/ })
  const usual = 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder'
  t.doesNotThrow(start({ 'principal.builder.class': usual }))
  t.doesNotThrow(start({ 'authorizer.class.name': STANDARD_AUTHORIZER, 'super.users': ' User:a; User:CN=b,O=c ;' }))
})
