import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

const UNKNOWN_ID = 'aaaaaaaaaaaaaaaaaaaaaA'

t.test('DeleteTopics', async (t) => {
  const broker = await TestBroker.start(t)
  const remove = async (version: number, names: string[]) => {
    const topics = names.map((name) => ({ name, topicId: ZERO_UUID }))
    const body = version < 6 ? { topicNames: names } : { topics }
    return (await broker.send(KEY.DELETE_TOPICS, version, { ...body, timeoutMs: 10_000 })).responses
  }
  const byId = async (topics: { name: string | null; topicId: string }[]) =>
    (await broker.send(KEY.DELETE_TOPICS, 6, { topics, timeoutMs: 10_000 })).responses
  const isThere = async (name: string) => {
    const body = { topics: [{ name }], allowAutoTopicCreation: false }
    return (await broker.send(KEY.METADATA, 9, body)).topics[0]?.errorCode === 0
  }

  t.test('every version', async (t) => {
    for (const version of versionsOf(KEY.DELETE_TOPICS)) {
      const name = `topic-${version}`
      await broker.createTopic(name, 2)
      const responses = await remove(version, [name, 'missing'])
      const codes = new Map(responses.map(({ name, errorCode }) => [name, errorCode]))
      t.equal(codes.get(name), ErrorCode.NONE, `v${version}`)
      t.equal(codes.get('missing'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      t.notOk(await isThere(name))
      t.equal((await broker.produce(name, 0, batchOf(['v']))).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    }
  })

  t.test('H14: by id, and what is refused', async (t) => {
    const topicId = await broker.createTopic('by-id')
    t.match(await byId([{ name: null, topicId: UNKNOWN_ID }]), [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }])
    t.match(await byId([{ name: 'by-id', topicId }]), [{ errorCode: ErrorCode.INVALID_REQUEST }])
    const twice = await byId([
      { name: 'by-id', topicId: ZERO_UUID },
      { name: null, topicId },
    ])
    t.ok(twice.every(({ errorCode }) => errorCode === ErrorCode.INVALID_REQUEST))
    t.ok(await isThere('by-id'))
    t.match(await byId([{ name: null, topicId }]), [{ errorCode: 0, name: 'by-id', topicId }])
    t.notOk(await isThere('by-id'))
  })

  t.test('H17: created again it is another topic, and empty', async (t) => {
    const before = await broker.createTopic('again')
    await broker.produce('again', 0, batchOf(['old']))
    await remove(6, ['again'])
    const after = await broker.createTopic('again')
    t.not(after, before)
    t.equal((await broker.fetch('again', 0, 0)).highWatermark, 0)
    t.equal((await broker.produce('again', 0, batchOf(['new']))).baseOffset, 0)
  })

  t.test('E49: offsets of the topic go with it', async (t) => {
    await broker.createTopic('with-offsets')
    await broker.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: ['g'] })
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
    const topics = [{ name: 'with-offsets', partitions }]
    await broker.send(KEY.OFFSET_COMMIT, 8, { groupId: 'g', memberId: '', topics })
    await remove(6, ['with-offsets'])
    const committed = async () =>
      (await broker.send(KEY.OFFSET_FETCH, 8, { groups: [{ groupId: 'g', topics: null }] })).groups[0]!.topics.length
    let left = await committed()
    while (left > 0) left = await committed()
    t.equal(left, 0)
  })
})

t.test('H14: delete.topic.enable=false', async (t) => {
  const broker = await TestBroker.start(t, { config: { 'delete.topic.enable': 'false' }, topics: { t: {} } })
  for (const version of versionsOf(KEY.DELETE_TOPICS)) {
    const body = version < 6 ? { topicNames: ['t'] } : { topics: [{ name: 't', topicId: ZERO_UUID }] }
    const { responses } = await broker.send(KEY.DELETE_TOPICS, version, { ...body, timeoutMs: 1000 })
    const code = version < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED
    t.equal(responses[0]?.errorCode, code, `v${version}`)
  }
})
