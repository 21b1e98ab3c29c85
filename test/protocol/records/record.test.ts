import fc from 'fast-check'
import t from 'tap'
import { Codec, compress } from '../../../protocol/compression/index.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { BatchField, BatchView, sealBatch, TimestampType } from '../../../protocol/records/batch.ts'
import { type BatchInput, buildBatch, emptyBatchLike, rebuildBatch } from '../../../protocol/records/build.ts'
import { type DecodedRecord, inflateRecords, readRecords, scanRecords } from '../../../protocol/records/record.ts'
import { Cursor, sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../../../protocol/records/varint.ts'
import { failsWith, golden, LOG_APPEND_TIME_MS, MAX_TIMESTAMP, PLAIN_RECORDS, RECORDS } from './fixtures.ts'

const CODECS = { none: Codec.NONE, gzip: Codec.GZIP, snappy: Codec.SNAPPY, lz4: Codec.LZ4, zstd: Codec.ZSTD } as const
const HEADER: Omit<BatchInput, 'records'> = {
  baseOffset: 1000,
  leaderEpoch: 7,
  producerId: 4711,
  producerEpoch: 3,
  baseSequence: 42,
  isTransactional: true,
}
const invalid = failsWith(ErrorCode.INVALID_RECORD)
const read = (bytes: Buffer) => [...readRecords(BatchView.at(bytes))]
const expected = (baseOffset: number, records = RECORDS): DecodedRecord[] =>
  records.map(({ timestamp, key, value, headers = [] }, index) => ({
    offset: baseOffset + index,
    timestamp,
    key,
    value,
    headers,
  }))

const nullable = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))
const anyRecord = fc.record({
  timestamp: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 50 })),
  key: nullable,
  value: nullable,
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 8 }), value: nullable }), {
    maxLength: 3,
  }),
})

/** A batch around hand-made record bytes. */
function batchAround(body: Buffer, count: number, codec: Codec = Codec.NONE): BatchView {
  const stored = compress(codec, body)
  const bytes = Buffer.concat([buildBatch({ records: [] }), stored])
  bytes[BatchField.ATTRIBUTES + 1] = codec
  bytes.writeInt32BE(bytes.length - 12, BatchField.LENGTH)
  bytes.writeInt32BE(count - 1, BatchField.LAST_OFFSET_DELTA)
  bytes.writeInt32BE(count, BatchField.RECORD_COUNT)
  bytes.writeBigInt64BE(0n, BatchField.BASE_TIMESTAMP)
  sealBatch(bytes, 0, bytes.length)
  return BatchView.at(bytes)
}
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
/** Length, attributes, timestamp delta, offset delta, null key, empty value, no headers. */
const RECORD = '0c 00 00 00 01 00 00'

for (const [name, codec] of Object.entries(CODECS)) {
  t.test(`A17, A18: ${name}: records that the Java client wrote`, async (t) => {
    t.same(read(golden(`v2_${name as keyof typeof CODECS}`)), expected(1000))
  })

  t.test(`A17, A18: ${name}: what is built is read, and reads as its scan says`, async () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 20 }), (records) => {
        const batch = BatchView.at(buildBatch({ ...HEADER, codec, records }))
        const scan = scanRecords(batch, inflateRecords(batch))
        const lenient = scanRecords(batch, inflateRecords(batch), { lenient: true })
        const dated = records.map((record) => record.timestamp).filter((timestamp) => timestamp >= 0)
        t.same([...readRecords(batch)], expected(1000, records))
        t.same(scan, {
          maxTimestamp: Math.max(-1, ...dated),
          minTimestamp: Math.min(Number.POSITIVE_INFINITY, ...dated),
          hasNoTimestamp: dated.length < records.length,
          firstNullKey: records.findIndex((record) => record.key === null),
          isDense: true,
        })
        t.same(lenient, scan)
        return batch.verifyCrc() && batch.maxTimestamp === scan.maxTimestamp && batch.recordCount === records.length
      }),
      { numRuns: 40 },
    )
  })
}

t.test('A1 to A7, A12, A13, A17, A18: an uncompressed batch to the byte', async (t) => {
  t.equal(buildBatch({ ...HEADER, records: RECORDS }).toString('hex'), golden('v2_none').toString('hex'))
  const stamped = buildBatch({
    baseOffset: 5,
    timestampType: TimestampType.LOG_APPEND_TIME,
    maxTimestamp: LOG_APPEND_TIME_MS,
    records: PLAIN_RECORDS,
  })
  t.equal(stamped.toString('hex'), golden('v2_log_append').toString('hex'))
})

t.test('A45, A46: lz4 and gzip batches differ from those of Java in the compressed bytes only', async (t) => {
  for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const ours = BatchView.at(buildBatch({ ...HEADER, codec: CODECS[name], records: RECORDS }))
    const theirs = BatchView.at(golden(`v2_${name}`))
    t.ok(ours.buffer.subarray(21, 61).equals(theirs.buffer.subarray(21, 61)), name)
    t.ok(inflateRecords(ours).equals(inflateRecords(theirs)), name)
    if (name === 'gzip' || name === 'lz4')
      t.ok(ours.recordBytes.subarray(0, 7).equals(theirs.recordBytes.subarray(0, 7)))
  }
})

t.test('A14: with LogAppendTime every record has the time of the batch', async (t) => {
  const records = read(golden('v2_log_append'))
  t.ok(records.every((record) => record.timestamp === LOG_APPEND_TIME_MS))
  const batch = BatchView.at(golden('v2_log_append'))
  t.equal(scanRecords(batch, inflateRecords(batch)).maxTimestamp, MAX_TIMESTAMP, 'a scan sees what is stored')
})

t.test('A12: with a delete horizon the timestamps count from it', async (t) => {
  const bytes = buildBatch({ records: RECORDS, deleteHorizonMs: 1600000000000 })
  const batch = BatchView.at(bytes)
  t.ok(batch.hasDeleteHorizon)
  t.equal(batch.deleteHorizonMs, 1600000000000)
  t.same(read(bytes), expected(0))
})

t.test('A9: a batch with holes keeps its last offset', async (t) => {
  const records = [RECORDS[0]!, { ...RECORDS[1]!, offsetDelta: 3 }]
  const batch = BatchView.at(buildBatch({ baseOffset: 10, records, lastOffsetDelta: 6 }))
  t.same(
    [...readRecords(batch)].map((record) => record.offset),
    [10, 13],
  )
  t.equal(batch.lastOffset, 16)
  t.equal(scanRecords(batch, inflateRecords(batch)).isDense, false)
})

t.test('A15: timestamps below -1 are not written', async (t) => {
  const records = [{ timestamp: -2, key: null, value: null }]
  t.throws(() => buildBatch({ records }), failsWith(ErrorCode.UNKNOWN_SERVER_ERROR))
  t.throws(() => buildBatch({ records: [], deleteHorizonMs: -5 }), failsWith(ErrorCode.UNKNOWN_SERVER_ERROR))
})

t.test('A16: what is left of a batch without records', async (t) => {
  const empty = emptyBatchLike(BatchView.at(golden('v2_gzip')))
  t.equal(empty.length, 61)
  t.equal(empty.subarray(0, 17).toString('hex'), golden('v2_empty').subarray(0, 17).toString('hex'))
  t.equal(empty.subarray(21).toString('hex'), golden('v2_empty').subarray(21).toString('hex'))
  t.same(read(empty), [])
  const horizon = buildBatch({ records: RECORDS, deleteHorizonMs: 5 })
  t.notOk(BatchView.at(emptyBatchLike(BatchView.at(horizon))).hasDeleteHorizon)
})

t.test('A19: varints and varlongs of every size', async (t) => {
  const buffer = Buffer.alloc(10)
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const end = writeVarint(buffer, value, 0)
      return end === sizeOfVarint(value) && new Cursor(buffer, 0, end).varint() === value
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), fc.integer()), (value) => {
      const end = writeVarlong(buffer, value, 0)
      return end === sizeOfVarlong(value) && new Cursor(buffer, 0, end).varlong() === value
    }),
  )
  t.equal(new Cursor(hex('ffffffff0f'), 0, 5).varint(), -(2 ** 31))
  t.equal(new Cursor(hex('feffffffffffffffff01'), 0, 10).varlong(), 2 ** 63, 'nearest to the largest int64')
  t.equal(new Cursor(hex('ffffffffffffffffff01'), 0, 10).varlong(), -(2 ** 63))
  const far = writeVarlong(buffer, 2 ** 60, 0)
  t.equal(new Cursor(buffer, 0, far).varlong(), 2 ** 60)
})

t.test('A19: longer encodings are refused, needlessly long ones are read', async (t) => {
  t.throws(() => new Cursor(hex('808080808000'), 0, 6).varint(), invalid)
  t.throws(() => new Cursor(hex('8080808080808080808000'), 0, 11).varlong(), invalid)
  t.throws(() => new Cursor(hex('8080'), 0, 2).varint(), invalid)
  t.equal(new Cursor(hex('8280808000'), 0, 5).varint(), 1)
  t.equal(new Cursor(hex('82808080808080808000'), 0, 10).varlong(), 1)
  const long = batchAround(hex('14 00 8000 8000 01 8000 8000'), 1)
  t.equal([...readRecords(long)].length, 1)
})

t.test('A21, A22: a record or a count that lies', async (t) => {
  const cases: [string, string, number][] = [
    ['declared size too small', '0a 00 00 00 01 00 00', 1],
    ['declared size too large', '0e 00 00 00 01 00 00 00', 1],
    ['declared size past the end', '7e 00 00 00 01 00 00', 1],
    ['negative header count', '0c 00 00 00 01 00 01', 1],
    ['more headers than bytes', '0c 00 00 00 01 00 7e', 1],
    ['header without a key', '10 00 00 00 01 00 02 01 01', 1],
    ['key past the end', '0c 00 00 00 7e 00 00', 1],
    ['body ends early', '0c 00 00 00 01', 1],
    ['fewer records than counted', RECORD, 2],
    ['more records than counted', `${RECORD} ${RECORD}`, 1],
    ['counted none', RECORD, 0],
  ]
  for (const [name, body, count] of cases) {
    for (const codec of [Codec.NONE, Codec.GZIP]) {
      const batch = batchAround(hex(body), count, codec)
      t.throws(() => [...readRecords(batch)], invalid, name)
      t.throws(() => scanRecords(batch, inflateRecords(batch)), invalid, name)
    }
  }
  t.equal([...readRecords(batchAround(hex(RECORD), 1))].length, 1)
})

t.test('A21: the lenient look compares neither the declared size nor the header count', async (t) => {
  const lenient = (body: string, count = 1) => scanRecords(batchAround(hex(body), count), hex(body), { lenient: true })
  t.equal(lenient('0a 00 00 00 01 00 00').firstNullKey, 0)
  t.equal(lenient('7e 00 00 00 01 00 00').firstNullKey, 0)
  t.throws(() => lenient('0c 00 00 00 01 00 01'), invalid)
  t.throws(() => lenient('0c 00 00 00 01 00 7e'), invalid)
  t.throws(() => lenient(`${RECORD} ${RECORD}`), invalid)
  t.throws(() => lenient(RECORD, 2), invalid)
})

t.test('A17: a negative key length other than -1 is null too', async (t) => {
  const batch = batchAround(hex('0c 00 00 00 03 05 00'), 1)
  const [record] = readRecords(batch)
  t.same([record!.key, record!.value], [null, null])
})

t.test('A21: arbitrary record bytes are read or are an invalid record', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: -1, max: 6 }), (bytes, count) => {
      const batch = batchAround(Buffer.from(bytes), count)
      const outcome = (run: () => unknown) => {
        try {
          run()
          return 'fine'
        } catch (error) {
          return (error as { code?: unknown }).code
        }
      }
      const reading = outcome(() => [...readRecords(batch)])
      const scanning = outcome(() => scanRecords(batch, inflateRecords(batch)))
      return reading === scanning && (reading === 'fine' || reading === ErrorCode.INVALID_RECORD)
    }),
    { numRuns: 500 },
  )
})

t.test('A55: another codec keeps records, headers, producer and flags, and places the offsets', async (t) => {
  const source = BatchView.at(golden('v2_lz4'))
  const body = inflateRecords(source)
  const scan = scanRecords(source, body)
  for (const codec of Object.values(CODECS)) {
    const bytes = rebuildBatch(source, body, {
      baseOffset: 77,
      leaderEpoch: 9,
      codec,
      timestampType: TimestampType.CREATE_TIME,
      maxTimestamp: scan.maxTimestamp,
      scan,
    })
    const batch = BatchView.at(bytes)
    t.ok(batch.verifyCrc())
    t.same(read(bytes), expected(77))
    t.same([batch.producerId, batch.producerEpoch, batch.baseSequence, batch.isTransactional], [4711, 3, 42, true])
    t.same([batch.codec, batch.partitionLeaderEpoch, batch.maxTimestamp], [codec, 9, MAX_TIMESTAMP])
  }
})

t.test('A55: offsets with holes become dense, and a sender that stamped its batch dated every record', async (t) => {
  const rebuild = (bytes: Buffer) => {
    const batch = BatchView.at(bytes)
    const body = inflateRecords(batch)
    const scan = scanRecords(batch, body)
    const target = { baseOffset: 5, leaderEpoch: 0, codec: Codec.GZIP, timestampType: TimestampType.CREATE_TIME }
    return read(rebuildBatch(batch, body, { ...target, maxTimestamp: scan.maxTimestamp, scan }))
  }
  const holes = buildBatch({ records: RECORDS.map((record, index) => ({ ...record, offsetDelta: index * 2 })) })
  t.same(rebuild(holes), expected(5))
  t.ok(rebuild(golden('v2_log_append')).every((record) => record.timestamp === LOG_APPEND_TIME_MS))
})

t.test('A41: a codec that does not exist', async (t) => {
  const bytes = golden('v2_none')
  bytes[BatchField.ATTRIBUTES + 1]! |= 7
  t.throws(() => read(bytes), failsWith(ErrorCode.UNKNOWN_SERVER_ERROR))
})

t.test('inflating is limited', async (t) => {
  const batch = BatchView.at(
    buildBatch({ codec: Codec.ZSTD, records: [{ timestamp: 0, key: null, value: Buffer.alloc(1e6) }] }),
  )
  t.throws(() => [...readRecords(batch, { maxBytes: 1e5 })], failsWith(ErrorCode.MESSAGE_TOO_LARGE))
})
