import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { coordinator, joined } from './group-harness.ts'
import { KEY, TestBroker, versionsOf } from './harness.ts'

const UNKNOWN_ID = 'aaaaaaaaaaaaaaaaaaaaaA'

t.test('OffsetCommit', async (t) => {
  const broker = await TestBroker.start(t)
  const topicId = await broker.createTopic('t', 2)
  await coordinator(broker, 'g')
  const commit = async (
    version: number,
    groupId: string,
    { offset = 1, partition = 0, metadata = '' as string | null, topic = 't', id = topicId, ...member } = {} as {
      offset?: number
      partition?: number
      metadata?: string | null
      topic?: string
      id?: string
      generationIdOrMemberEpoch?: number
      memberId?: string
    },
  ) => {
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }]
    const body = { groupId, topics: [{ name: topic, topicId: id, partitions }], ...(version > 0 ? member : {}) }
    const { topics } = await broker.send(KEY.OFFSET_COMMIT, version, { memberId: '', ...body })
    return topics[0]!.partitions[0]!.errorCode
  }
  const committed = async (groupId: string) => {
    const groups = [{ groupId, topics: [{ name: 't', partitionIndexes: [0] }] }]
    return (await broker.send(KEY.OFFSET_FETCH, 8, { groups })).groups[0]!.topics[0]!.partitions[0]!
  }

  t.test('every version; v0 is refused', async (t) => {
    for (const version of versionsOf(KEY.OFFSET_COMMIT)) {
      const errorCode = await commit(version, 'g', { offset: 100 + version, metadata: `v${version}` })
      t.equal(errorCode, version === 0 ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE, `v${version}`)
      if (version > 0) t.match(await committed('g'), { committedOffset: 100 + version, metadata: `v${version}` })
    }
  })

  t.test('E41: each partition alone', async (t) => {
    const partitions = [0, 9].map((partitionIndex) => ({
      partitionIndex,
      committedOffset: 5,
      committedMetadata: null,
    }))
    const topics = [
      { name: 't', partitions },
      { name: 'missing', partitions },
    ]
    const answer = await broker.send(KEY.OFFSET_COMMIT, 8, { groupId: 'alone', memberId: '', topics })
    const { NONE, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode
    t.strictSame(
      answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
      [NONE, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_OR_PARTITION],
    )
    t.equal((await committed('alone')).committedOffset, 5)
  })

  t.test('E41: too much metadata', async (t) => {
    t.equal(await commit(8, 'm', { metadata: 'x'.repeat(4097) }), ErrorCode.OFFSET_METADATA_TOO_LARGE)
    t.equal(await commit(8, 'm', { metadata: 'x'.repeat(4096) }), ErrorCode.NONE)
  })

  t.test('E42: a generation of a group that is not there', async (t) => {
    t.equal(await commit(8, 'new', { generationIdOrMemberEpoch: 3 }), ErrorCode.ILLEGAL_GENERATION)
    t.equal(await commit(9, 'new', { generationIdOrMemberEpoch: 3 }), ErrorCode.GROUP_ID_NOT_FOUND)
  })

  t.test('E43: a group with members', async (t) => {
    const { memberId, generationId } = await joined(broker, 'full')
    t.equal(await commit(8, 'full'), ErrorCode.UNKNOWN_MEMBER_ID)
    t.equal(
      await commit(8, 'full', { memberId, generationIdOrMemberEpoch: generationId + 1 }),
      ErrorCode.ILLEGAL_GENERATION,
    )
    t.equal(
      await commit(8, 'full', { memberId: 'x', generationIdOrMemberEpoch: generationId }),
      ErrorCode.UNKNOWN_MEMBER_ID,
    )
    t.equal(await commit(8, 'full', { memberId, generationIdOrMemberEpoch: generationId }), ErrorCode.NONE)
  })

  t.test('N-E27: by id', async (t) => {
    t.equal(await commit(10, 'g', { id: UNKNOWN_ID }), ErrorCode.UNKNOWN_TOPIC_ID)
  })
})
