import t from 'tap'
import { Codec } from '../../protocol/compression/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { readMessageSet } from '../../protocol/records/convert.ts'
import { batchOf, KEY, TestBroker, valuesOf, versionsOf } from './harness.ts'

const UNKNOWN_ID = 'aaaaaaaaaaaaaaaaaaaaaA'

t.test('every version fetches what is there', async (t) => {
  const broker = await TestBroker.start(t)
  const topicId = await broker.createTopic('all')
  await broker.produce('all', 0, batchOf(['one', 'two']))
  for (const version of versionsOf(KEY.FETCH)) {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }]
    const answer = await broker.send(KEY.FETCH, version, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topic: 'all', topicId, partitions }],
      forgottenTopicsData: [],
    })
    t.equal(answer.errorCode, 0)
    const [topic] = answer.responses
    t.equal(version < 13 ? topic?.topic : topic?.topicId, version < 13 ? 'all' : topicId)
    const partition = topic!.partitions[0]!
    t.match(partition, { partitionIndex: 0, errorCode: 0, highWatermark: 2 }, `v${version}`)
    if (version >= 4) t.equal(partition.lastStableOffset, 2)
    if (version >= 5) t.equal(partition.logStartOffset, 0)
    if (version >= 4) t.strictSame(valuesOf(partition.records), ['one', 'two'])
    else {
      const magic = version < 2 ? 0 : 1
      const messages = readMessageSet(partition.records!).records
      t.equal(partition.records![16], magic, `v${version} gets magic ${magic}`)
      t.strictSame(
        messages.map(({ value }) => value?.toString()),
        ['one', 'two'],
      )
    }
  }
})

t.test('sizes and waiting', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: { partitions: 2 } } })
  for (const value of ['a', 'b', 'c']) await broker.produce('t', 0, batchOf([value.repeat(1000)]))
  await broker.produce('t', 1, batchOf(['d'.repeat(1000)]))
  const one = batchOf(['a'.repeat(1000)]).length

  t.test('D2: the first partition gives one whole batch beyond all limits', async (t) => {
    const { records } = await broker.fetch('t', 0, 0, { maxBytes: 1 })
    t.equal(records?.length, one)
  })

  t.test('D3: a later partition keeps to what is left', async (t) => {
    const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }))
    const body = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 10,
      topics: [{ topic: 't', partitions }],
      forgottenTopicsData: [],
    }
    const { responses } = await broker.send(KEY.FETCH, 11, body)
    t.strictSame(
      responses[0]?.partitions.map(({ records }) => records?.length),
      [one, 0],
    )
  })

  t.test('D4: data begins with the batch that holds the offset', async (t) => {
    await broker.produce('t', 1, batchOf(['x', 'y', 'z']))
    t.strictSame(valuesOf((await broker.fetch('t', 1, 3)).records), ['x', 'y', 'z'])
  })

  t.test('D5: bytes are as they are stored', async (t) => {
    for (const codec of Object.values(Codec)) {
      const sent = batchOf(['again '.repeat(20)], { codec })
      const { baseOffset } = await broker.produce('t', 1, sent)
      const { records } = await broker.fetch('t', 1, baseOffset)
      t.equal(records?.length, sent.length)
      const [batch] = batches(records!)
      t.equal(batch?.baseOffset, baseOffset)
      t.ok(records!.subarray(17).equals(sent.subarray(17)), 'all but base offset, epoch and magic')
    }
  })

  t.test('D7: a fetch waits until there is enough', async (t) => {
    const wire = await broker.connect()
    const { highWatermark } = await broker.fetch('t', 0, 0)
    const waiting = broker.fetch('t', 0, highWatermark, { wire, maxWaitMs: 600_000, minBytes: 1 })
    await broker.produce('t', 0, batchOf(['news']))
    t.strictSame(valuesOf((await waiting).records), ['news'])
  })

  t.test('D7: min_bytes counts all partitions', async (t) => {
    const wire = await broker.connect()
    const from = await Promise.all(
      [0, 1].map(async (partition) => (await broker.fetch('t', partition, 0)).highWatermark),
    )
    const partitions = from.map((fetchOffset, partition) => ({ partition, fetchOffset, partitionMaxBytes: 1 << 20 }))
    const waiting = wire.send(KEY.FETCH, 11, {
      maxWaitMs: 600_000,
      minBytes: 2000,
      topics: [{ topic: 't', partitions }],
      forgottenTopicsData: [],
    })
    await broker.produce('t', 0, batchOf(['e'.repeat(1200)]))
    await broker.produce('t', 1, batchOf(['f'.repeat(1200)]))
    const sizes = (await waiting).responses[0]!.partitions.map(({ records }) => valuesOf(records).length)
    t.strictSame(sizes, [1, 1])
  })

  t.test('D7: time runs out with nothing', async (t) => {
    const { highWatermark } = await broker.fetch('t', 0, 0)
    const answer = await broker.fetch('t', 0, highWatermark, { maxWaitMs: 20, minBytes: 1 })
    t.match(answer, { errorCode: 0, highWatermark })
    t.equal(answer.records?.length, 0, 'N-F11: never null')
  })
})

t.test('offsets, epochs and ids', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {} } })
  await broker.produce('t', 0, batchOf(['v']))
  const { topics } = await broker.send(KEY.METADATA, 12, { topics: [{ name: 't' }] })
  const topicId = topics[0]!.topicId
  const one = async (
    version: number,
    topic: { topic?: string; topicId?: string },
    partition: { partition?: number; fetchOffset?: number; currentLeaderEpoch?: number; lastFetchedEpoch?: number },
  ) => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, ...partition }]
    const body = { maxWaitMs: 0, minBytes: 0, topics: [{ ...topic, partitions }], forgottenTopicsData: [] }
    return (await broker.send(KEY.FETCH, version, body)).responses[0]!.partitions[0]!
  }

  t.test('D9: out of range', async (t) => {
    for (const fetchOffset of [2, 100]) {
      t.match(await broker.fetch('t', 0, fetchOffset), {
        errorCode: ErrorCode.OFFSET_OUT_OF_RANGE,
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
      })
    }
    t.equal((await broker.fetch('t', 0, -5)).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
  })

  t.test('D10: at the end there is nothing, and no error', async (t) => {
    t.match(await broker.fetch('t', 0, 1), { errorCode: 0, highWatermark: 1, records: Buffer.alloc(0) })
  })

  t.test('D12: aborted transactions are null for level 0 and a list for level 1', async (t) => {
    t.equal((await broker.fetch('t', 0, 0)).abortedTransactions, null)
    t.strictSame((await broker.fetch('t', 0, 0, { isolationLevel: 1 })).abortedTransactions, [])
  })

  t.test('D15: leader epochs', async (t) => {
    t.equal((await one(12, { topic: 't' }, { currentLeaderEpoch: 5 })).errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
    t.equal((await one(12, { topic: 't' }, { currentLeaderEpoch: 0 })).errorCode, ErrorCode.NONE)
  })

  t.test('D16: an epoch that the log does not have', async (t) => {
    const answer = await one(12, { topic: 't' }, { fetchOffset: 1, lastFetchedEpoch: 0 })
    t.equal(answer.errorCode, ErrorCode.NONE)
    t.match(answer.divergingEpoch, { epoch: -1, endOffset: -1 })
  })

  t.test('D17: unknown names, partitions and ids', async (t) => {
    t.equal((await one(12, { topic: 'missing' }, {})).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal((await one(12, { topic: 't' }, { partition: 3 })).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal((await one(13, { topicId: UNKNOWN_ID }, {})).errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
    t.equal((await one(18, { topicId }, { partition: 3 })).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  t.test('D19: zstd for a version that does not know it', async (t) => {
    await broker.createTopic('z', 1, { 'compression.type': 'zstd' })
    await broker.produce('z', 0, batchOf(['v']))
    t.equal((await broker.fetch('z', 0, 0, { version: 3 })).errorCode, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
    for (const version of [4, 9, 10])
      t.strictSame(valuesOf((await broker.fetch('z', 0, 0, { version })).records), ['v'], 'N-F7: as Apache Kafka 4.3')
  })
})

t.test('sessions', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: { partitions: 3 } } })
  const ask = (
    sessionId: number,
    sessionEpoch: number,
    partitions: readonly number[],
    options: { forget?: number[]; offset?: number } = {},
  ) =>
    broker.send(KEY.FETCH, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      sessionId,
      sessionEpoch,
      topics:
        partitions.length === 0
          ? []
          : [
              {
                topic: 't',
                partitions: partitions.map((partition) => ({
                  partition,
                  fetchOffset: options.offset ?? 0,
                  partitionMaxBytes: 1000,
                })),
              },
            ],
      forgottenTopicsData: options.forget ? [{ topic: 't', partitions: options.forget }] : [],
    })
  const partitionsOf = ({ responses }: Awaited<ReturnType<typeof ask>>) =>
    responses.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex))

  t.test('D22, D25, D26: a session answers with what changed', async (t) => {
    const full = await ask(0, 0, [0, 1, 2])
    t.ok(full.sessionId > 0)
    t.strictSame(partitionsOf(full), [0, 1, 2])
    const { sessionId } = full
    t.strictSame(partitionsOf(await ask(sessionId, 1, [])), [], 'nothing is new')
    await broker.produce('t', 1, batchOf(['v']))
    const changed = await ask(sessionId, 2, [])
    t.equal(changed.sessionId, sessionId)
    t.strictSame(partitionsOf(changed), [1])
    t.strictSame(valuesOf(changed.responses[0]!.partitions[0]!.records), ['v'])
    t.strictSame(partitionsOf(await ask(sessionId, 3, [1], { offset: 1 })), [], 'the offset moved')
    await broker.produce('t', 0, batchOf(['w']))
    t.strictSame(partitionsOf(await ask(sessionId, 4, [], { forget: [0] })), [], 'forgotten')
  })

  t.test('D23: an unknown session, and a wrong epoch', async (t) => {
    t.match(await ask(123456, 1, []), {
      errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
      sessionId: 0,
      responses: [],
    })
    const { sessionId } = await ask(0, 0, [0])
    t.match(await ask(sessionId, 5, []), {
      errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH,
      sessionId: 0,
      responses: [],
    })
  })

  t.test('D22: a final epoch closes the session', async (t) => {
    const { sessionId } = await ask(0, 0, [0])
    const last = await ask(sessionId, -1, [0])
    t.match(last, { errorCode: 0, sessionId: 0 })
    t.equal((await ask(sessionId, 1, [])).errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    t.equal((await ask(0, -1, [0])).sessionId, 0, 'and one can do without')
  })
})
