import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { createTopics } from '../../src/controller/create-topics.ts'
import { deleteTopics } from '../../src/controller/delete-topics.ts'
import { type Access, FULL_ACCESS } from '../../src/controller/ports.ts'
import { RESOURCE } from '../../src/metadata/image.ts'
import { clusterOf, contextOf, createRequest, decisionConfig, newTopic, replayed } from './harness.ts'

const empty = clusterOf(1)
const configs = [{ name: 'retention.ms', value: '5' }]
const image = replayed(
  empty,
  createTopics(empty, createRequest(newTopic('a', { configs }), newTopic('b'), newTopic('c')), contextOf()).records,
)
const idOf = (name: string) => image.topics.byName.get(name)!.id

const byName = (...topicNames: string[]) => ({ topics: [], topicNames, timeoutMs: 1000 })
const mixed = (...topics: { name?: string; topicId?: string }[]) => ({
  topics: topics.map(({ name = null, topicId = ZERO_UUID }) => ({ name, topicId })),
  topicNames: [],
  timeoutMs: 1000,
})
const restricted = (access: Partial<Access>) => contextOf({ access: { ...FULL_ACCESS, ...access } })

t.test('B51: one RemoveTopic each, and nothing else', async (t) => {
  const { records, response } = deleteTopics(image, byName('a', 'b'), 5, contextOf())
  t.strictSame(
    records.map(({ type, value }) => [type, value]),
    [idOf('a'), idOf('b')].map((topicId) => ['RemoveTopicRecord', { topicId }]),
  )
  t.strictSame(
    new Set(response.responses.map(({ name, errorCode }) => `${name} ${errorCode}`)),
    new Set(['a 0', 'b 0']),
  )
})

t.test('H14: by name and by id, unknown ones', async (t) => {
  const unknownId = 'zzzzzzzzzzzzzzzzzzzzzg'
  const request = mixed({ name: 'a' }, { topicId: idOf('b') }, { name: 'nope' }, { topicId: unknownId })
  const { response } = deleteTopics(image, request, 6, contextOf())
  const found = new Map(response.responses.map((result) => [result.name ?? result.topicId, result.errorCode]))
  t.equal(found.get('a'), ErrorCode.NONE)
  t.equal(found.get('b'), ErrorCode.NONE, 'answered with its name')
  t.equal(found.get('nope'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(found.get(unknownId), ErrorCode.UNKNOWN_TOPIC_ID)
})

t.test('H14: both, none, or twice is INVALID_REQUEST', async (t) => {
  const codes = (request: ReturnType<typeof mixed>) =>
    deleteTopics(image, request, 6, contextOf()).response.responses.map(({ errorCode }) => errorCode)
  t.strictSame(codes(mixed({ name: 'a', topicId: idOf('a') })), [ErrorCode.INVALID_REQUEST])
  t.strictSame(codes(mixed({})), [ErrorCode.INVALID_REQUEST])
  t.strictSame(codes(mixed({ name: 'a' }, { name: 'a' })), [ErrorCode.INVALID_REQUEST])
  t.strictSame(codes(mixed({ name: 'a' }, { topicId: idOf('a') })), [ErrorCode.INVALID_REQUEST])
  t.strictSame(deleteTopics(image, mixed({ name: 'a' }, { name: 'a' }), 6, contextOf()).records, [])
})

t.test('H14: delete.topic.enable=false', async (t) => {
  const context = contextOf({ config: { ...decisionConfig, 'delete.topic.enable': false } })
  const codeIn = (version: number) =>
    deleteTopics(image, byName('a'), version, context).response.responses[0]!.errorCode
  t.equal(codeIn(2), ErrorCode.INVALID_REQUEST)
  t.equal(codeIn(3), ErrorCode.TOPIC_DELETION_DISABLED)
  t.strictSame(deleteTopics(image, byName('a'), 5, context).records, [])
})

t.test('H15: what one may not see has no name', async (t) => {
  const nothing = { mayDescribe: () => false, mayDelete: () => false }
  const blind = deleteTopics(image, mixed({ topicId: idOf('a') }), 6, restricted(nothing))
  t.match(blind.response.responses, [
    { name: null, topicId: idOf('a'), errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED },
  ])
  const guess = deleteTopics(image, mixed({ name: 'nope' }), 6, restricted({ mayDescribe: () => false }))
  t.match(
    guess.response.responses,
    [{ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }],
    'not told that it is missing',
  )
  const read = deleteTopics(image, mixed({ name: 'a' }), 6, restricted({ mayDelete: () => false }))
  t.match(read.response.responses, [{ name: 'a', errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }])
  t.strictSame(read.records, [])
})

t.test('H16: results are shuffled', async (t) => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const context = contextOf({ random: new SeededRandom(seed) })
    const { responses } = deleteTopics(image, byName('a', 'b', 'c'), 5, context).response
    orders.add(responses.map(({ name }) => name).join(''))
  }
  t.equal(orders.size, 6)
})

t.test('H17, B9, B52: recreating gives another id, epochs from 0, and no configs of the old one', async (t) => {
  const gone = replayed(image, deleteTopics(image, byName('a'), 5, contextOf()).records)
  t.notOk(gone.topics.byName.has('a'))
  t.notOk(gone.topics.byId.has(idOf('a')))
  t.equal(gone.configs.of(RESOURCE.TOPIC, 'a').size, 0)
  const context = contextOf({ random: new SeededRandom(99) })
  const again = replayed(gone, createTopics(gone, createRequest(newTopic('a')), context).records)
  const topic = again.topics.byName.get('a')!
  t.not(topic.id, idOf('a'))
  t.match(topic.partitions.get(0), { leaderEpoch: 0, partitionEpoch: 0 })
})

t.test('H15: that a name and an id are of one topic is told only to those who may delete it', async (t) => {
  const both = mixed({ name: 'a' }, { topicId: idOf('a') })
  for (const access of [{ mayDescribe: () => false, mayDelete: () => false }, { mayDelete: () => false }]) {
    const { response } = deleteTopics(image, both, 6, restricted(access))
    t.strictSame(
      response.responses.map(({ errorCode }) => errorCode),
      [ErrorCode.TOPIC_AUTHORIZATION_FAILED, ErrorCode.TOPIC_AUTHORIZATION_FAILED],
    )
  }
})

t.test('H15: who knows the id of a topic and may delete it need not be allowed to describe it', async (t) => {
  const unseen = restricted({ mayDescribe: () => false })
  t.match(deleteTopics(image, mixed({ topicId: idOf('a') }), 6, unseen).response.responses, [{ errorCode: 0 }])
  t.match(deleteTopics(image, mixed({ name: 'a' }), 6, unseen).response.responses, [
    { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED },
  ])
})
