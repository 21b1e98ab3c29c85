import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { ManualTime } from '../../src/base/manual-time.ts'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { FetchSessionCache } from '../../src/replica/fetch-session.ts'
import { type AskedPartition, FetchSessionClient } from '../../src/replica/fetch-session-client.ts'
import { partitionKey } from '../../src/replica/partition.ts'

const asked = (index: number, fetchOffset = 0, topicId = 'BBBBBBBBBBBBBBBBBBBBBA'): AskedPartition => ({
  topicId,
  index,
  fetchOffset,
  currentLeaderEpoch: 0,
  lastFetchedEpoch: 0,
  logStartOffset: 0,
  maxBytes: 1000,
})

const wanted = (...partitions: AskedPartition[]) => new Map(partitions.map((each) => [partitionKey(each), each]))

const indexes = ({ topics }: { topics: readonly { partitions: readonly { partition: number }[] }[] }) =>
  topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition))

t.test('D39: full at first, then what changed and what is gone', (t) => {
  const client = new FetchSessionClient()
  const first = client.request(wanted(asked(0), asked(1), asked(2)))
  t.match(first, { sessionId: 0, sessionEpoch: 0, forgottenTopicsData: [] })
  t.same(indexes(first), [0, 1, 2])
  t.equal(client.accept({ errorCode: 0, sessionId: 77 }), ErrorCode.NONE)
  const second = client.request(wanted(asked(0), asked(1, 5), asked(3)))
  t.match(second, { sessionId: 77, sessionEpoch: 1 })
  t.same(indexes(second), [1, 3])
  t.same(second.forgottenTopicsData, [{ topicId: 'BBBBBBBBBBBBBBBBBBBBBA', partitions: [2] }])
  client.accept({ errorCode: 0, sessionId: 77 })
  const third = client.request(wanted(asked(0), asked(1, 5), asked(3)))
  t.match(third, { sessionId: 77, sessionEpoch: 2, topics: [], forgottenTopicsData: [] })
  t.equal(client.asked(partitionKey(asked(1)))?.fetchOffset, 5, 'what was asked earlier holds')
  t.end()
})

t.test('D40, D57: after an error, a broken connection or without a session everything is asked for again', (t) => {
  const open = () => {
    const client = new FetchSessionClient()
    client.request(wanted(asked(0)))
    client.accept({ errorCode: 0, sessionId: 77 })
    client.request(wanted(asked(0)))
    return client
  }
  const next = (client: FetchSessionClient) => {
    const request = client.request(wanted(asked(0)))
    return [request.sessionId, request.sessionEpoch, indexes(request)]
  }
  const gone = open()
  gone.accept({ errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0 })
  t.same(next(gone), [0, 0, [0]])
  const outOfStep = open()
  outOfStep.accept({ errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: 0 })
  t.same(next(outOfStep), [77, 0, [0]], 'in place of the old one')
  const broken = open()
  broken.failed()
  t.same(next(broken), [77, 0, [0]])
  const closed = open()
  closed.accept({ errorCode: 0, sessionId: 0 })
  t.same(next(closed), [0, 0, [0]])
  t.end()
})

t.test('both sides of a session know the same partitions, whatever is asked', (t) => {
  const partition = fc.record({ index: fc.nat(4), fetchOffset: fc.nat(3), topic: fc.constantFrom('A', 'Q') })
  const rounds = fc.array(fc.record({ want: fc.array(partition, { maxLength: 6 }), lost: fc.nat(9) }), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(rounds, (rounds) => {
      const leader = new FetchSessionCache({ clock: new ManualTime(), random: new SeededRandom(1), slots: 1000 })
      const client = new FetchSessionClient()
      for (const { want, lost } of rounds) {
        if (want.length === 0) continue
        const now = wanted(
          ...want.map(({ index, fetchOffset, topic }) => asked(index, fetchOffset, `BBBBBBBBBBBBBBBBBBBBB${topic}`)),
        )
        const { topics, forgottenTopicsData, sessionId = 0, sessionEpoch = 0 } = client.request(now)
        const context = leader.begin({
          sessionId,
          sessionEpoch,
          byTopicId: true,
          fromFollower: true,
          partitions: topics.flatMap(({ topicId = '', partitions }) =>
            partitions.map(({ currentLeaderEpoch = -1, lastFetchedEpoch = -1, logStartOffset = -1, ...rest }) => ({
              topic: 't',
              topicId,
              currentLeaderEpoch,
              lastFetchedEpoch,
              logStartOffset,
              ...rest,
            })),
          ),
          forgotten: (forgottenTopicsData ?? []).flatMap(({ topicId = '', partitions }) =>
            partitions.map((partition) => ({ topic: 't', topicId, partition })),
          ),
        })
        // The leader answers all it knows of the session.
        const known = new Map(
          context.partitions.map(({ topicId, partition, fetchOffset }) => [`${topicId}:${partition}`, fetchOffset]),
        )
        const mine = new Map([...now].map(([key, { fetchOffset }]) => [key, fetchOffset]))
        if (known.size !== mine.size || [...mine].some(([key, offset]) => known.get(key) !== offset)) return false
        const answer = context.build(
          context.partitions.map(({ topic, topicId, partition }) => ({
            topic,
            topicId,
            partition,
            errorCode: 0,
            highWatermark: 0,
            logStartOffset: 0,
            preferredReadReplica: -1,
            records: [],
          })),
        )
        if (lost === 0) client.failed()
        else client.accept(answer)
      }
      return true
    }),
    { numRuns: 200 },
  )
  t.end()
})
