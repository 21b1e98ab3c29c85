import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import {
  addToSequence,
  BATCH_OVERHEAD,
  BatchField,
  BatchView,
  batches,
  MAX_SEQUENCE,
  sealBatch,
  TimestampType,
  wholeBatchSize,
} from '../../../protocol/records/batch.ts'
import { readInt64, writeInt64 } from '../../../protocol/records/int64.ts'
import { failsWith, golden, LOG_APPEND_TIME_MS, MAX_TIMESTAMP } from './fixtures.ts'

t.test('A1 to A5, A9: the header of a v2 batch', async (t) => {
  const batch = BatchView.at(golden('v2_gzip'))
  t.equal(batch.magic, 2)
  t.equal(batch.baseOffset, 1000)
  t.equal(batch.sizeInBytes, batch.buffer.length)
  t.equal(batch.end, batch.buffer.length)
  t.equal(batch.buffer.readInt32BE(BatchField.LENGTH), batch.sizeInBytes - 12)
  t.equal(batch.partitionLeaderEpoch, 7)
  t.equal(batch.codec, 1)
  t.ok(batch.isCompressed)
  t.equal(batch.timestampType, TimestampType.CREATE_TIME)
  t.ok(batch.isTransactional)
  t.notOk(batch.isControl)
  t.notOk(batch.hasDeleteHorizon)
  t.equal(batch.deleteHorizonMs, -1)
  t.equal(batch.lastOffsetDelta, 4)
  t.equal(batch.lastOffset, 1004)
  t.equal(batch.nextOffset, 1005)
  t.equal(batch.baseTimestamp, 1700000000000)
  t.equal(batch.maxTimestamp, MAX_TIMESTAMP)
  t.equal(batch.producerId, 4711)
  t.ok(batch.hasProducerId)
  t.equal(batch.producerEpoch, 3)
  t.equal(batch.baseSequence, 42)
  t.equal(batch.lastSequence, 46)
  t.equal(batch.recordCount, 5)
  t.equal(batch.recordBytes.length, batch.sizeInBytes - BATCH_OVERHEAD)
  t.ok(batch.verifyCrc())
})

t.test('A11: a batch without a producer id', async (t) => {
  const batch = BatchView.at(golden('v2_log_append'))
  t.same([batch.producerId, batch.producerEpoch, batch.baseSequence, batch.lastSequence], [-1, -1, -1, -1])
  t.notOk(batch.hasProducerId)
  t.equal(batch.timestampType, TimestampType.LOG_APPEND_TIME)
})

t.test('A29, A30, A40: legacy entries read as batches that lack the rest', async (t) => {
  const [v0] = batches(golden('v0_none'))
  t.same([v0!.magic, v0!.baseOffset, v0!.lastOffset, v0!.maxTimestamp, v0!.recordCount], [0, 1000, 1000, -1, 1])
  const v1 = BatchView.at(golden('v1_log_append'))
  t.same([v1.magic, v1.lastOffset, v1.maxTimestamp, v1.codec], [1, 9, LOG_APPEND_TIME_MS, 1])
  t.equal(v1.timestampType, TimestampType.LOG_APPEND_TIME)
  t.equal(v1.recordCount, -1)
  t.same([v1.producerId, v1.partitionLeaderEpoch, v1.isControl, v1.isTransactional], [-1, -1, false, false])
  t.ok(v0!.verifyCrc())
  t.ok(v1.verifyCrc())
})

t.test('A6: base offset and leader epoch change without the checksum', async (t) => {
  const batch = BatchView.at(Buffer.concat([Buffer.alloc(5), golden('v2_none')]), 5)
  const crc = batch.crc
  batch.setBaseOffset(2 ** 40 + 3)
  batch.setPartitionLeaderEpoch(99)
  t.equal(batch.baseOffset, 2 ** 40 + 3)
  t.equal(batch.partitionLeaderEpoch, 99)
  batch.setLastOffset(10)
  t.equal(batch.baseOffset, 6)
  t.equal(batch.crc, crc)
  t.ok(batch.verifyCrc())
})

t.test('A6, A35: a changed byte after the checksum fails it', async (t) => {
  const size = golden('v2_none').length
  fc.assert(
    fc.property(
      fc.integer({ min: BatchField.ATTRIBUTES, max: size - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, xor) => {
        const bytes = golden('v2_none')
        bytes[at]! ^= xor
        return !BatchView.at(bytes).verifyCrc()
      },
    ),
  )
  const bytes = golden('v2_none')
  bytes[100]! ^= 1
  t.throws(() => BatchView.at(bytes).ensureValid(), failsWith(ErrorCode.CORRUPT_MESSAGE))
})

t.test('A8, A54: setting the timestamps as they are leaves every byte, unknown attributes too', async (t) => {
  const bytes = golden('v2_none')
  bytes[BatchField.ATTRIBUTES] = 0x80
  sealBatch(bytes, 0, bytes.length)
  const before = Buffer.from(bytes)
  BatchView.at(bytes).setTimestamps(TimestampType.CREATE_TIME, MAX_TIMESTAMP)
  t.ok(bytes.equals(before))
})

t.test('A8, A14: LogAppendTime sets the bit, the largest timestamp and the checksum; unknown bits go', async (t) => {
  const bytes = golden('v2_lz4')
  bytes.writeUInt16BE(0xff80 | bytes.readUInt16BE(BatchField.ATTRIBUTES), BatchField.ATTRIBUTES)
  const batch = BatchView.at(bytes)
  batch.setTimestamps(TimestampType.LOG_APPEND_TIME, 42)
  t.equal(batch.attributes, 0x10 | 0x08 | 3)
  t.equal(batch.maxTimestamp, 42)
  t.equal(batch.baseTimestamp, 1700000000000)
  t.ok(batch.verifyCrc())
  batch.setTimestamps(TimestampType.CREATE_TIME, MAX_TIMESTAMP)
  t.ok(batch.bytes.equals(golden('v2_lz4')))
})

t.test('A10: sequences wrap to 0 after the largest', async (t) => {
  t.equal(addToSequence(MAX_SEQUENCE, 0), MAX_SEQUENCE)
  t.equal(addToSequence(MAX_SEQUENCE, 1), 0)
  t.equal(addToSequence(MAX_SEQUENCE - 2, 5), 2)
  const bytes = golden('v2_none')
  bytes.writeInt32BE(MAX_SEQUENCE - 1, BatchField.BASE_SEQUENCE)
  t.equal(BatchView.at(bytes).lastSequence, 2)
})

t.test('A35: entries one after the other, whatever their magic; a cut off last one is left out', async (t) => {
  const all = [golden('v2_none'), golden('v1_gzip'), golden('v2_zstd'), golden('v0_snappy')]
  const log = Buffer.concat(all)
  t.same(
    [...batches(log)].map((batch) => batch.magic),
    [2, 1, 2, 0],
  )
  t.ok([...batches(log)].every((batch, index) => batch.bytes.equals(all[index]!) && batch.verifyCrc()))
  const starts = [0, ...all.map((_, index) => all.slice(0, index + 1).reduce((sum, entry) => sum + entry.length, 0))]
  fc.assert(
    fc.property(fc.nat(log.length), (end) => {
      const whole = starts.filter((start, index) => index > 0 && start <= end).length
      return [...batches(log, 0, end)].length === whole && [...batches(log.subarray(0, end))].length === whole
    }),
  )
})

t.test('A35: sizes and magics that cannot be are corruption', async (t) => {
  const broken = (size: number, magic: number, length = 100) => {
    const bytes = Buffer.alloc(length)
    bytes.writeInt32BE(size, BatchField.LENGTH)
    if (length > BatchField.MAGIC) bytes[BatchField.MAGIC] = magic
    return bytes
  }
  const corrupt = failsWith(ErrorCode.CORRUPT_MESSAGE)
  t.throws(() => [...batches(broken(13, 0))], corrupt)
  t.throws(() => [...batches(broken(-1, 2))], corrupt)
  t.throws(() => [...batches(broken(13, 0, 12))], corrupt, 'the size is looked at before the magic is there')
  t.throws(() => [...batches(broken(60, 3))], corrupt)
  t.throws(() => [...batches(broken(60, 255))], corrupt)
  t.throws(() => [...batches(broken(48, 2))], corrupt, 'a v2 batch without room for its header')
  t.throws(() => [...batches(broken(21, 1))], corrupt)
  t.same([...batches(broken(60, 3, 16))], [], 'no magic yet')
  t.same([...batches(Buffer.alloc(11))], [])
  t.equal(wholeBatchSize(broken(89, 2), 0), 0)
  t.equal(wholeBatchSize(broken(88, 2), 0), 100)
  t.throws(() => BatchView.at(golden('v2_none').subarray(0, -1)), corrupt)
})

t.test('A35: scanning arbitrary bytes ends or reports corruption', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        for (const batch of batches(Buffer.from(bytes))) batch.verifyCrc()
        return true
      } catch (error) {
        return (error as { code?: unknown }).code === ErrorCode.CORRUPT_MESSAGE
      }
    }),
  )
})

t.test('A1: 64-bit integers, exact within 53 bits and the nearest beyond', async (t) => {
  const bytes = Buffer.alloc(8)
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      writeInt64(bytes, value, 0)
      return bytes.readBigInt64BE() === BigInt(value) && readInt64(bytes, 0) === value
    }),
  )
  for (const value of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 60n]) {
    bytes.writeBigInt64BE(value)
    const read = readInt64(bytes, 0)
    t.equal(read, Number(value))
    writeInt64(bytes, read, 0)
    t.equal(bytes.readBigInt64BE(), value)
  }
})
