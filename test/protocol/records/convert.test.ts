import t from 'tap'
import { Codec } from '../../../protocol/compression/index.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { BatchView, batches, TimestampType } from '../../../protocol/records/batch.ts'
import { buildBatch } from '../../../protocol/records/build.ts'
import { buildMarker } from '../../../protocol/records/control.ts'
import { convertToBatch, downConvert, readMessageSet } from '../../../protocol/records/convert.ts'
import { type LegacyMagic, readMessages } from '../../../protocol/records/legacy.ts'
import { readRecords } from '../../../protocol/records/record.ts'
import { failsWith, golden, LOG_APPEND_TIME_MS, MAX_TIMESTAMP, PLAIN_RECORDS, RECORDS } from './fixtures.ts'

const offsetsOf = (set: Buffer) => [...batches(set)].flatMap((entry) => readMessages(entry).map(({ offset }) => offset))
const codecsOf = (set: Buffer) => [...batches(set)].map((entry) => entry.codec)

t.test('A36: a message set of any make becomes one v2 batch', async (t) => {
  for (const magic of [0, 1] as const) {
    const set = Buffer.concat([golden(`v${magic}_none`), golden(`v${magic}_snappy`), golden(`v${magic}_lz4`)])
    const { records, codec } = readMessageSet(Buffer.concat([set, Buffer.alloc(9)]))
    t.equal(records.length, 15)
    t.equal(codec, Codec.LZ4)
    const batch = BatchView.at(convertToBatch(records, { baseOffset: 50, leaderEpoch: 2, codec }))
    t.ok(batch.verifyCrc())
    t.same([batch.baseOffset, batch.lastOffset, batch.recordCount, batch.codec], [50, 64, 15, Codec.LZ4])
    t.same([batch.producerId, batch.baseSequence, batch.partitionLeaderEpoch], [-1, -1, 2])
    t.equal(batch.maxTimestamp, magic === 0 ? -1 : MAX_TIMESTAMP)
    const fifteen = [...PLAIN_RECORDS, ...PLAIN_RECORDS, ...PLAIN_RECORDS]
    t.same(
      [...readRecords(batch)],
      fifteen.map(({ timestamp, key, value }, index) => ({
        offset: 50 + index,
        timestamp: magic === 0 ? -1 : timestamp,
        key,
        value,
        headers: [],
      })),
    )
  }
})

t.test('A36: with LogAppendTime the batch has the clock of the broker', async (t) => {
  const { records } = readMessageSet(golden('v1_none'))
  const timestampType = TimestampType.LOG_APPEND_TIME
  const batch = BatchView.at(convertToBatch(records, { timestampType, maxTimestamp: LOG_APPEND_TIME_MS }))
  t.ok([...readRecords(batch)].every((record) => record.timestamp === LOG_APPEND_TIME_MS))
})

t.test('A36: a damaged message, a record batch, nothing', async (t) => {
  const damaged = golden('v0_none')
  damaged[30]! ^= 1
  t.throws(() => readMessageSet(damaged), failsWith(ErrorCode.CORRUPT_MESSAGE))
  t.throws(() => readMessageSet(golden('v2_none')), failsWith(ErrorCode.INVALID_RECORD))
  t.same(readMessageSet(Buffer.alloc(0)), { records: [], codec: Codec.NONE })
  t.same(readMessageSet(golden('v0_none').subarray(0, 20)).records, [])
})

for (const magic of [0, 1] as LegacyMagic[]) {
  t.test(`A38: v2 batches for a client of magic ${magic}: codec kept, headers dropped`, async (t) => {
    for (const name of ['none', 'gzip', 'snappy', 'lz4'] as const) {
      const set = downConvert([golden(`v2_${name}`)], magic)
      t.ok([...batches(set)].every((entry) => entry.verifyCrc() && entry.magic === magic))
      t.same(
        [...batches(set)].flatMap((entry) => readMessages(entry)),
        PLAIN_RECORDS.map(({ timestamp, key, value }, index) => ({
          offset: 1000 + index,
          timestamp: magic === 0 ? -1 : timestamp,
          timestampType: TimestampType.CREATE_TIME,
          key,
          value,
        })),
      )
    }
    t.equal(
      downConvert([golden('v2_none')], magic).toString('hex'),
      golden(`v${magic}_none`).toString('hex'),
      'to the byte',
    )
  })
}

t.test('A38: LogAppendTime survives in magic 1', async (t) => {
  const [entry] = batches(downConvert([golden('v2_log_append')], 1))
  t.equal(entry!.timestampType, TimestampType.LOG_APPEND_TIME)
  t.equal(entry!.maxTimestamp, LOG_APPEND_TIME_MS)
})

t.test('A38: control batches and empty batches are left out, old entries stay as they are', async (t) => {
  const marker = buildMarker({ producerId: 1, producerEpoch: 0, isCommit: true, coordinatorEpoch: 0, timestamp: 1 })
  const set = downConvert([marker, golden('v2_empty'), Buffer.concat([golden('v0_gzip'), golden('v1_lz4')])], 1)
  t.ok(set.equals(Buffer.concat([golden('v0_gzip'), golden('v1_lz4')])))
  t.same(
    [...batches(downConvert([golden('v1_lz4'), golden('v0_gzip')], 0))].map((entry) => entry.magic),
    [0, 0],
  )
})

t.test('A38: of an uncompressed batch only what was asked for, of a compressed one all', async (t) => {
  t.same(offsetsOf(downConvert([golden('v2_none')], 1, { firstOffset: 1003 })), [1003, 1004])
  t.same(offsetsOf(downConvert([golden('v2_gzip')], 1, { firstOffset: 1003 })), [1000, 1001, 1002, 1003, 1004])
})

t.test('A38: zstd first is an unsupported compression type, zstd later ends the data', async (t) => {
  const unsupported = failsWith(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  t.throws(() => downConvert([golden('v2_zstd')], 1), unsupported)
  const marker = buildMarker({ producerId: 1, producerEpoch: 0, isCommit: true, coordinatorEpoch: 0, timestamp: 1 })
  t.throws(() => downConvert([marker, golden('v2_zstd')], 1), unsupported)
  const rest = buildBatch({ baseOffset: 1010, records: RECORDS })
  t.same(codecsOf(downConvert([golden('v2_gzip'), golden('v2_zstd'), rest], 1)), [Codec.GZIP])
})

t.test('A38: the announced size is filled with the head of a batch that is too large', async (t) => {
  const whole = downConvert([golden('v2_gzip')], 1)
  const filled = downConvert([golden('v2_gzip')], 1, { fillToBytes: whole.length + 200 })
  t.equal(filled.length, whole.length + 200)
  t.ok(filled.subarray(0, whole.length).equals(whole))
  t.equal(filled.readBigInt64BE(whole.length), -1n)
  t.ok(filled.readInt32BE(whole.length + 8) > 200)
  t.equal([...batches(filled)].length, 1)
  for (const bytes of [1, 5, 12, 30]) {
    const little = downConvert([golden('v2_gzip')], 1, { fillToBytes: whole.length + bytes })
    t.equal(little.length, whole.length + bytes)
    t.equal([...batches(little)].length, 1)
  }
  t.equal(downConvert([golden('v2_gzip')], 1, { fillToBytes: 3 }).length, whole.length)
})
