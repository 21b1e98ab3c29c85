import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { encodeGroupRecord } from '../../../protocol/group/index.ts'
import { batches } from '../../../protocol/records/batch.ts'
import { buildBatch } from '../../../protocol/records/build.ts'
import { readRecords } from '../../../protocol/records/record.ts'
import { ZERO_UUID } from '../../../protocol/wire/uuid.ts'
import { commitOf, Harness, ORDERS_ID, PAYMENTS_ID, sketch } from './harness.ts'

const DAY_MS = 86_400_000
const orders = (...partitions: ReturnType<typeof commitOf>[]) => [{ name: 'orders', partitions }]

/** Error codes of an OffsetCommit, partition by partition. */
async function codesOf(g: Harness, version: number, input: Parameters<Harness['commit']>[1]) {
  const answer = await g.now(g.commit(version, input))
  return answer?.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
}

/** Offsets of an OffsetFetch of one group by name, as [partition, offset, code]. */
async function offsetsOf(g: Harness, groupId: string, requireStable = false) {
  const answer = await g.now(g.fetch(8, { groups: [{ groupId, topics: null }], requireStable }))
  return answer!.groups[0]!.topics.flatMap(({ name, partitions }) =>
    partitions.map((p) => [`${name}-${p.partitionIndex}`, p.committedOffset, p.errorCode]),
  )
}

t.test('E5, E6, N-E29: an offset commit is one record each, value version 4', async (t) => {
  const g = await Harness.start()
  const commit = { groupId: 'g', topics: orders({ ...commitOf(1, 42, 'meta'), committedLeaderEpoch: 7 } as never) }
  t.same(await codesOf(g, 6, { ...commit, generationIdOrMemberEpoch: -1, memberId: '' }), [0])
  t.same(g.newRecords(), [
    {
      type: 'offset',
      groupId: 'g',
      topic: 'orders',
      partition: 1,
      value: {
        offset: 42,
        leaderEpoch: 7,
        metadata: 'meta',
        commitTimestamp: g.time.wallMs(),
        expireTimestamp: -1,
        topicId: ZERO_UUID,
      },
    },
  ])
  const [batch] = batches(g.log.batches.get(0)![0]!)
  const [{ key, value }] = [...readRecords(batch!)] as unknown as [{ key: Buffer; value: Buffer }]
  t.equal(key.toString('hex'), '0001000167' + '00066f7264657273' + '00000001')
  const timestamp = Buffer.alloc(8)
  timestamp.writeBigInt64BE(BigInt(g.time.wallMs()))
  t.equal(value.toString('hex'), `0004000000000000002a00000007056d657461${timestamp.toString('hex')}00`)
})

t.test('N-E27, N-E29: v10 commits and fetches by topic id', async (t) => {
  const g = await Harness.start()
  const unknown = 'dW5rbm93bnVua25vd251bg'
  const topics = [
    { topicId: ORDERS_ID, partitions: [commitOf(0, 5)] },
    { topicId: unknown, partitions: [commitOf(0, 6)] },
  ]
  t.same(await codesOf(g, 10, { groupId: 'g', topics }), [0, ErrorCode.UNKNOWN_TOPIC_ID])
  t.match(g.newRecords(), [{ value: { offset: 5, topicId: ORDERS_ID } }])
  const asked = [
    { topicId: unknown, partitionIndexes: [0] },
    { topicId: ORDERS_ID, partitionIndexes: [0, 1] },
  ]
  const answer = await g.now(g.fetch(10, { groups: [{ groupId: 'g', topics: asked }] }))
  t.match(answer!.groups, [
    {
      errorCode: 0,
      topics: [
        { topicId: unknown, partitions: [{ committedOffset: -1, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] },
        {
          topicId: ORDERS_ID,
          partitions: [
            { committedOffset: 5, errorCode: 0 },
            { committedOffset: -1, errorCode: 0 },
          ],
        },
      ],
    },
  ])
})

t.test('N-E28, N-E29: a topic made again under its name has none of the offsets of the old one', async (t) => {
  const g = await Harness.start()
  const topics = [
    { topicId: ORDERS_ID, partitions: [commitOf(0, 5)] },
    { topicId: PAYMENTS_ID, partitions: [commitOf(0, 6)] },
  ]
  await codesOf(g, 10, { groupId: 'g', topics })
  const fresh = 'ZnJlc2hmcmVzaGZyZXNoZg'
  g.topics.set('orders', { topicId: fresh, partitions: 3 })
  g.topics.delete('payments')
  const one = await g.now(
    g.fetch(10, { groups: [{ groupId: 'g', topics: [{ topicId: fresh, partitionIndexes: [0] }] }] }),
  )
  t.match(one!.groups[0]!.topics, [{ topicId: fresh, partitions: [{ committedOffset: -1, errorCode: 0 }] }])
  const all = await g.now(g.fetch(10, { groups: [{ groupId: 'g', topics: null }] }))
  t.same(
    all!.groups[0]!.topics.map(({ topicId }) => topicId),
    [fresh],
  )
})

t.test('I14: v0 of both went to ZooKeeper', async (t) => {
  const g = await Harness.start()
  t.same(await codesOf(g, 0, { groupId: 'g', topics: orders(commitOf(0, 1)) }), [ErrorCode.UNSUPPORTED_VERSION])
  const answer = await g.now(g.fetch(0, { groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] }))
  t.match(answer!.topics, [{ partitions: [{ committedOffset: -1, errorCode: ErrorCode.UNSUPPORTED_VERSION }] }])
})

t.test('E41: what cannot be committed is refused by itself', async (t) => {
  const g = await Harness.start()
  const topics = [
    { name: 'nowhere', partitions: [commitOf(0, 1)] },
    { name: 'orders', partitions: [commitOf(0, 2), commitOf(3, 2), commitOf(-1, 2), commitOf(1, 3, 'ä'.repeat(4097))] },
    { name: 'payments', partitions: [commitOf(0, 4, 'ä'.repeat(4096))] },
  ]
  t.same(await codesOf(g, 2, { groupId: 'g', topics }), [3, 0, 3, 3, ErrorCode.OFFSET_METADATA_TOO_LARGE, 0])
  t.same(g.newRecords().map(sketch), ['offset g orders-0 2', 'offset g payments-0 4'])
})

t.test('E6: a retention time is written as value version 1 and kept to', async (t) => {
  const g = await Harness.start()
  await codesOf(g, 4, { groupId: 'g', retentionTimeMs: 3_600_000, topics: orders(commitOf(0, 1)) })
  t.match(g.newRecords(), [{ value: { expireTimestamp: g.time.wallMs() + 3_600_000 } }])
  await g.time.run(3_600_000)
  t.same(g.newRecords().map(sketch), ['offset g orders-0 gone', 'group g gone'])
})

t.test('bad input: a retention time beyond all bounds is cut to what can be kept', async (t) => {
  const g = await Harness.start()
  for (const retentionTimeMs of [2 ** 63, Number.MAX_SAFE_INTEGER, -(2 ** 63), -2]) {
    t.same(await codesOf(g, 4, { groupId: 'g', retentionTimeMs, topics: orders(commitOf(0, 1)) }), [0])
  }
})

t.test('v1 carries its own commit timestamp', async (t) => {
  const g = await Harness.start()
  const at = (partitionIndex: number, commitTimestamp: number) => ({ ...commitOf(partitionIndex, 1), commitTimestamp })
  await codesOf(g, 1, { groupId: 'g', topics: orders(at(0, 12345), at(1, -1)) })
  t.match(g.newRecords(), [{ value: { commitTimestamp: 12345 } }, { value: { commitTimestamp: g.time.wallMs() } }])
})

t.test('E17, E42: a group that nobody joined is a simple one; with a generation it is unknown', async (t) => {
  const g = await Harness.start()
  t.same(await codesOf(g, 8, { groupId: '', topics: orders(commitOf(0, 1)) }), [0])
  t.same(await codesOf(g, 8, { groupId: 'g', topics: orders(commitOf(0, 1)) }), [0])
  t.same(g.newRecords().map(sketch), ['offset  orders-0 1', 'offset g orders-0 1'])
  t.match(await g.now(g.describe(6, 'g')), {
    groups: [{ errorCode: 0, groupState: 'Empty', protocolType: '', members: [] }],
  })
  const member = { generationIdOrMemberEpoch: 0, memberId: 'm', topics: orders(commitOf(0, 1)) }
  t.same(await codesOf(g, 8, { groupId: 'new', ...member }), [ErrorCode.ILLEGAL_GENERATION])
  t.same(await codesOf(g, 9, { groupId: 'new', ...member }), [ErrorCode.GROUP_ID_NOT_FOUND])
  t.same(await codesOf(g, 9, { groupId: 'g', ...member }), [ErrorCode.UNKNOWN_MEMBER_ID])
})

t.test('a simple group may be joined and keeps its offsets', async (t) => {
  const g = await Harness.start()
  await codesOf(g, 8, { groupId: 'g', topics: orders(commitOf(0, 1)) })
  const { generationId } = await g.stable('a')
  t.equal(generationId, 1)
  t.same(await offsetsOf(g, 'g'), [['orders-0', 1, 0]])
  t.same(g.newRecords().map(sketch), ['offset g orders-0 1', 'group g gen=1 type=consumer [a:a]'])
})

t.test('E43, J44: commits of members', async (t) => {
  const g = await Harness.start()
  const { ids, generationId } = await g.stable('a', 'b')
  const commit = (input: object) => codesOf(g, 7, { groupId: 'g', topics: orders(commitOf(0, 9)), ...input })
  t.same(await commit({}), [ErrorCode.UNKNOWN_MEMBER_ID])
  t.same(await commit({ memberId: ids[0], generationIdOrMemberEpoch: -1 }), [ErrorCode.ILLEGAL_GENERATION])
  t.same(await commit({ memberId: ids[0], generationIdOrMemberEpoch: generationId - 1 }), [
    ErrorCode.ILLEGAL_GENERATION,
  ])
  t.same(await commit({ memberId: 'x', generationIdOrMemberEpoch: generationId }), [ErrorCode.UNKNOWN_MEMBER_ID])
  t.same(await offsetsOf(g, 'g'), [])
  t.same(await commit({ memberId: ids[0], generationIdOrMemberEpoch: generationId }), [0])
  g.join(3, { memberId: ids[0]! })
  await g.time.settle()
  t.same(await commit({ memberId: ids[1], generationIdOrMemberEpoch: generationId }), [0], 'while Preparing')
  g.join(3, { memberId: ids[1]! })
  await g.time.settle()
  t.same(await commit({ memberId: ids[1], generationIdOrMemberEpoch: 2 }), [ErrorCode.REBALANCE_IN_PROGRESS])
})

t.test('E44: a commit keeps the session', async (t) => {
  const g = await Harness.start()
  const { ids } = await g.stable('a')
  for (let i = 0; i < 4; i++) {
    await g.time.run(9000)
    const member = { memberId: ids[0]!, generationIdOrMemberEpoch: 1 }
    t.same(await codesOf(g, 7, { groupId: 'g', ...member, topics: orders(commitOf(0, i)) }), [0])
  }
  t.match(await g.now(g.heartbeat(3, { memberId: ids[0]! })), { errorCode: 0 })
})

t.test('E45: nothing committed is offset -1, in every form of the request', async (t) => {
  const g = await Harness.start()
  await codesOf(g, 6, { groupId: 'g', topics: orders({ ...commitOf(0, 5, 'm'), committedLeaderEpoch: 3 } as never) })
  const topics = [{ name: 'orders', partitionIndexes: [0, 1] }]
  const none = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }
  for (const version of [1, 2, 3, 4, 5, 6, 7]) {
    const committedLeaderEpoch = version >= 5 ? 3 : -1
    t.match(await g.now(g.fetch(version, { groupId: 'g', topics })), {
      errorCode: 0,
      topics: [{ name: 'orders', partitions: [{ committedOffset: 5, metadata: 'm', committedLeaderEpoch }, none] }],
    })
    t.match(await g.now(g.fetch(version, { groupId: 'unknown', topics })), {
      errorCode: 0,
      topics: [{ partitions: [none, none] }],
    })
  }
  t.match(await g.now(g.fetch(2, { groupId: 'g', topics: null })), {
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 5 }] }],
  })
  const groups = [
    { groupId: 'g', topics: null },
    { groupId: 'unknown', topics },
  ]
  t.match(await g.now(g.fetch(8, { groups })), {
    groups: [
      { groupId: 'g', errorCode: 0, topics: [{ partitions: [{ committedOffset: 5 }] }] },
      { groupId: 'unknown', errorCode: 0, topics: [{ partitions: [none, none] }] },
    ],
  })
})

t.test('E46: offsets are seen once they are committed; require_stable waits for that', async (t) => {
  const g = await Harness.start()
  await codesOf(g, 6, { groupId: 'g', topics: orders(commitOf(0, 1)) })
  g.log.isHeld = true
  const commit = g.commit(6, { groupId: 'g', topics: orders(commitOf(0, 2)) })
  t.equal(await g.now(commit), undefined)
  t.same(await offsetsOf(g, 'g'), [['orders-0', 1, 0]])
  t.match(await g.now(g.fetch(5, { groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] })), {
    topics: [{ partitions: [{ committedOffset: 1 }] }],
  })
  const stable = g.fetch(7, { groupId: 'g', topics: null, requireStable: true })
  t.equal(await g.now(stable), undefined)
  g.log.commitNext()
  t.match(await g.now(stable), { topics: [{ partitions: [{ committedOffset: 2 }] }] })
  t.same(await offsetsOf(g, 'g'), [['orders-0', 2, 0]])
})

t.test('E14: a commit that cannot be stored leaves what was', async (t) => {
  const g = await Harness.start()
  await codesOf(g, 6, { groupId: 'g', topics: orders(commitOf(0, 1)) })
  for (const [failure, answer] of [
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  ] as const) {
    g.log.failNext = failure
    t.same(await codesOf(g, 6, { groupId: 'g', topics: orders(commitOf(0, 2)) }), [answer])
    await g.time.settle()
    t.same(await offsetsOf(g, 'g'), [['orders-0', 1, 0]])
  }
})

t.test('E14, E15: without a coordinator here', async (t) => {
  const g = await Harness.start({ isElected: false })
  t.same(await codesOf(g, 6, { groupId: 'g', topics: orders(commitOf(0, 1)) }), [ErrorCode.NOT_COORDINATOR])
  const topics = [{ name: 'orders', partitionIndexes: [0] }]
  t.match(await g.now(g.fetch(1, { groupId: 'g', topics })), {
    topics: [{ partitions: [{ errorCode: ErrorCode.NOT_COORDINATOR }] }],
  })
  t.match(await g.now(g.fetch(5, { groupId: 'g', topics })), { errorCode: ErrorCode.NOT_COORDINATOR, topics: [] })
  t.match(await g.now(g.fetch(8, { groups: [{ groupId: 'g', topics }] })), {
    groups: [{ errorCode: ErrorCode.NOT_COORDINATOR, topics: [] }],
  })
})

t.test(
  'E47, J45: offsets of an empty group expire 7 days after it became empty, and the group with them',
  async (t) => {
    const g = await Harness.start()
    const { ids, generationId } = await g.stable('a')
    const member = { memberId: ids[0]!, generationIdOrMemberEpoch: generationId }
    await codesOf(g, 7, { groupId: 'g', ...member, topics: orders(commitOf(0, 1)) })
    for (let ms = 0; ms < DAY_MS; ms += 9000) {
      g.time.advance(9000)
      g.heartbeat(3, { memberId: ids[0]! })
    }
    await g.now(g.leave(3, { members: [{ memberId: ids[0]! }] }))
    g.newRecords()
    await g.time.run(7 * DAY_MS - 600_000)
    t.same(g.newRecords(), [])
    await g.time.run(2 * 600_000)
    t.same(g.newRecords().map(sketch), ['offset g orders-0 gone', 'group g gone'])
    t.match(await g.now(g.list(5)), { groups: [] })
  },
)

t.test('E47: a Stable consumer group loses offsets of topics that it does not subscribe to', async (t) => {
  const g = await Harness.start({ config: { 'offsets.retention.minutes': 10 } })
  const { ids, generationId } = await g.stable('a')
  const member = { memberId: ids[0]!, generationIdOrMemberEpoch: generationId }
  const topics = [...orders(commitOf(0, 1)), { name: 'payments', partitions: [commitOf(0, 1)] }]
  await codesOf(g, 7, { groupId: 'g', ...member, topics })
  g.newRecords()
  for (let ms = 0; ms < 1_300_000; ms += 9000) {
    await g.time.run(9000)
    g.heartbeat(3, { memberId: ids[0]! })
  }
  t.same(g.newRecords().map(sketch), ['offset g payments-0 gone'])
})

t.test('E47: simple groups count from the commit, other protocol types keep theirs', async (t) => {
  const g = await Harness.start({ config: { 'offsets.retention.minutes': 10 } })
  await codesOf(g, 7, { groupId: 'simple', topics: orders(commitOf(0, 1)) })
  const join = g.join(3, { groupId: 'connect', protocolType: 'connect', sessionTimeoutMs: 1_800_000 })
  await g.time.run(0)
  const { memberId } = join.value!
  await g.now(g.sync(3, { groupId: 'connect', memberId }))
  await codesOf(g, 7, { groupId: 'connect', memberId, generationIdOrMemberEpoch: 1, topics: orders(commitOf(0, 1)) })
  g.newRecords()
  await g.time.run(1_300_000)
  t.same(g.newRecords().map(sketch), ['offset simple orders-0 gone', 'group simple gone'])
})

t.test('a group whose member id is on its way does not vanish', async (t) => {
  const g = await Harness.start()
  const { memberId } = (await g.now(g.join(4, { sessionTimeoutMs: 1_800_000 })))!
  await g.time.run(700_000)
  const join = g.join(4, { memberId, sessionTimeoutMs: 1_800_000 })
  await g.time.run(0)
  t.match(join.value, { errorCode: 0 })
})

t.test('E49: deleting a topic removes its offsets from all groups', async (t) => {
  const g = await Harness.start()
  const topics = [...orders(commitOf(0, 1), commitOf(1, 1)), { name: 'payments', partitions: [commitOf(0, 1)] }]
  await codesOf(g, 7, { groupId: 'one', topics })
  await codesOf(g, 10, { groupId: 'two', topics: [{ topicId: ORDERS_ID, partitions: [commitOf(2, 1)] }] })
  g.newRecords()
  const done = g.coordinator.onTopicsDeleted([{ name: 'orders', topicId: 'b3RoZXJvdGhlcm90aGVyMA' }])
  await g.time.settle()
  await done
  t.same(g.newRecords().map(sketch), ['offset one orders-0 gone', 'offset one orders-1 gone'])
  void g.coordinator.onTopicsDeleted([{ name: 'orders' }])
  await g.time.settle()
  t.same(g.newRecords().map(sketch), ['offset two orders-2 gone'])
})

t.test('E54: OffsetDelete', async (t) => {
  const g = await Harness.start()
  const ask = (groupId: string) => ({
    groupId,
    topics: [
      { name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] },
      { name: 'payments', partitions: [{ partitionIndex: 0 }] },
    ],
  })
  const codes = async (groupId: string) => {
    const answer = await g.now(g.offsetDelete(ask(groupId)))
    return [answer!.errorCode, ...answer!.topics.flatMap(({ partitions }) => partitions.map((p) => p.errorCode))]
  }
  t.same(await codes(''), [ErrorCode.INVALID_GROUP_ID])
  t.same(await codes('unknown'), [ErrorCode.GROUP_ID_NOT_FOUND])
  const { ids, generationId } = await g.stable('a')
  const member = { memberId: ids[0]!, generationIdOrMemberEpoch: generationId }
  const topics = [...orders(commitOf(0, 1)), { name: 'payments', partitions: [commitOf(0, 1)] }]
  await codesOf(g, 7, { groupId: 'g', ...member, topics })
  g.newRecords()
  t.same(await codes('g'), [0, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0])
  t.same(g.newRecords().map(sketch), ['offset g payments-0 gone'])
  const connect = g.join(3, { groupId: 'connect', protocolType: 'connect' })
  await g.time.run(0)
  t.match(connect.value, { errorCode: 0 })
  t.same(await codes('connect'), [ErrorCode.NON_EMPTY_GROUP])
})

t.test('E46, E48, J39: offsets in a transaction that is not over', async (t) => {
  const g = await Harness.start({ isElected: false })
  const offset = (partition: number, at: number, group = 'g') => ({
    timestamp: g.time.wallMs(),
    ...encodeGroupRecord({
      type: 'OffsetCommit',
      key: { group, topic: 'orders', partition },
      version: 4,
      value: { offset: at, metadata: '', commitTimestamp: g.time.wallMs(), topicId: ZERO_UUID },
    }),
  })
  const producer = (producerId: number) => ({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  const marker = (producerId: number, type: 0 | 1) => {
    const record = { timestamp: 0, key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) }
    return buildBatch({ ...producer(producerId), baseSequence: -1, isControl: true, records: [record] })
  }
  const log = [
    buildBatch({ records: [offset(0, 1), offset(1, 1), offset(2, 1), offset(0, 1, 'h')] }),
    buildBatch({ ...producer(5), records: [offset(0, 2)] }),
    buildBatch({ ...producer(6), records: [offset(1, 2)] }),
    buildBatch({ ...producer(7), records: [offset(2, 2), offset(1, 5, 'h')] }),
    buildBatch({ records: [offset(1, 3)] }),
    marker(5, 1),
    marker(6, 1),
  ]
  g.log.batches.set(0, log)
  let next = 0
  for (const batch of log) {
    batch.writeBigInt64BE(BigInt(next), 0)
    next += batch.readInt32BE(57)
  }
  void g.coordinator.onElection(0, 0)
  await g.time.settle()
  t.same(await offsetsOf(g, 'g'), [
    ['orders-0', 2, 0],
    ['orders-1', 3, 0],
    ['orders-2', 1, 0],
  ])
  const topics = [{ name: 'orders', partitionIndexes: [0, 2] }]
  t.match(await g.now(g.fetch(7, { groupId: 'g', topics, requireStable: true })), {
    topics: [
      {
        partitions: [
          { committedOffset: 2, errorCode: 0 },
          { committedOffset: -1, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT },
        ],
      },
    ],
  })
  t.match(await g.now(g.fetch(7, { groupId: 'g', topics })), { topics: [{ partitions: [{}, { errorCode: 0 }] }] })
  g.newRecords()
  await g.time.run(8 * DAY_MS)
  // What waits for its transaction stays, and so do the groups.
  t.same(g.newRecords().map(sketch), ['offset g orders-0 gone', 'offset g orders-1 gone', 'offset h orders-0 gone'])
})
