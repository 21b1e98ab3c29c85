import fc from 'fast-check'
import t from 'tap'
import { crc32 } from '../../../protocol/checksum.ts'
import { Codec, compress } from '../../../protocol/compression/index.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { BatchView, batches, TimestampType } from '../../../protocol/records/batch.ts'
import {
  buildMessageSet,
  type LegacyInput,
  type LegacyMagic,
  type LegacyRecord,
  readMessages,
} from '../../../protocol/records/legacy.ts'
import { failsWith, golden, LOG_APPEND_TIME_MS, PLAIN_RECORDS } from './fixtures.ts'

const CODECS = { none: Codec.NONE, gzip: Codec.GZIP, snappy: Codec.SNAPPY, lz4: Codec.LZ4 } as const
const MAGICS: readonly LegacyMagic[] = [0, 1]
const AT_1000: LegacyInput[] = PLAIN_RECORDS.map((record, index) => ({ ...record, offset: 1000 + index }))
const invalid = failsWith(ErrorCode.INVALID_RECORD)

const read = (set: Buffer): LegacyRecord[] => [...batches(set)].flatMap((entry) => readMessages(entry))
const asRead = (magic: LegacyMagic, records: readonly LegacyInput[]): LegacyRecord[] =>
  records.map((record) => ({
    ...record,
    timestamp: magic === 0 ? -1 : record.timestamp,
    timestampType: TimestampType.CREATE_TIME,
  }))

const nullable = fc.option(fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)))
const anyRecords = fc
  .tuple(fc.nat(1e9), fc.array(fc.record({ timestamp: fc.nat(), key: nullable, value: nullable }), { minLength: 1 }))
  .map(([base, records]) => records.map((record, index): LegacyInput => ({ ...record, offset: base + index })))

for (const magic of MAGICS) {
  for (const [name, codec] of Object.entries(CODECS)) {
    const sample = () => golden(`v${magic}_${name as keyof typeof CODECS}`)
    t.test(`A29 to A32, A47: magic ${magic}, ${name}: what the Java client wrote`, async (t) => {
      t.same(read(sample()), asRead(magic, AT_1000))
      t.ok([...batches(sample())].every((entry) => entry.verifyCrc()))
    })

    t.test(`A29 to A32: magic ${magic}, ${name}: what is written is read`, async () => {
      fc.assert(
        fc.property(anyRecords, (records) => {
          const set = buildMessageSet({ magic, codec, records })
          t.same(read(set), asRead(magic, records))
          const entries = [...batches(set)]
          return (
            entries.length === (codec === Codec.NONE ? records.length : 1) &&
            entries.every((entry) => entry.verifyCrc() && entry.magic === magic) &&
            entries.at(-1)!.lastOffset === records.at(-1)!.offset
          )
        }),
        { numRuns: 30 },
      )
    })
  }

  t.test(`A29, A30: magic ${magic}: uncompressed messages to the byte`, async (t) => {
    t.equal(buildMessageSet({ magic, records: AT_1000 }).toString('hex'), golden(`v${magic}_none`).toString('hex'))
    t.equal(buildMessageSet({ magic, records: [] }).length, 0)
  })

  t.test(`A47: magic ${magic}: the header of the lz4 frame`, async (t) => {
    const frame = (set: Buffer) => readValue(set).subarray(0, 7).toString('hex')
    const readValue = (set: Buffer) => set.subarray(12 + (magic === 0 ? 14 : 22))
    t.equal(frame(buildMessageSet({ magic, codec: Codec.LZ4, records: AT_1000 })), frame(golden(`v${magic}_lz4`)))
  })
}

t.test('A34: a wrapper with LogAppendTime dates what is in it', async (t) => {
  const records = read(golden('v1_log_append'))
  t.same(
    records.map((record) => record.offset),
    [5, 6, 7, 8, 9],
  )
  t.ok(records.every((record) => record.timestamp === LOG_APPEND_TIME_MS))
  t.ok(records.every((record) => record.timestampType === TimestampType.LOG_APPEND_TIME))
  const ours = buildMessageSet({
    magic: 1,
    codec: Codec.GZIP,
    timestampType: TimestampType.LOG_APPEND_TIME,
    logAppendTimeMs: LOG_APPEND_TIME_MS,
    records: PLAIN_RECORDS.map((record, index) => ({ ...record, offset: 5 + index })),
  })
  t.same(read(ours), records)
  t.equal(BatchView.at(ours).timestampType, TimestampType.LOG_APPEND_TIME)
})

/** A wrapper around any bytes. */
function wrapper(magic: LegacyMagic, offset: number, value: Buffer | null, codec: Codec = Codec.GZIP): BatchView {
  const content = value === null ? null : compress(codec, value, { magic: 2 })
  const set = buildMessageSet({ magic, records: [{ offset, timestamp: 5, key: null, value: content }] })
  set[17]! |= codec
  set.writeUInt32BE(crc32(set, 16), 12)
  return BatchView.at(set)
}
const inner = (magic: LegacyMagic, offsets: number[]) =>
  buildMessageSet({ magic, records: offsets.map((offset) => ({ offset, timestamp: 1, key: null, value: null })) })
const offsets = (entry: BatchView) => readMessages(entry).map((record) => record.offset)

t.test('A32: magic 1 offsets count back from the wrapper, magic 0 offsets are as written', async (t) => {
  t.same(offsets(wrapper(1, 100, inner(1, [0, 1, 2]))), [98, 99, 100])
  t.same(offsets(wrapper(1, 100, inner(1, [0, 4]))), [96, 100])
  t.same(offsets(wrapper(0, 100, inner(0, [98, 99, 100]))), [98, 99, 100])
  t.same(offsets(wrapper(0, 100, inner(0, [0, 1, 2]))), [0, 1, 2])
})

t.test('A33: a wrapper at offset 0 is accepted, any other below its contents is not', async (t) => {
  t.same(offsets(wrapper(1, 0, inner(1, [0, 1, 2]))), [0, 1, 2])
  t.throws(() => offsets(wrapper(1, 1, inner(1, [0, 1, 2]))), invalid)
})

t.test('A31: wrappers that cannot be', async (t) => {
  t.throws(() => readMessages(wrapper(1, 5, null)), invalid, 'no value')
  t.throws(() => readMessages(wrapper(1, 5, Buffer.alloc(0))), invalid, 'empty')
  t.throws(() => readMessages(wrapper(1, 5, inner(1, [0]).subarray(0, -1))), invalid, 'only a cut off message')
  t.throws(() => readMessages(wrapper(1, 5, inner(0, [0]))), invalid, 'mixed magic')
  t.throws(() => readMessages(wrapper(1, 5, wrapper(1, 0, inner(1, [0])).bytes)), invalid, 'nested')
  t.throws(
    () => readMessages(wrapper(1, 5, inner(1, [0]), Codec.ZSTD)),
    failsWith(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE),
  )
  const damaged = inner(1, [0])
  damaged[14]! ^= 1
  t.throws(() => readMessages(wrapper(1, 5, damaged)), failsWith(ErrorCode.CORRUPT_MESSAGE))
})

t.test('A29: lengths inside a message that cannot be', async (t) => {
  const set = inner(0, [3])
  set.writeInt32BE(100, 18)
  t.throws(() => readMessages(BatchView.at(set)), invalid)
  set.writeInt32BE(3, 18)
  t.throws(() => readMessages(BatchView.at(set)), invalid)
})
