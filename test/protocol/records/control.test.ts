import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { BatchView } from '../../../protocol/records/batch.ts'
import {
  buildControlBatch,
  buildMarker,
  ControlType,
  controlKey,
  parseControlKey,
  parseMarker,
} from '../../../protocol/records/control.ts'
import { readRecords } from '../../../protocol/records/record.ts'
import { failsWith, golden } from './fixtures.ts'

const invalid = failsWith(ErrorCode.INVALID_RECORD)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

t.test('A24: the keys of control records', async (t) => {
  t.same(
    Object.values(ControlType).map((type) => controlKey(type).toString('hex')),
    ['00000000', '00000001', '00000002', '00000003', '00000004', '00000005', '00000006'],
  )
  for (const type of Object.values(ControlType)) t.equal(parseControlKey(controlKey(type)), type)
  t.equal(parseControlKey(hex('0000 7fff')), 0x7fff, 'types to come')
})

t.test('A25: short keys and negative versions are refused, later versions read as the first', async (t) => {
  t.throws(() => parseControlKey(null), invalid)
  t.throws(() => parseControlKey(hex('000000')), invalid)
  t.throws(() => parseControlKey(hex('ffff 0001')), invalid)
  t.equal(parseControlKey(hex('0005 0001 abcdef')), ControlType.COMMIT)
})

t.test('A26, A27: transaction markers to the byte', async (t) => {
  const commit = buildMarker({
    baseOffset: 99,
    leaderEpoch: 7,
    producerId: 4711,
    producerEpoch: 3,
    isCommit: true,
    coordinatorEpoch: 12,
    timestamp: 1700000000000,
  })
  const abort = buildMarker({
    producerId: 1,
    producerEpoch: 0,
    isCommit: false,
    coordinatorEpoch: 0,
    timestamp: 1700000000000,
  })
  t.equal(commit.length, 78)
  t.equal(commit.toString('hex'), golden('marker_commit').toString('hex'))
  t.equal(abort.toString('hex'), golden('marker_abort').toString('hex'))
  const batch = BatchView.at(commit)
  t.same([batch.isControl, batch.isTransactional, batch.baseSequence, batch.recordCount], [true, true, -1, 1])
  const [record] = readRecords(batch)
  t.same(parseMarker(record!), { isCommit: true, coordinatorEpoch: 12 })
})

t.test('A26: values of markers that are too short or of a negative version, longer ones, other types', async (t) => {
  const key = controlKey(ControlType.ABORT)
  t.throws(() => parseMarker({ key, value: hex('0000 000000') }), invalid)
  t.throws(() => parseMarker({ key, value: null }), invalid)
  t.throws(() => parseMarker({ key, value: hex('ffff 00000001') }), invalid)
  t.same(parseMarker({ key, value: hex('0001 00000009 ff') }), { isCommit: false, coordinatorEpoch: 9 })
  t.equal(parseMarker({ key: controlKey(ControlType.LEADER_CHANGE), value: null }), null)
})

t.test('A24: a leader change to the byte', async (t) => {
  const [record] = readRecords(BatchView.at(golden('leader_change')))
  const batch = buildControlBatch({
    leaderEpoch: 1,
    timestamp: 1700000000000,
    records: [{ type: ControlType.LEADER_CHANGE, value: record!.value! }],
  })
  t.equal(batch.toString('hex'), golden('leader_change').toString('hex'))
})
