import fc from 'fast-check'
import t from 'tap'
import { decodeCleanShutdown, encodeCleanShutdown } from '../../../protocol/checkpoint/clean-shutdown.ts'
import {
  decodeLeaderEpochCheckpoint,
  encodeLeaderEpochCheckpoint,
} from '../../../protocol/checkpoint/leader-epoch-checkpoint.ts'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
} from '../../../protocol/checkpoint/meta-properties.ts'
import { decodeOffsetCheckpoint, encodeOffsetCheckpoint } from '../../../protocol/checkpoint/offset-checkpoint.ts'
import { decodePartitionMetadata, encodePartitionMetadata } from '../../../protocol/checkpoint/partition-metadata.ts'
import { decodeQuorumState, encodeQuorumState } from '../../../protocol/checkpoint/quorum-state.ts'
import { DecodeError } from '../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../protocol/wire/uuid.ts'

const ID = 'mJd3Sk2uQ3mMc2uZ7Yd3Tg'

t.test('B27: an offset checkpoint', async (t) => {
  const entries = [
    { topic: 'orders', partition: 0, offset: 17 },
    { topic: '__consumer_offsets', partition: 49, offset: 2 ** 40 },
  ]
  const text = '0\n2\norders 0 17\n__consumer_offsets 49 1099511627776\n'
  t.equal(encodeOffsetCheckpoint(entries), text)
  t.same(decodeOffsetCheckpoint(text), entries)
  t.same(decodeOffsetCheckpoint(text.trimEnd()), entries)
  t.same(decodeOffsetCheckpoint(text.replaceAll('\n', '\r\n')), entries)
  t.equal(encodeOffsetCheckpoint([]), '0\n0\n')
  t.same(decodeOffsetCheckpoint('0\n0\n'), [])
})

t.test('B29: an empty file has no entries', async (t) => {
  t.same(decodeOffsetCheckpoint(''), [])
  t.same(decodeLeaderEpochCheckpoint(''), [])
})

t.test('B29: malformed checkpoints', async (t) => {
  const malformed = {
    version: '1\n0\n',
    'no version': '\n0\n',
    'no count': '0\n',
    'not a count': '0\nmany\n',
    'fewer than counted': '0\n2\na 0 1\n',
    'more than counted': '0\n1\na 0 1\nb 0 1\n',
    'two fields': '0\n1\na 0\n',
    'four fields': '0\n1\na 0 1 2\n',
    'partition not a number': '0\n1\na x 1\n',
    'partition beyond int32': '0\n1\na 2147483648 1\n',
    'offset not a number': '0\n1\na 0 1.5\n',
    'offset beyond 53 bits': '0\n1\na 0 9223372036854775807\n',
    'blank line': '0\n1\na 0 1\n\n',
  }
  for (const [name, text] of Object.entries(malformed)) t.throws(() => decodeOffsetCheckpoint(text), DecodeError, name)
})

t.test('B33, B34: a leader epoch checkpoint', async (t) => {
  t.equal(encodeLeaderEpochCheckpoint([{ epoch: 0, startOffset: 0 }]), '0\n1\n0 0\n')
  const entries = fc.array(fc.record({ epoch: fc.nat(), startOffset: fc.nat(Number.MAX_SAFE_INTEGER) }))
  fc.assert(
    fc.property(entries, (list) => {
      t.same(decodeLeaderEpochCheckpoint(encodeLeaderEpochCheckpoint(list)), list)
    }),
  )
  t.throws(() => decodeLeaderEpochCheckpoint('0\n1\n0 0 0\n'), DecodeError)
})

t.test('B38, B39: partition.metadata', async (t) => {
  const text = `version: 0\ntopic_id: ${ID}`
  t.equal(encodePartitionMetadata(ID), text)
  t.equal(decodePartitionMetadata(text), ID)
  t.equal(decodePartitionMetadata(`${text}\n`), ID)
  for (const bad of [
    '',
    'version: 0',
    `version: 1\ntopic_id: ${ID}`,
    `topic_id: ${ID}`,
    'version: 0\ntopic_id: short',
    `version: 0\ntopic_id: ${ZERO_UUID}`,
  ]) {
    t.throws(() => decodePartitionMetadata(bad), DecodeError, JSON.stringify(bad))
  }
})

t.test('B40: meta.properties', async (t) => {
  const properties: MetaProperties = { version: 1, clusterId: ID, nodeId: 3, directoryId: 'ihO27jsjQPCJTWkFlzQqgw' }
  const text = encodeMetaProperties(properties, 1700000000000)
  t.equal(
    text,
    `#\n#Tue Nov 14 22:13:20 UTC 2023\ncluster.id=${ID}\ndirectory.id=ihO27jsjQPCJTWkFlzQqgw\nnode.id=3\nversion=1\n`,
  )
  t.same(decodeMetaProperties(text), properties)
  t.same(decodeMetaProperties(Buffer.from('version=1\ncluster.id=some\\:id\nnode.id=0\n')), {
    version: 1,
    clusterId: 'some:id',
    nodeId: 0,
    directoryId: null,
  })
})

t.test('B40: version 0 names a broker, and is what a missing version means', async (t) => {
  const old: MetaProperties = { version: 0, clusterId: null, nodeId: 5, directoryId: null }
  t.same(decodeMetaProperties('broker.id=5\n'), old)
  t.match(encodeMetaProperties(old, 0), /^broker\.id=5$/m)
  t.same(decodeMetaProperties(encodeMetaProperties(old, 0)), old)
  t.same(decodeMetaProperties(''), { ...old, nodeId: null })
})

t.test('B40: meta.properties that cannot be', async (t) => {
  for (const bad of [
    'version=2',
    'version=x',
    'version=1\nnode.id=1',
    'version=1\ncluster.id=a',
    'version=1\ncluster.id=a\nnode.id=one',
    'version=1\ncluster.id=a\nnode.id=1\ndirectory.id=short',
    `version=1\ncluster.id=a\nnode.id=1\ndirectory.id=${ZERO_UUID}`,
    'version=1\ncluster.id=a\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAg',
  ]) {
    t.throws(() => decodeMetaProperties(bad), DecodeError, JSON.stringify(bad))
  }
})

const STATE = { leaderId: 1, leaderEpoch: 5, votedId: -1, votedDirectoryId: ZERO_UUID, currentVoters: [1, 2] }

t.test('B42: quorum-state version 0', async (t) => {
  const text =
    '{"clusterId":"","leaderId":1,"leaderEpoch":5,"votedId":-1,"appliedOffset":0,' +
    '"currentVoters":[{"voterId":1},{"voterId":2}],"data_version":0}'
  t.equal(encodeQuorumState(STATE, 0), text)
  t.same(decodeQuorumState(text), { ...STATE, version: 0 })
  const none = text.replace(/"currentVoters":\[.*\]/, '"currentVoters":null')
  t.same(decodeQuorumState(none).currentVoters, [])
})

t.test('B42: quorum-state version 1', async (t) => {
  const state = { ...STATE, votedId: 2, votedDirectoryId: ID, currentVoters: [] }
  const text = `{"leaderId":1,"leaderEpoch":5,"votedId":2,"votedDirectoryId":"${ID}","data_version":1}`
  t.equal(encodeQuorumState(state, 1), text)
  t.same(decodeQuorumState(text), { ...state, version: 1 })
})

t.test('B42: quorum-state that cannot be', async (t) => {
  for (const bad of [
    '',
    '[]',
    'null',
    '{"leaderId":1}',
    '{"leaderId":1,"leaderEpoch":1,"votedId":1,"votedDirectoryId":"x","data_version":1}',
    '{"leaderId":1,"leaderEpoch":1,"votedId":1,"currentVoters":[1],"data_version":0}',
    '{"leaderId":"1","leaderEpoch":1,"votedId":1,"currentVoters":[],"data_version":0}',
    '{"leaderId":1,"leaderEpoch":1,"votedId":1,"currentVoters":[],"data_version":2}',
    '{"leaderId":2147483648,"leaderEpoch":1,"votedId":1,"currentVoters":[],"data_version":0}',
  ]) {
    t.throws(() => decodeQuorumState(bad), DecodeError, bad)
  }
})

t.test('B46: the mark of a clean shutdown', async (t) => {
  t.equal(encodeCleanShutdown(42n), '{"version":0,"brokerEpoch":42}')
  t.equal(decodeCleanShutdown('{"version":0,"brokerEpoch":42}'), 42n)
  t.equal(decodeCleanShutdown(encodeCleanShutdown(-1n)), -1n)
  for (const bad of ['', '{"version":1,"brokerEpoch":1}', '{"version":0}', '{"version":0,"brokerEpoch":"1"}']) {
    t.throws(() => decodeCleanShutdown(bad), DecodeError, bad)
  }
})
