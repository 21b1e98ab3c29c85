import t from 'tap'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../protocol/checkpoint/producer-snapshot.ts'
import { decodeControlRecord, encodeControlValue } from '../../protocol/control/index.ts'
import { decodeGroupRecord, encodeGroupRecord } from '../../protocol/group/index.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../protocol/metadata/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import { decodeShareRecord, encodeShareRecord } from '../../protocol/share/index.ts'
import { decodeTransactionRecord, encodeTransactionRecord } from '../../protocol/transaction/index.ts'
import { ONE_UUID } from '../../protocol/wire/uuid.ts'

const ONE = `${'00'.repeat(15)}01`

t.test('A78: a metadata record is framed by 1, its type and its version', (t) => {
  const record = { type: 'TopicRecord', version: 0, value: { name: 'a', topicId: ONE_UUID } } as const
  const bytes = encodeMetadataRecord(record)
  t.equal(bytes.toString('hex'), `0102000261${ONE}00`)
  t.strictSame(decodeMetadataRecord(bytes), record)
  t.end()
})

t.test('A79: a reader of metadata records fails on what it does not know', (t) => {
  for (const frame of ['00', '02', '', `0002000261${ONE}00`, `0202000261${ONE}00`]) {
    t.throws(() => decodeMetadataRecord(Buffer.from(frame, 'hex')), { name: 'DecodeError' })
  }
  const record = (text: string) => () => decodeMetadataRecord(Buffer.from(text, 'hex'))
  t.throws(record(`0102010261${ONE}00`), { message: 'TopicRecord has no version 1' })
  t.throws(record('016300'), { message: 'no metadata record has type 99' })
  t.throws(record(`0102000261${ONE}0000`), { message: '1 bytes after a TopicRecord' })
  t.end()
})

t.test('a PartitionChange says nothing about what does not change', (t) => {
  const value = { partitionId: 1, topicId: ONE_UUID, isr: [2], leader: 2 }
  const bytes = encodeMetadataRecord({ type: 'PartitionChangeRecord', version: 0, value })
  t.equal(bytes.toString('hex'), `01050000000001${ONE}02${'00'}05${'0200000002'}${'01'}04${'00000002'}`)
  t.match(decodeMetadataRecord(bytes).value, { ...value, replicas: null, leaderRecoveryState: -1 })
  t.end()
})

t.test('N-E31: a group record has its type before the key and its version before the value', (t) => {
  const record = {
    type: 'OffsetCommit',
    key: { group: 'g', topic: 't', partition: 3 },
    version: 3,
    value: { offset: 5, leaderEpoch: 1, metadata: '', commitTimestamp: 9 },
  } as const
  const { key, value } = encodeGroupRecord(record)
  t.equal(key.toString('hex'), '0001' + '000167' + '000174' + '00000003')
  t.equal(value!.toString('hex'), '0003' + '0000000000000005' + '00000001' + '0000' + '0000000000000009')
  t.match(decodeGroupRecord(key, value), record)
  t.end()
})

t.test('N-E31: unknown types are passed over, unknown versions are not', (t) => {
  const { key } = encodeGroupRecord({ type: 'GroupMetadata', key: { group: 'g' }, version: 3, value: null })
  t.strictSame(decodeGroupRecord(key, null), { type: 'GroupMetadata', key: { group: 'g' }, version: 0, value: null })
  t.throws(() => decodeGroupRecord(key, Buffer.of(0, 5)), { message: 'GroupMetadataValue has no version 5' })
  t.equal(decodeGroupRecord(Buffer.from('0012000167', 'hex'), null), undefined)
  t.throws(() => decodeGroupRecord(Buffer.concat([key, Buffer.of(0)]), null), { name: 'DecodeError' })
  t.throws(() => decodeGroupRecord(Buffer.of(0), null), { name: 'DecodeError' })
  t.end()
})

t.test('N-E30: offset commits of old releases have key type 0 and the same layout', (t) => {
  const key = { group: 'g', topic: 't', partition: 0 }
  const value = { offset: 1, metadata: 'm', commitTimestamp: 2 }
  const legacy = encodeGroupRecord({ type: 'LegacyOffsetCommit', key, version: 0, value })
  const later = encodeGroupRecord({ type: 'OffsetCommit', key, version: 0, value })
  t.equal(legacy.key.readInt16BE(0), 0)
  t.same(legacy.key.subarray(2), later.key.subarray(2))
  t.same(legacy.value, later.value)
  t.end()
})

t.test('transaction and share records', (t) => {
  const transaction = encodeTransactionRecord({
    type: 'TransactionLog',
    key: { transactionalId: 'x' },
    version: 1,
    value: {
      producerId: 1n,
      producerEpoch: 2,
      transactionTimeoutMs: 3,
      transactionStatus: 0,
      transactionPartitions: null,
      transactionLastUpdateTimestampMs: 4,
      transactionStartTimestampMs: -1,
      nextProducerId: 7n,
    },
  })
  t.equal(transaction.key.toString('hex'), '0000' + '000178')
  t.match(decodeTransactionRecord(transaction.key, transaction.value)?.value, { producerId: 1n, nextProducerId: 7n })
  const key = { groupId: 'g', topicId: ONE_UUID, partition: 1 }
  const value = { snapshotEpoch: 1, leaderEpoch: 2, startOffset: 3, stateBatches: [] }
  const share = encodeShareRecord({ type: 'ShareUpdate', key, version: 0, value })
  t.equal(share.key.readInt16BE(0), 1)
  t.match(decodeShareRecord(share.key, share.value), { type: 'ShareUpdate', value })
  t.end()
})

t.test('A36: the value of a control record begins with its version', (t) => {
  const value = { version: 0, leaderId: 1, voters: [{ voterId: 1 }], grantingVoters: [] }
  const bytes = encodeControlValue(ControlType.LEADER_CHANGE, value)
  t.equal(bytes.toString('hex'), '0000' + '00000001' + '02' + '00000001' + '00' + '01' + '00')
  t.match(decodeControlRecord(ControlType.LEADER_CHANGE, bytes), { type: 2, value: { leaderId: 1 } })
  const marker = encodeControlValue(ControlType.COMMIT, { coordinatorEpoch: 7 })
  t.equal(marker.toString('hex'), '0000' + '00000007')
  t.match(decodeControlRecord(ControlType.COMMIT, marker), { value: { coordinatorEpoch: 7 } })
  t.end()
})

t.test('A24: control records of unknown types are passed over', (t) => {
  t.equal(decodeControlRecord(99, Buffer.alloc(2)), undefined)
  t.throws(() => decodeControlRecord(ControlType.COMMIT, Buffer.from('ffff00000007', 'hex')), { name: 'DecodeError' })
  t.end()
})

t.test('B48, B49: layout of a producer snapshot', (t) => {
  const entry = {
    producerId: 1000,
    epoch: 1,
    lastSequence: 2,
    lastOffset: 3,
    offsetDelta: 4,
    timestamp: 5,
    coordinatorEpoch: -1,
    currentTxnFirstOffset: -1,
  }
  const bytes = encodeProducerSnapshot([entry, entry])
  t.equal(bytes.length, 2 + 4 + 4 + 2 * 46)
  t.equal(bytes.readInt16BE(0), 1)
  t.strictSame(decodeProducerSnapshot(bytes), [entry, entry])
  t.end()
})

t.test('B54: a producer snapshot that is not whole is refused', (t) => {
  const bytes = encodeProducerSnapshot([])
  for (let at = 0; at < bytes.length; at++) {
    const broken = Buffer.from(bytes)
    broken[at]! ^= 1
    t.throws(() => decodeProducerSnapshot(broken), { name: 'DecodeError' }, `byte ${at}`)
    t.throws(() => decodeProducerSnapshot(bytes.subarray(0, at)), { name: 'DecodeError' }, `${at} bytes`)
  }
  t.end()
})
