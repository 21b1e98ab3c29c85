import t, { type Test } from 'tap'
import { Codec, codecOf, compress } from '../../protocol/compression/index.ts'
import { BatchField, type BatchView, sealBatch } from '../../protocol/records/batch.ts'
import { buildBatch } from '../../protocol/records/build.ts'
import { buildControlBatch, buildMarker, ControlType } from '../../protocol/records/control.ts'
import { buildMessageSet } from '../../protocol/records/legacy.ts'
import { readRecords } from '../../protocol/records/record.ts'
import {
  RecordValidationError,
  type ValidationContext,
  validateForFollower,
  validateForLeader,
} from '../../src/log/validator.ts'
import { batch, configWith, NOW_MS } from './world.ts'

const HOUR = 3_600_000

function validate(
  records: Buffer,
  config: Record<string, unknown> = {},
  more: Partial<ValidationContext> = {},
): BatchView[] {
  const context = {
    config: configWith(config),
    origin: 'client',
    version: 12,
    nowMs: NOW_MS,
    baseOffset: 100,
    leaderEpoch: 7,
  } as const
  return validateForLeader(records, { ...context, ...more })
}

/** Changes bytes of a batch and makes its checksum right again. */
function forge(records: Buffer, change: (records: Buffer) => void): Buffer {
  change(records)
  sealBatch(records, 0, records.length)
  return records
}

function refused(
  t: Test,
  code: number,
  records: Buffer,
  config?: Record<string, unknown>,
  more?: Partial<ValidationContext>,
) {
  t.throws(() => validate(records, config, more), { name: 'ProtocolError', code })
}

function recordErrors(records: Buffer, config?: Record<string, unknown>): RecordValidationError {
  try {
    validate(records, config)
  } catch (error) {
    if (error instanceof RecordValidationError) return error
    throw error
  }
  throw new Error('was accepted')
}

t.test('A54: only base offset and leader epoch change in place', async (t) => {
  for (const codec of [Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD]) {
    const sent = batch({ count: 3, codec, producerId: 5, producerEpoch: 1, baseSequence: 9 })
    const before = Buffer.from(sent)
    const [stored] = validate(sent)
    t.equal(stored!.buffer, sent)
    t.equal(stored!.baseOffset, 100)
    t.equal(stored!.lastOffset, 102)
    t.equal(stored!.partitionLeaderEpoch, 7)
    t.same(sent.subarray(16), before.subarray(16))
  }
})

t.test('C10: a batch that does not begin at offset 0', async (t) => refused(t, 87, batch({ baseOffset: 1 })))

t.test('C11: larger than max.message.bytes, compressed as it is', async (t) => {
  const sent = batch({ valueBytes: 5000, codec: Codec.GZIP })
  t.equal(validate(Buffer.from(sent), { 'max.message.bytes': sent.length }).length, 1)
  refused(t, 10, sent, { 'max.message.bytes': sent.length - 1 })
})

t.test('C12: checksum, impossible sizes and magics, partial batches', async (t) => {
  const broken = batch()
  broken[broken.length - 1]! ^= 1
  refused(t, 2, broken)
  const sized = batch()
  sized.writeInt32BE(5, 8)
  refused(t, 2, sized)
  const magic = batch()
  magic[16] = 3
  refused(t, 2, magic)
  const whole = batch()
  t.equal(validate(Buffer.concat([whole, batch().subarray(0, 30)])).length, 1, 'a partial batch behind is cut')
  refused(t, 87, whole.subarray(0, 40))
  refused(t, 87, Buffer.alloc(0))
  t.same(validate(Buffer.alloc(0), {}, { version: 2 }), [])
})

t.test('C4: layouts by version', async (t) => {
  refused(t, 87, Buffer.concat([batch(), batch()]))
  refused(t, 87, buildMessageSet({ magic: 1, records: [{ offset: 0, timestamp: NOW_MS, key: null, value: null }] }))
  refused(t, 87, batch(), {}, { version: 2 })
  refused(t, 76, batch({ codec: Codec.ZSTD }), {}, { version: 6 })
})

t.test('C15: headers that cannot be, or that a client may not send', async (t) => {
  refused(
    t,
    87,
    forge(batch({ count: 2 }), (b) => b.writeInt32BE(3, BatchField.RECORD_COUNT)),
  )
  refused(
    t,
    87,
    forge(batch({ count: 2 }), (b) => b.writeInt32BE(0, BatchField.RECORD_COUNT)),
  )
  refused(
    t,
    87,
    forge(batch({ count: 2 }), (b) => b.writeInt32BE(-1, BatchField.LAST_OFFSET_DELTA)),
  )
  refused(
    t,
    87,
    forge(batch({ count: 2 }), (b) => b.writeInt32BE(2, BatchField.LAST_OFFSET_DELTA)),
  )
  refused(t, 87, batch({ isControl: true }))
  refused(t, 87, batch({ producerId: 3, producerEpoch: 0, baseSequence: -1 }))
})

t.test('C15: a lying count, in header and offsets alike, is found in the records', async (t) => {
  for (const count of [1, 3]) {
    refused(
      t,
      87,
      forge(batch({ count: 2 }), (b) => {
        b.writeInt32BE(count, BatchField.RECORD_COUNT)
        b.writeInt32BE(count - 1, BatchField.LAST_OFFSET_DELTA)
      }),
    )
  }
})

t.test('A23: other offset deltas: stored as sent plain, refused compressed', async (t) => {
  const records = [0, 2].map((offsetDelta) => ({ timestamp: NOW_MS, key: null, value: null, offsetDelta }))
  const odd = (codec: Codec) =>
    forge(buildBatch({ codec, records }), (b) => b.writeInt32BE(1, BatchField.LAST_OFFSET_DELTA))
  t.equal(validate(odd(Codec.NONE)).length, 1)
  refused(t, -1, odd(Codec.GZIP))
})

t.test('A41, C23: unknown codecs and data that cannot be inflated', async (t) => {
  refused(
    t,
    -1,
    forge(batch(), (b) => b.writeInt16BE(5, BatchField.ATTRIBUTES)),
  )
  refused(
    t,
    -1,
    forge(batch(), (b) => b.writeInt16BE(Codec.GZIP, BatchField.ATTRIBUTES)),
  )
})

t.test('C16, J16: a compacted topic takes no record without a key', async (t) => {
  const error = recordErrors(batch({ count: 2, key: null }), { 'cleanup.policy': ['compact'] })
  t.equal(error.code, 87)
  t.same(
    error.recordErrors.map(({ batchIndex }) => batchIndex),
    [0, 1],
  )
  t.equal(recordErrors(batch({ key: null, codec: Codec.LZ4 }), { 'cleanup.policy': ['delete', 'compact'] }).code, 87)
  t.equal(validate(batch({ key: null })).length, 1)
})

t.test('C17, J15: records out of the range of time', async (t) => {
  const records = [NOW_MS, NOW_MS - 2 * HOUR, NOW_MS].map((timestamp) => ({ timestamp, key: null, value: null }))
  const error = recordErrors(buildBatch({ records }), { 'message.timestamp.before.max.ms': HOUR })
  t.equal(error.code, 32)
  t.same(
    error.recordErrors.map(({ batchIndex }) => batchIndex),
    [1],
  )
  t.equal(validate(batch({ timestamp: NOW_MS - 2 * HOUR })).length, 1)
  t.equal(validate(batch({ timestamp: NOW_MS + HOUR })).length, 1)
  refused(t, 32, batch({ timestamp: NOW_MS + HOUR + 1 }))
  t.equal(validate(batch({ timestamp: -1 }), { 'message.timestamp.before.max.ms': 0 }).length, 1, '-1 is no time')
})

t.test('C18: a batch that says LogAppendTime', async (t) => {
  const flagged = (timestamp: number) => batch({ timestamp, timestampType: 1, maxTimestamp: timestamp })
  refused(t, 32, flagged(NOW_MS), { 'message.timestamp.type': 'LogAppendTime' })
  refused(t, 32, flagged(-1))
  t.equal(validate(flagged(NOW_MS)).length, 1)
  t.equal(
    validate(batch({ timestamp: 1 }), {
      'message.timestamp.type': 'LogAppendTime',
      'message.timestamp.before.max.ms': 0,
    }).length,
    1,
  )
})

t.test('C20: one wrong time makes the code; else the first three are listed', async (t) => {
  const records = [null, Buffer.from('k')].map((key) => ({ timestamp: 0, key, value: null }))
  const config = { 'cleanup.policy': ['compact'], 'message.timestamp.before.max.ms': HOUR }
  const error = recordErrors(buildBatch({ records }), config)
  t.equal(error.code, 32)
  t.equal(error.recordErrors.length, 2)
  const many = recordErrors(batch({ count: 5, key: null }), { 'cleanup.policy': ['compact'] })
  t.equal(many.recordErrors.length, 5)
  t.match(many.message, /5 record errors.*record 2/)
  t.notMatch(many.message, /record 3/)
})

t.test('C24, J14, A8: LogAppendTime stamps the batch', async (t) => {
  const [stored] = validate(batch({ count: 2, timestamp: 5 }), { 'message.timestamp.type': 'LogAppendTime' })
  t.ok(stored!.verifyCrc())
  t.equal(stored!.maxTimestamp, NOW_MS)
  t.same(
    [...readRecords(stored!)].map(({ timestamp }) => timestamp),
    [NOW_MS, NOW_MS],
  )
})

t.test('A56: a largest timestamp that is not that of the records is put right', async (t) => {
  for (const codec of [Codec.NONE, Codec.LZ4]) {
    const [stored] = validate(batch({ count: 3, codec, maxTimestamp: NOW_MS + 77 }))
    t.equal(stored!.maxTimestamp, NOW_MS + 2)
    t.ok(stored!.verifyCrc())
  }
})

t.test('A52, J12: the topic’s codec is the producer’s: bytes stay, whatever the level', async (t) => {
  const sent = batch({ count: 3, codec: Codec.ZSTD, level: 3 })
  const before = Buffer.from(sent)
  validate(sent, { 'compression.type': 'zstd', 'compression.zstd.level': 19 })
  t.same(sent.subarray(16), before.subarray(16))
})

t.test('A53, A55, J11: another codec: records are stored anew', async (t) => {
  const headers = [{ key: 'h', value: Buffer.from('x') }]
  const records = [1, 2].map((n) => ({
    timestamp: NOW_MS + n,
    key: Buffer.from(`k${n}`),
    value: Buffer.alloc(500, n),
    headers,
  }))
  for (const from of [Codec.NONE, Codec.SNAPPY]) {
    for (const to of ['gzip', 'lz4', 'zstd', 'uncompressed'] as const) {
      if (codecOf(to) === from) continue
      const sent = buildBatch({
        records,
        codec: from,
        producerId: 4,
        producerEpoch: 2,
        baseSequence: 8,
        isTransactional: true,
      })
      const [stored] = validate(sent, { 'compression.type': to })
      t.match(stored, {
        codec: codecOf(to),
        baseOffset: 100,
        partitionLeaderEpoch: 7,
        producerId: 4,
        producerEpoch: 2,
        baseSequence: 8,
        isTransactional: true,
        recordCount: 2,
      })
      t.ok(stored!.verifyCrc())
      t.same(
        [...readRecords(stored!)],
        records.map((record, i) => ({ ...record, offset: 100 + i })),
      )
    }
  }
})

t.test('C13: the size counts again after compressing anew', async (t) => {
  const sent = batch({ valueBytes: 5000, codec: Codec.GZIP })
  refused(t, 10, sent, { 'compression.type': 'uncompressed', 'max.message.bytes': 1000 })
})

t.test('A36: message sets of old producers become one batch', async (t) => {
  const records = [0, 1, 2].map((offset) => ({
    offset,
    timestamp: NOW_MS + offset,
    key: null,
    value: Buffer.from(`v${offset}`),
  }))
  for (const magic of [0, 1] as const) {
    for (const codec of [Codec.NONE, Codec.GZIP]) {
      const [stored] = validate(buildMessageSet({ magic, codec, records }), {}, { version: 1 })
      t.match(stored, {
        magic: 2,
        codec,
        baseOffset: 100,
        lastOffset: 102,
        producerId: -1,
        baseSequence: -1,
        partitionLeaderEpoch: 7,
      })
      t.same(
        [...readRecords(stored!)].map(({ value }) => value?.toString()),
        ['v0', 'v1', 'v2'],
      )
      t.equal(stored!.maxTimestamp, magic === 0 ? -1 : NOW_MS + 2)
    }
  }
  const stale = buildMessageSet({
    magic: 1,
    records: [{ offset: 0, timestamp: NOW_MS + 2 * HOUR, key: null, value: null }],
  })
  refused(t, 32, stale, {}, { version: 2 })
  const keyless = buildMessageSet({ magic: 1, records })
  refused(t, 87, keyless, { 'cleanup.policy': ['compact'] }, { version: 2 })
})

t.test('A28: control batches of a coordinator are stored plain whatever the topic says', async (t) => {
  const marker = buildMarker({
    producerId: 3,
    producerEpoch: 1,
    isCommit: true,
    coordinatorEpoch: 2,
    timestamp: NOW_MS,
  })
  t.equal(marker.length, 78)
  const [stored] = validate(marker, { 'compression.type': 'gzip' }, { origin: 'coordinator' })
  t.match(stored, { codec: 0, isControl: true, isTransactional: true, baseOffset: 100, sizeInBytes: 78 })
})

t.test('raft: several batches keep their order and get offsets and epoch', async (t) => {
  const change = buildControlBatch({
    timestamp: NOW_MS,
    records: [{ type: ControlType.LEADER_CHANGE, value: Buffer.alloc(8) }],
  })
  const stored = validate(Buffer.concat([change, batch({ count: 3 }), batch()]), {}, { origin: 'raft' })
  t.same(
    stored.map(({ baseOffset }) => baseOffset),
    [100, 101, 104],
  )
  t.ok(stored.every((b) => b.partitionLeaderEpoch === 7 && b.verifyCrc()))
})

t.test(
  'follower: offsets and epochs stay; wrong order and damage are refused, a partial batch is left out',
  async (t) => {
    const at = (baseOffset: number, leaderEpoch = 3) => batch({ count: 2, baseOffset, leaderEpoch })
    const accepted = validateForFollower(Buffer.concat([at(10), at(20), at(30).subarray(0, 50)]), 10, 3)
    t.same(
      accepted.map(({ baseOffset }) => baseOffset),
      [10, 20],
    )
    t.throws(() => validateForFollower(at(10), 11, 3), { code: 2 })
    t.throws(() => validateForFollower(Buffer.concat([at(10), at(11)]), 10, 3), { code: 2 })
    const broken = at(10)
    broken[broken.length - 1]! ^= 1
    t.throws(() => validateForFollower(broken, 10, 3), { code: 2 })
    t.same(
      validateForFollower(Buffer.concat([at(10, 3), at(12, 4)]), 10, 3).map(({ baseOffset }) => baseOffset),
      [10],
      'N-G12',
    )
  },
)

t.test('A21: damage inside records, with a right checksum', async (t) => {
  for (const codec of [Codec.NONE, Codec.GZIP]) {
    const body = Buffer.from([0x0a, 0, 0, 0, 0x0e, 1, 2])
    const packed = compress(codec, body)
    const head = batch({ codec }).subarray(0, BatchField.RECORDS)
    const made = Buffer.concat([head, packed])
    made.writeInt32BE(made.length - 12, BatchField.LENGTH)
    sealBatch(made, 0, made.length)
    refused(t, 87, made)
  }
})
