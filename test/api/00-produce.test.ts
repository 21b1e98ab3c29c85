import t from 'tap'
import { Codec } from '../../protocol/compression/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { BATCH_OVERHEAD, BatchField, batches, sealBatch } from '../../protocol/records/batch.ts'
import { type BatchInput, buildBatch } from '../../protocol/records/build.ts'
import { buildMessageSet } from '../../protocol/records/legacy.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { batchOf, KEY, requestBytes, TestBroker, valuesOf, versionsOf } from './harness.ts'

const UNKNOWN_ID = 'aaaaaaaaaaaaaaaaaaaaaA'

/** A batch of one record whose header is changed afterwards, with a CRC that fits. */
function changed(change: (batch: Buffer) => void, values = ['v']): Buffer {
  const batch = batchOf(values)
  change(batch)
  sealBatch(batch, 0, batch.length)
  return batch
}

const oldSet = (magic: 0 | 1, value: string, codec: Codec = Codec.NONE): Buffer =>
  buildMessageSet({ magic, codec, records: [{ offset: 0, timestamp: 1, key: null, value: Buffer.from(value) }] })

const idempotent = (producerId: number, baseSequence: number, producerEpoch = 0, values = ['v']): Buffer =>
  batchOf(values, { producerId, producerEpoch, baseSequence })

t.test('every version appends and answers', async (t) => {
  const broker = await TestBroker.start(t)
  const topicId = await broker.createTopic('all')
  for (const version of versionsOf(KEY.PRODUCE)) {
    const records = version < 2 ? oldSet(0, `v${version}`) : version < 3 ? oldSet(1, 'v2') : batchOf([`v${version}`])
    const topicData = [{ name: 'all', topicId, partitionData: [{ index: 0, records }] }]
    const { responses } = await broker.send(KEY.PRODUCE, version, { acks: 1, timeoutMs: 1000, topicData })
    const [topic] = responses
    t.equal(version < 13 ? topic?.name : topic?.topicId, version < 13 ? 'all' : topicId)
    t.match(topic?.partitionResponses, [
      { index: 0, errorCode: 0, baseOffset: version, logAppendTimeMs: -1, logStartOffset: version < 5 ? -1 : 0 },
    ])
  }
  t.strictSame(
    valuesOf((await broker.fetch('all', 0, 0)).records),
    versionsOf(KEY.PRODUCE).map((version) => `v${version}`),
  )
})

t.test('acks and topics', async (t) => {
  const broker = await TestBroker.start(t, { topics: { known: { partitions: 2 } } })

  t.test('C1: acks other than -1, 0 and 1 is INVALID_REQUIRED_ACKS on every partition', async (t) => {
    const partitionData = [0, 1].map((index) => ({ index, records: batchOf(['v']) }))
    const topicData = [{ name: 'known', partitionData }]
    for (const acks of [2, -2]) {
      const { responses } = await broker.send(KEY.PRODUCE, 9, { acks, timeoutMs: 1000, topicData })
      t.strictSame(
        responses[0]?.partitionResponses.map(({ errorCode }) => errorCode),
        [ErrorCode.INVALID_REQUIRED_ACKS, ErrorCode.INVALID_REQUIRED_ACKS],
      )
    }
    t.equal((await broker.fetch('known', 0, 0)).highWatermark, 0)
  })

  t.test('C3: unknown topics and partitions are refused, the others proceed, nothing is created', async (t) => {
    const topicData = [
      { name: 'missing', partitionData: [{ index: 0, records: batchOf(['v']) }] },
      {
        name: 'known',
        partitionData: [
          { index: 7, records: batchOf(['v']) },
          { index: 1, records: batchOf(['there']) },
        ],
      },
    ]
    const { responses } = await broker.send(KEY.PRODUCE, 9, { acks: -1, timeoutMs: 1000, topicData })
    const codes = new Map(
      responses.flatMap(({ name, partitionResponses }) =>
        partitionResponses.map(({ index, errorCode }) => [`${name}-${index}`, errorCode]),
      ),
    )
    t.equal(codes.get('missing-0'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal(codes.get('known-7'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal(codes.get('known-1'), ErrorCode.NONE)
    t.strictSame(valuesOf((await broker.fetch('known', 1, 0)).records), ['there'])
    const { topics } = await broker.send(KEY.METADATA, 9, { topics: null })
    t.strictSame(
      topics.map(({ name }) => name),
      ['known'],
    )
  })

  t.test('C5: internal topics refuse clients other than the admin client', async (t) => {
    await broker.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: ['g'] })
    const refused = await broker.produce('__consumer_offsets', 0, batchOf(['v']))
    t.equal(refused.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
  })

  t.test('C2, C40: a transaction that nobody could end is not begun', async (t) => {
    const records = batchOf(['v'], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    const topicData = [{ name: 'known', partitionData: [{ index: 0, records }] }]
    for (const [transactionalId, code] of [
      [null, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
      ['mine', ErrorCode.NOT_ENOUGH_REPLICAS],
    ] as const) {
      const body = { transactionalId, acks: -1, timeoutMs: 1000, topicData }
      const { responses } = await broker.send(KEY.PRODUCE, 9, body)
      t.match(responses[0]?.partitionResponses, [{ index: 0, errorCode: code, baseOffset: -1, logStartOffset: -1 }])
      const wire = await broker.connect()
      wire.write(requestBytes(KEY.PRODUCE, 9, { ...body, acks: 0 }))
      await wire.closed
    }
    const { highWatermark, lastStableOffset } = await broker.fetch('known', 0, 0)
    t.equal(lastStableOffset, highWatermark)
  })

  t.test('N-F9: v13 names topics by id', async (t) => {
    const partitionData = [{ index: 0, records: batchOf(['v']) }]
    for (const topicId of [UNKNOWN_ID, ZERO_UUID]) {
      const topicData = [{ topicId, partitionData }]
      const { responses } = await broker.send(KEY.PRODUCE, 13, { acks: 1, timeoutMs: 1000, topicData })
      t.equal(responses[0]?.topicId, topicId)
      t.equal(responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
    }
    const { topics } = await broker.send(KEY.METADATA, 12, { topics: [{ name: 'known' }] })
    const topicData = [{ topicId: topics[0]!.topicId, partitionData: [{ index: 9, records: batchOf(['v']) }] }]
    const { responses } = await broker.send(KEY.PRODUCE, 13, { acks: 1, timeoutMs: 1000, topicData })
    t.equal(responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  t.test('C37: acks=0 is never answered; the next request is', async (t) => {
    const wire = await broker.connect()
    const topicData = [{ name: 'known', partitionData: [{ index: 0, records: batchOf(['quiet']) }] }]
    wire.write(requestBytes(KEY.PRODUCE, 9, { acks: 0, timeoutMs: 1000, topicData }))
    const { records } = await broker.fetch('known', 0, 0, { wire })
    t.strictSame(valuesOf(records), ['quiet'])
  })

  t.test('C37: an error with acks=0 closes the connection', async (t) => {
    for (const name of ['missing', 'known']) {
      const wire = await broker.connect()
      const records =
        name === 'known' ? changed((batch) => batch.writeInt32BE(5, BatchField.RECORD_COUNT)) : batchOf(['v'])
      const topicData = [{ name, partitionData: [{ index: 0, records }] }]
      wire.write(requestBytes(KEY.PRODUCE, 9, { acks: 0, timeoutMs: 1000, topicData }))
      await wire.closed
      t.ok(wire.isClosed)
    }
    t.ok(await broker.isWell())
  })

  t.test('answers keep the order of requests, whatever each waits for', async (t) => {
    const wire = await broker.connect()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        broker.produce('known', 1, batchOf([`${index}`]), { wire, acks: index % 2 === 0 ? 1 : -1 }),
      ),
    )
    t.ok(answers.every(({ errorCode }) => errorCode === 0))
    const offsets = answers.map(({ baseOffset }) => baseOffset)
    t.strictSame(
      offsets,
      offsets.map((_, index) => offsets[0]! + index),
    )
  })
})

t.test('what is wrong with a batch', async (t) => {
  const broker = await TestBroker.start(t, {
    topics: {
      plain: { partitions: 2 },
      small: { config: { 'max.message.bytes': '500' } },
      segments: { config: { 'segment.bytes': '1048576' } },
      compact: { config: { 'cleanup.policy': 'compact' } },
      stamped: { config: { 'message.timestamp.type': 'LogAppendTime' } },
    },
  })
  const { INVALID_RECORD, CORRUPT_MESSAGE, UNKNOWN_SERVER_ERROR, INVALID_TIMESTAMP } = ErrorCode
  const codeOf = async (records: Buffer, options: { version?: number; topic?: string } = {}) => {
    const answer = await broker.produce(options.topic ?? 'plain', 0, records, options)
    if (answer.errorCode !== 0) t.match(answer, { baseOffset: -1, logAppendTimeMs: -1 }, 'C22')
    return answer.errorCode
  }

  const rules: [string, number, () => Buffer, { version?: number; topic?: string }?][] = [
    ['C4: no batch', INVALID_RECORD, () => Buffer.alloc(0)],
    ['C4: two batches', INVALID_RECORD, () => Buffer.concat([batchOf(['a']), batchOf(['b'])])],
    ['C4: magic 1 in v3', INVALID_RECORD, () => oldSet(1, 'v'), { version: 3 }],
    ['C4: magic 0 in v9', INVALID_RECORD, () => oldSet(0, 'v')],
    [
      'C4: zstd before v7',
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      () => batchOf(['v'], { codec: Codec.ZSTD }),
      { version: 6 },
    ],
    ['C10: a base offset', INVALID_RECORD, () => changed((batch) => batch.writeInt32BE(5, 4))],
    ['C11: too large', ErrorCode.MESSAGE_TOO_LARGE, () => batchOf(['x'.repeat(500)]), { topic: 'small' }],
    ['C12: wrong CRC', CORRUPT_MESSAGE, () => flipped(batchOf(['value']))],
    ['C12: half a batch', INVALID_RECORD, () => batchOf(['value']).subarray(0, 70)],
    ['C14: larger than a segment', ErrorCode.RECORD_LIST_TOO_LARGE, () => sized(1048580), { topic: 'segments' }],
    ['C15: no records', INVALID_RECORD, () => changed((batch) => batch.writeInt32BE(0, BatchField.RECORD_COUNT))],
    ['C15: fewer than none', INVALID_RECORD, () => changed((batch) => batch.writeInt32BE(-1, BatchField.RECORD_COUNT))],
    ['C15: a lying count', INVALID_RECORD, () => changed((batch) => batch.writeInt32BE(1000, BatchField.RECORD_COUNT))],
    [
      'C15: a count that lies twice',
      INVALID_RECORD,
      () =>
        changed((batch) => {
          batch.writeInt32BE(2 ** 31 - 1, BatchField.RECORD_COUNT)
          batch.writeInt32BE(2 ** 31 - 2, BatchField.LAST_OFFSET_DELTA)
        }),
    ],
    [
      'C15: a lying last offset',
      INVALID_RECORD,
      () => changed((batch) => batch.writeInt32BE(-5, BatchField.LAST_OFFSET_DELTA)),
    ],
    ['C15: a control batch', INVALID_RECORD, () => changed((batch) => batch.writeInt16BE(0x20, BatchField.ATTRIBUTES))],
    ['C15: a producer without sequence', INVALID_RECORD, () => idempotent(1, -1)],
    [
      'A41: unknown codec',
      UNKNOWN_SERVER_ERROR,
      () => changed((batch) => batch.writeInt16BE(5, BatchField.ATTRIBUTES)),
    ],
    [
      'C23: what cannot be inflated',
      UNKNOWN_SERVER_ERROR,
      () => changed((batch) => batch.writeInt16BE(Codec.GZIP, BatchField.ATTRIBUTES)),
    ],
    [
      'C23: a record that is longer than the batch',
      INVALID_RECORD,
      () => changed((batch) => batch.writeUInt8(0x7e, BATCH_OVERHEAD)),
    ],
    ['C17: two hours ahead', INVALID_TIMESTAMP, () => batchOf(['v'], { timestamp: Date.now() + 7_200_000 })],
    [
      'C18: a client that claims LogAppendTime',
      INVALID_TIMESTAMP,
      () => changed((batch) => batch.writeInt16BE(8, BatchField.ATTRIBUTES)),
      { topic: 'stamped' },
    ],
  ]
  for (const [name, code, records, options] of rules) {
    t.test(name, async (t) => t.equal(await codeOf(records(), options), code))
  }

  t.test('C12: v0 to v2 take half a message for nothing', async (t) => {
    const half = oldSet(1, 'value').subarray(0, 20)
    t.match(await broker.produce('plain', 0, half, { version: 2 }), { errorCode: 0, baseOffset: -1 })
  })

  t.test('C12: what follows the batch and is cut off is dropped', async (t) => {
    const before = (await broker.fetch('plain', 0, 0)).highWatermark
    const records = Buffer.concat([batchOf(['whole']), batchOf(['cut off']).subarray(0, 30)])
    t.match(await broker.produce('plain', 0, records), { errorCode: 0, baseOffset: before })
    t.equal((await broker.fetch('plain', 0, 0)).highWatermark, before + 1)
  })

  t.test('C12: an impossible size in one partition is the answer for all', async (t) => {
    for (const spoil of [
      (batch: Buffer) => batch.writeInt32BE(3, BatchField.LENGTH),
      (batch: Buffer) => batch.writeInt8(9, BatchField.MAGIC),
    ]) {
      const bad = batchOf(['v'])
      spoil(bad)
      const partitionData = [
        { index: 0, records: batchOf(['fine']) },
        { index: 1, records: bad },
      ]
      const topicData = [{ name: 'plain', partitionData }]
      const { responses } = await broker.send(KEY.PRODUCE, 9, { acks: 1, timeoutMs: 1000, topicData })
      t.strictSame(
        responses[0]?.partitionResponses.map(({ errorCode }) => errorCode),
        [CORRUPT_MESSAGE, CORRUPT_MESSAGE],
      )
    }
  })

  t.test('C16, C19, C21: each record without a key is named, from v8 on', async (t) => {
    const records = buildBatch({
      records: [null, 'key', null].map((key) => ({
        timestamp: Date.now(),
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from('v'),
      })),
    })
    const answer = await broker.produce('compact', 0, records, { version: 8 })
    t.equal(answer.errorCode, INVALID_RECORD)
    t.strictSame(
      answer.recordErrors.map(({ batchIndex }) => batchIndex),
      [0, 2],
    )
    t.ok(answer.errorMessage)
    const older = await broker.produce('compact', 0, records, { version: 7 })
    t.match(older, { errorCode: INVALID_RECORD, recordErrors: [], errorMessage: null })
    t.equal((await broker.fetch('compact', 0, 0)).highWatermark, 0)
  })

  t.test('C20: one wrong time makes the batch one of wrong times', async (t) => {
    const answer = await broker.produce('plain', 0, batchOf(['a', 'b'], { timestamp: Date.now() + 1e10 }))
    t.equal(answer.errorCode, INVALID_TIMESTAMP)
    t.equal(answer.recordErrors.length, 2)
  })

  t.test('C24: LogAppendTime is the broker clock, in the answer and in the batch', async (t) => {
    const before = Date.now()
    const answer = await broker.produce('stamped', 0, batchOf(['v'], { timestamp: 5 }))
    t.equal(answer.errorCode, 0)
    t.ok(answer.logAppendTimeMs >= before - 1 && answer.logAppendTimeMs <= Date.now() + 1)
    const [batch] = batches((await broker.fetch('stamped', 0, answer.baseOffset)).records!)
    t.equal(batch?.maxTimestamp, answer.logAppendTimeMs)
    t.equal(batch?.timestampType, 1)
    t.ok(batch?.verifyCrc())
  })

  t.test('A54: each codec is stored as it was sent', async (t) => {
    for (const codec of Object.values(Codec)) {
      const sent = batchOf(['same '.repeat(50)], { codec })
      const { errorCode, baseOffset } = await broker.produce('plain', 1, sent)
      t.equal(errorCode, 0)
      const [batch] = batches((await broker.fetch('plain', 1, baseOffset)).records!)
      t.equal(batch?.codec, codec)
      t.ok(batch?.recordBytes.equals(sent.subarray(BATCH_OVERHEAD)))
    }
  })
})

t.test('idempotent producers', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  const send = (records: Buffer) => broker.produce('t', 0, records)
  const { OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, NONE } = ErrorCode

  t.test('C28, C29: a batch that is sent again is answered with its first offset, and stored once', async (t) => {
    const offsets: number[] = []
    for (let sequence = 0; sequence < 7; sequence++) offsets.push((await send(idempotent(1, sequence))).baseOffset)
    for (const sequence of [2, 4, 6]) {
      t.match(await send(idempotent(1, sequence)), { errorCode: NONE, baseOffset: offsets[sequence] })
    }
    t.equal((await broker.fetch('t', 0, 0)).highWatermark, 7)
  })

  t.test('C30: older than the last five, or partly the same', async (t) => {
    t.equal((await send(idempotent(1, 0))).errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.equal((await send(idempotent(1, 6, 0, ['a', 'b']))).errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER)
  })

  t.test('C26: a gap', async (t) => {
    t.equal((await send(idempotent(1, 8))).errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.equal((await send(idempotent(1, 7))).errorCode, NONE)
  })

  t.test('C25, C31: epochs', async (t) => {
    t.equal((await send(idempotent(1, 3, 1))).errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER)
    t.equal((await send(idempotent(1, 0, 1))).errorCode, NONE)
    t.equal((await send(idempotent(1, 8, 0))).errorCode, INVALID_PRODUCER_EPOCH)
  })

  t.test('C26, C27: any first sequence, and zero after the largest', async (t) => {
    const last = 2 ** 31 - 1
    t.equal((await send(idempotent(2, last - 1))).errorCode, NONE)
    t.equal((await send(idempotent(2, last, 0, ['last', 'first']))).errorCode, NONE)
    t.equal((await send(idempotent(2, 1))).errorCode, NONE)
    t.equal((await send(idempotent(2, 3))).errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER)
  })

  t.test('pipelined batches of one producer arrive in order', async (t) => {
    const wire = await broker.connect()
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        broker.produce('t', 0, idempotent(3, index), { wire, acks: index % 3 === 0 ? -1 : 1 }),
      ),
    )
    t.ok(answers.every(({ errorCode }) => errorCode === NONE))
  })
})

function flipped(batch: Buffer): Buffer {
  batch[batch.length - 1]! ^= 1
  return batch
}

/** A batch of exactly so many bytes. */
function sized(bytes: number): Buffer {
  const of = (length: number) => buildBatch(input(length))
  const input = (length: number): BatchInput => ({
    records: [{ timestamp: Date.now(), key: null, value: Buffer.alloc(length) }],
  })
  return of(bytes - (of(bytes - 100).length - (bytes - 100)))
}
