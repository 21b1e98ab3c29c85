import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { coordinator } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

const UNKNOWN_ID = 'aaaaaaaaaaaaaaaaaaaaaA'

t.test('OffsetFetch', async (t) => {
  const broker = await TestBroker.start(t)
  const topicId = await broker.createTopic('t', 3)
  await coordinator(broker, 'g')
  const partitions = [0, 1].map((partitionIndex) => ({
    partitionIndex,
    committedOffset: 10 + partitionIndex,
    committedLeaderEpoch: 0,
    committedMetadata: 'note',
  }))
  await broker.send(KEY.OFFSET_COMMIT, 8, { groupId: 'g', memberId: '', topics: [{ name: 't', partitions }] })

  /** Whatever the version, the group's part of the answer. */
  const ask = async (version: number, groupId: string, partitionIndexes: number[] | null, id = topicId) => {
    const topics = partitionIndexes && [{ name: 't', topicId: id, partitionIndexes }]
    if (version < 8) return broker.send(KEY.OFFSET_FETCH, version, { groupId, topics })
    return (await broker.send(KEY.OFFSET_FETCH, version, { groups: [{ groupId, topics }] })).groups[0]!
  }

  t.test('every version; v0 is refused', async (t) => {
    for (const version of versionsOf(KEY.OFFSET_FETCH)) {
      const { topics, errorCode } = await ask(version, 'g', [0, 1, 2])
      t.equal(errorCode, 0)
      t.equal(
        version < 10 ? (topics[0] as { name: string }).name : (topics[0] as { topicId: string }).topicId,
        version < 10 ? 't' : topicId,
      )
      const found = topics[0]!.partitions
      if (version === 0) {
        t.ok(found.every(({ errorCode }) => errorCode === ErrorCode.UNSUPPORTED_VERSION))
        continue
      }
      t.match(
        found,
        [
          { partitionIndex: 0, committedOffset: 10, metadata: 'note', errorCode: 0 },
          { partitionIndex: 1, committedOffset: 11, metadata: 'note', errorCode: 0 },
          { partitionIndex: 2, committedOffset: -1, metadata: '', errorCode: 0 },
        ],
        `v${version}`,
      )
      t.equal(found[0]?.committedLeaderEpoch, version < 5 ? -1 : 0)
    }
  })

  t.test('E45: null is all; an unknown group has nothing', async (t) => {
    for (const version of [2, 7, 8, 10]) {
      const all = await ask(version, 'g', null)
      t.strictSame(
        all.topics.flatMap(({ partitions }) => partitions.map(({ committedOffset }) => committedOffset)).sort(),
        [10, 11],
      )
      t.strictSame((await ask(version, 'unknown', null)).topics, [])
    }
    t.match((await ask(5, 'unknown', [0])).topics[0]?.partitions, [{ committedOffset: -1, metadata: '', errorCode: 0 }])
  })

  t.test('several groups at once', async (t) => {
    const groups = ['g', 'unknown'].map((groupId) => ({ groupId, topics: [{ name: 't', partitionIndexes: [0] }] }))
    const answer = await broker.send(KEY.OFFSET_FETCH, 8, { groups })
    t.strictSame(
      answer.groups.map(({ groupId, topics }) => [groupId, topics[0]?.partitions[0]?.committedOffset]),
      [
        ['g', 10],
        ['unknown', -1],
      ],
    )
  })

  t.test('N-E27: an unknown id', async (t) => {
    const { topics } = await ask(10, 'g', [0], UNKNOWN_ID)
    t.match(topics[0]?.partitions, [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, committedOffset: -1 }])
  })
})
