import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import {
  FetchSessionCache,
  type SessionPartition,
  type SessionRequest,
  type SessionResult,
} from '../../src/replica/fetch-session.ts'
import { nextSessionEpoch } from '../../src/replica/session.ts'
import { SESSION_IDLE_MS } from '../../src/replica/session-shard.ts'

const MAX_INT32 = 2147483647

function cacheOf(slots = 1000) {
  const time = new ManualTime()
  return { time, cache: new FetchSessionCache({ clock: time, random: new SeededRandom(1), slots }) }
}

function partition(topic: string, index: number, more: Partial<SessionPartition> = {}): SessionPartition {
  return {
    topic,
    topicId: ZERO_UUID,
    partition: index,
    fetchOffset: 0,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1000,
    ...more,
  }
}

function request(sessionId: number, sessionEpoch: number, more: Partial<SessionRequest> = {}): SessionRequest {
  return { sessionId, sessionEpoch, byTopicId: false, fromFollower: false, partitions: [], forgotten: [], ...more }
}

function result(of: SessionPartition, more: Partial<SessionResult> = {}): SessionResult {
  return {
    topic: of.topic,
    topicId: of.topicId,
    partition: of.partition,
    errorCode: 0,
    highWatermark: 10,
    logStartOffset: 0,
    preferredReadReplica: -1,
    records: [],
    ...more,
  }
}

function open(cache: FetchSessionCache, partitions: SessionPartition[], more: Partial<SessionRequest> = {}): number {
  const context = cache.begin(request(0, 0, { partitions, ...more }))
  return context.build(partitions.map((of) => result(of))).sessionId
}

const named = (responses: { topic: string; partitions: { partition: number }[] }[]) =>
  responses.flatMap(({ topic, partitions }) => partitions.map(({ partition }) => `${topic}-${partition}`))

t.test('D22: (0, 0) fetches all and opens a session', async (t) => {
  const { cache } = cacheOf()
  const partitions = [partition('a', 0), partition('a', 1), partition('b', 0)]
  const context = cache.begin(request(0, 0, { partitions }))
  t.same(context.partitions, partitions)
  const answer = context.build(partitions.map((of) => result(of)))
  t.ok(answer.sessionId > 0)
  t.same(named(answer.responses), ['a-0', 'a-1', 'b-0'])
  t.equal(answer.responses.length, 2)
  t.same([cache.size, cache.partitions], [1, 3])
})

t.test('D22: (0, -1) fetches all without a session', async (t) => {
  const { cache } = cacheOf()
  const partitions = [partition('a', 0)]
  const answer = cache.begin(request(0, -1, { partitions })).build([result(partitions[0]!)])
  t.equal(answer.sessionId, 0)
  t.same(named(answer.responses), ['a-0'])
  t.equal(cache.size, 0)
})

t.test('D22: (id, -1) closes the session and fetches all', async (t) => {
  const { cache } = cacheOf()
  const id = open(cache, [partition('a', 0)])
  const of = partition('b', 0)
  const answer = cache.begin(request(id, -1, { partitions: [of] })).build([result(of)])
  t.same([answer.errorCode, answer.sessionId, cache.size], [0, 0, 0])
  t.same(named(answer.responses), ['b-0'])
})

t.test('D22, D39: (id, 0) replaces the session', async (t) => {
  const { cache } = cacheOf()
  const id = open(cache, [partition('a', 0)])
  const of = partition('b', 0)
  const answer = cache.begin(request(id, 0, { partitions: [of] })).build([result(of)])
  t.not(answer.sessionId, id)
  t.equal(cache.size, 1)
  t.equal(cache.begin(request(id, 1)).errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

t.test('D23, J59: an unknown id is FETCH_SESSION_ID_NOT_FOUND, and a new full fetch works', async (t) => {
  const { cache } = cacheOf()
  for (const id of [4711, -5, MAX_INT32]) {
    const context = cache.begin(request(id, 1))
    t.same(context.partitions, [])
    t.same(context.build([]), { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, responses: [] })
  }
  t.ok(open(cache, [partition('a', 0)]) > 0)
})

t.test('D23: a wrong epoch is INVALID_FETCH_SESSION_EPOCH with session id 0', async (t) => {
  const { cache } = cacheOf()
  const id = open(cache, [partition('a', 0)])
  const answer = cache.begin(request(id, 2)).build([])
  t.same(answer, { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: 0, responses: [] })
  t.equal(cache.begin(request(id, 1)).errorCode, 0)
})

t.test('D24: names and ids do not mix in a session', async (t) => {
  const { cache } = cacheOf()
  const id = open(cache, [partition('a', 0)])
  const context = cache.begin(request(id, 1, { byTopicId: true }))
  t.equal(context.errorCode, ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
})

t.test('D25: incremental requests add, change and forget', async (t) => {
  const { cache } = cacheOf()
  const id = open(cache, [partition('a', 0), partition('a', 1)])
  const context = cache.begin(
    request(id, 1, {
      partitions: [partition('a', 1, { fetchOffset: 7 }), partition('c', 0)],
      forgotten: [{ topic: 'a', topicId: ZERO_UUID, partition: 0 }],
    }),
  )
  t.same(
    context.partitions.map(({ topic, partition, fetchOffset }) => [topic, partition, fetchOffset]),
    [
      ['a', 1, 7],
      ['c', 0, 0],
    ],
  )
})

t.test('D25: the epoch counts 1, 2, … and wraps from 2147483647 to 1', async (t) => {
  t.same([0, 1, MAX_INT32 - 1, MAX_INT32].map(nextSessionEpoch), [1, 2, MAX_INT32, 1])
  const { cache } = cacheOf()
  const id = open(cache, [partition('a', 0)])
  for (const epoch of [1, 2, 3]) t.equal(cache.begin(request(id, epoch)).errorCode, 0)
  t.equal(cache.begin(request(id, 3)).errorCode, ErrorCode.INVALID_FETCH_SESSION_EPOCH)
})

t.test('D26: an incremental answer holds what is news to the client', async (t) => {
  const { cache } = cacheOf()
  const parts = [0, 1, 2, 3, 4, 5, 6].map((index) => partition('a', index))
  const id = open(cache, parts)
  const news = (more: Partial<SessionResult>[]) => parts.map((of, place) => result(of, more[place]))
  let epoch = 1
  const answer = (more: Partial<SessionResult>[]) =>
    named(cache.begin(request(id, epoch++)).build(news(more)).responses)

  t.same(answer([]), [])
  const first = [
    { records: [Buffer.from('x')] },
    { errorCode: 3 },
    { highWatermark: 11 },
    { logStartOffset: 1 },
    { preferredReadReplica: 2 },
    { divergingEpoch: { epoch: 1, endOffset: 5 } },
  ]
  t.same(answer(first), ['a-0', 'a-1', 'a-2', 'a-3', 'a-4', 'a-5'])
  t.same(
    answer([{}, {}, { highWatermark: 11 }, { logStartOffset: 1 }]),
    ['a-1', 'a-5'],
    'after an error or a divergence the partition is sent once more; what was sent is not news',
  )
})

t.test('D26: partitions with data go to the end of the order', async (t) => {
  const { cache } = cacheOf()
  const parts = [0, 1, 2].map((index) => partition('a', index))
  const id = open(cache, parts)
  const first = cache.begin(request(id, 1))
  first.build(first.partitions.map((of) => result(of, of.partition === 0 ? { records: [Buffer.from('x')] } : {})))
  t.same(
    cache.begin(request(id, 2)).partitions.map(({ partition }) => partition),
    [1, 2, 0],
  )
})

t.test('D27: a full cache gives id 0, without an error', async (t) => {
  const { cache } = cacheOf(8)
  for (let i = 0; i < 8; i++) t.ok(open(cache, [partition('a', i)]) > 0)
  t.equal(open(cache, [partition('b', 0)]), 0)
  t.equal(cache.size, 8)
})

t.test('D27: no slots, no sessions', async (t) => {
  const { cache } = cacheOf(0)
  t.equal(open(cache, [partition('a', 0)]), 0)
})

t.test('D27: a session idle for more than 120000 ms gives way to any newcomer', async (t) => {
  const { cache, time } = cacheOf(8)
  const ids = Array.from({ length: 8 }, (_, i) => open(cache, [partition('a', i), partition('b', i)]))
  time.advance(SESSION_IDLE_MS)
  t.equal(open(cache, [partition('c', 0)]), 0, 'not yet')
  time.advance(1)
  // The newcomer before took its turn at the first shard.
  t.ok(open(cache, [partition('c', 0)]) > 0)
  t.equal(cache.begin(request(ids[1]!, 1)).errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
})

t.test('D27: others give way to larger ones once they have lived, and to followers at any time', async (t) => {
  const { cache, time } = cacheOf(8)
  const ids = Array.from({ length: 8 }, (_, i) => open(cache, [partition('a', i)]))
  const two = [partition('b', 0), partition('b', 1)]
  t.equal(open(cache, two), 0, 'too young to give way to a larger one')
  t.ok(open(cache, [partition('b', 0)], { fromFollower: true }) > 0, 'a follower takes the place at once')
  t.equal(cache.begin(request(ids[1]!, 1)).errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  t.equal(cache.evictions, 1)

  time.advance(SESSION_IDLE_MS + 1)
  for (const id of ids.slice(2)) cache.begin(request(id, 1)).build([])
  t.equal(open(cache, [partition('b', 0)]), 0, 'not to one of the same size')
  t.ok(open(cache, two) > 0)
  t.equal(cache.evictions, 2)
})

t.test('D27: session ids are random and each lies in the range of its shard', async (t) => {
  const { cache } = cacheOf()
  const ids = Array.from({ length: 64 }, (_, i) => open(cache, [partition('a', i)]))
  t.equal(new Set(ids).size, 64)
  for (const id of ids) t.equal(cache.begin(request(id, 1)).errorCode, 0)
})

t.test('D28, D45: a throttled answer is empty, and notes nothing as sent', async (t) => {
  const { cache } = cacheOf()
  const of = partition('a', 0)
  const id = open(cache, [of])
  t.same(cache.begin(request(id, 1)).throttled(), { errorCode: 0, sessionId: id, responses: [] })
  const answer = cache.begin(request(id, 2)).build([result(of, { highWatermark: 12 })])
  t.same(named(answer.responses), ['a-0'])
  t.same(cache.begin(request(0, 0, { partitions: [of] })).throttled(), { errorCode: 0, sessionId: 0, responses: [] })
})

t.test('D44: a session that is emptied is closed and answered with id 0', async (t) => {
  const { cache } = cacheOf()
  const id = open(cache, [partition('a', 0)])
  const context = cache.begin(request(id, 1, { forgotten: [{ topic: 'a', topicId: ZERO_UUID, partition: 0 }] }))
  t.same(context.build([]), { errorCode: 0, sessionId: 0, responses: [] })
  t.equal(cache.size, 0)
})

t.test('D45: an answer that a later request of the session overtook is INVALID_FETCH_SESSION_EPOCH', async (t) => {
  const { cache } = cacheOf()
  const of = partition('a', 0)
  const id = open(cache, [of])
  const slow = cache.begin(request(id, 1))
  cache.begin(request(id, 2))
  t.same(slow.build([result(of)]), { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: id, responses: [] })
})

t.test('D32: an id without a name is looked up again with each request', async (t) => {
  const { cache } = cacheOf()
  const topicId = 'BBBBBBBBBBBBBBBBBBBBBA'
  const of = partition('', 0, { topicId })
  const id = open(cache, [of], { byTopicId: true })
  const asked = (epoch: number, name: string) =>
    cache.begin(request(id, epoch, { byTopicId: true, nameOf: () => name })).partitions[0]!.topic
  t.equal(asked(1, ''), '')
  t.equal(asked(2, 'a'), 'a')
  t.equal(asked(3, 'not asked'), 'a')
})

t.test('partitions of one topic that do not follow each other make two topics', async (t) => {
  const { cache } = cacheOf()
  const parts = [partition('a', 0), partition('b', 0), partition('a', 1)]
  const answer = cache.begin(request(0, -1, { partitions: parts })).build(parts.map((of) => result(of)))
  t.same(
    answer.responses.map(({ topic }) => topic),
    ['a', 'b', 'a'],
  )
})

t.test('bad input: sessions together remember so many partitions and no more', async (t) => {
  const time = new ManualTime()
  const cache = new FetchSessionCache({ clock: time, random: new SeededRandom(1), slots: 1000, maxPartitions: 100 })
  const many = (count: number) => Array.from({ length: count }, (_, index) => partition('a', index))
  t.equal(open(cache, many(101)), 0, 'too many for any session')
  const first = open(cache, many(60))
  t.ok(first > 0)
  t.equal(open(cache, many(60)), 0, 'there is no room for a second one')
  const second = open(cache, many(40))
  t.ok(second > 0)

  const grow = cache.begin(request(first, 1, { partitions: [partition('b', 0)] }))
  t.equal(grow.errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 'nor for one partition more')
  t.equal(cache.partitions, 40)
  t.equal(cache.begin(request(second, 1, { partitions: many(1) })).errorCode, 0, 'what is known costs nothing')

  await time.run(SESSION_IDLE_MS + 1)
  t.ok(open(cache, many(100)) > 0, 'who is not there any more makes way')
  t.equal(cache.size, 1)
})
