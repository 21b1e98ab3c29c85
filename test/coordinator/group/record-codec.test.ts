import fc from 'fast-check'
import t from 'tap'
import { DecodeError } from '../../../protocol/errors.ts'
import { encodeGroupRecord } from '../../../protocol/group/index.ts'
import { ZERO_UUID } from '../../../protocol/wire/uuid.ts'
import { groupRecordCodec } from '../../../src/coordinator/group/record-codec.ts'
import type { GroupRecord, StoredGroup, StoredOffset } from '../../../src/coordinator/group/records.ts'
import { ORDERS_ID } from './harness.ts'

const int32 = fc.integer({ min: -1, max: 2 ** 31 - 1 })
const time = fc.integer({ min: -1, max: 2 ** 45 })
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array))
const groupId = fc.string({ maxLength: 10 })

const PLAIN = { noNullPrototype: true } as const

const offsetValue: fc.Arbitrary<StoredOffset> = fc.record(
  {
    offset: fc.nat(),
    leaderEpoch: int32,
    metadata: fc.string({ maxLength: 10 }),
    commitTimestamp: time,
    expireTimestamp: fc.constant(-1),
    topicId: fc.constantFrom(ZERO_UUID, ORDERS_ID),
  },
  PLAIN,
)

const member: fc.Arbitrary<StoredGroup['members'][number]> = fc.record(
  {
    memberId: fc.string({ maxLength: 10 }),
    groupInstanceId: fc.option(fc.string({ maxLength: 10 })),
    clientId: fc.string({ maxLength: 10 }),
    clientHost: fc.string({ maxLength: 10 }),
    rebalanceTimeout: int32,
    sessionTimeout: int32,
    subscription: bytes,
    assignment: bytes,
  },
  PLAIN,
)

const groupValue: fc.Arbitrary<StoredGroup> = fc.record(
  {
    protocolType: fc.string({ maxLength: 10 }),
    generation: int32,
    protocol: fc.option(fc.string({ maxLength: 10 })),
    leader: fc.option(fc.string({ maxLength: 10 })),
    currentStateTimestamp: time,
    members: fc.array(member, { maxLength: 3 }),
  },
  PLAIN,
)

const record: fc.Arbitrary<GroupRecord> = fc.oneof(
  fc
    .tuple(groupId, fc.string({ maxLength: 10 }), int32, fc.option(offsetValue))
    .map(([groupId, topic, partition, value]) => ({ type: 'offset' as const, groupId, topic, partition, value })),
  fc.tuple(groupId, fc.option(groupValue)).map(([groupId, value]) => ({ type: 'group' as const, groupId, value })),
)

t.test('what is written reads the same', async (t) => {
  fc.assert(
    fc.property(record, (record) => {
      const { key, value } = groupRecordCodec.encode(record)
      t.same(groupRecordCodec.decode(key, value), record)
    }),
    { numRuns: 200 },
  )
})

t.test('E6, N-E29, N-E30: versions of values', async (t) => {
  const value = { offset: 1, leaderEpoch: -1, metadata: '', commitTimestamp: 5, topicId: ZERO_UUID }
  const offset = { type: 'offset', groupId: 'g', topic: 'orders', partition: 0 } as const
  const version = (record: GroupRecord) => groupRecordCodec.encode(record).value?.readInt16BE(0)
  t.equal(version({ ...offset, value: { ...value, expireTimestamp: -1 } }), 4)
  t.equal(version({ ...offset, value: { ...value, expireTimestamp: 9 } }), 1)
  const group = { protocolType: '', generation: 0, protocol: null, leader: null, currentStateTimestamp: 1, members: [] }
  t.equal(version({ type: 'group', groupId: 'g', value: group }), 3)
  t.equal(version({ type: 'group', groupId: 'g', value: null }), undefined)
})

t.test('E4, E6: offsets of all versions and of the old key type are read', async (t) => {
  const key = { group: 'g', topic: 'orders', partition: 2 }
  for (const version of [0, 1, 2, 3, 4]) {
    const value = { offset: 7, metadata: 'm', commitTimestamp: 5, ...(version === 1 && { expireTimestamp: 9 }) }
    const bytes = encodeGroupRecord({ type: 'OffsetCommit', key, version, value })
    t.strictSame(groupRecordCodec.decode(bytes.key, bytes.value), {
      type: 'offset',
      groupId: 'g',
      topic: 'orders',
      partition: 2,
      value: {
        offset: 7,
        leaderEpoch: -1,
        metadata: 'm',
        commitTimestamp: 5,
        expireTimestamp: version === 1 ? 9 : -1,
        topicId: ZERO_UUID,
      },
    })
  }
  const value = { offset: 7, metadata: 'm', commitTimestamp: 5 }
  const old = encodeGroupRecord({ type: 'LegacyOffsetCommit', key, version: 0, value })
  t.match(groupRecordCodec.decode(old.key, old.value), {
    type: 'offset',
    topic: 'orders',
    value: { offset: 7, leaderEpoch: -1, expireTimestamp: -1, topicId: ZERO_UUID },
  })
})

t.test('N-E31: a newer version of a value is an error, an unknown key type is passed over', async (t) => {
  const { key } = groupRecordCodec.encode({ type: 'group', groupId: 'g', value: null })
  t.throws(() => groupRecordCodec.decode(key, Buffer.from([0, 5, 0, 0])), DecodeError)
  t.throws(() => groupRecordCodec.decode(key.subarray(0, 3), null), DecodeError)
  t.equal(groupRecordCodec.decode(Buffer.from([0, 99, 1]), Buffer.from([0, 9])), undefined)
  t.equal(groupRecordCodec.decode(Buffer.from([0, 5, 1]), Buffer.from([0, 9])), undefined, 'a consumer group member')
})
