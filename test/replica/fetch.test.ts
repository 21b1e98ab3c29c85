import fc from 'fast-check'
import t from 'tap'
import { Codec } from '../../protocol/compression/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { BATCH_OVERHEAD, batches } from '../../protocol/records/batch.ts'
import { readMessageSet } from '../../protocol/records/convert.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { FetchPartitionResult } from '../../src/replica/types.ts'
import { batch, batchOf, offsets, size, World } from './world.ts'

function world(...args: Parameters<World['createTopic']>[1][]): World {
  const made = new World()
  made.createTopic('t', args[0])
  return made
}

/** Follows a promise without waiting for it. */
function watch<T>(promise: Promise<T>) {
  const watched: { value: T | undefined } = { value: undefined }
  promise.then((value) => {
    watched.value = value
  })
  return watched
}

t.test('D1: fetch.max.bytes bounds the request', async (t) => {
  const w = new World({ config: { 'fetch.max.bytes': 1024 } })
  w.createTopic('t')
  for (let i = 0; i < 4; i++) await w.produce(batchOf(1000))
  t.equal(size((await w.fetchOne()).records), 1024)
  const [result] = await w.fetch([{}], { minBytes: 100_000, maxWaitMs: 1000 })
  t.equal(size(result!.records), 1024, 'and min bytes are no more than that')
})

t.test('D2, J20: v3+ gives the first partition with data a whole batch, whatever the limits', async (t) => {
  const w = world({ partitions: 2, config: { 'max.message.bytes': '6000000' } })
  await w.produce(batchOf(5_000_000), { partition: 1 })
  const asked = [{ partition: 0 }, { partition: 1, partitionMaxBytes: 10 }]
  const [empty, full] = await w.fetch(asked, { maxBytes: 1000 })
  t.equal(size(empty!.records), 0)
  t.equal(size(full!.records), 5_000_000)
})

t.test('D3: later partitions get what is left, possibly a part of a batch, or nothing', async (t) => {
  const w = world({ partitions: 3 })
  for (const partition of [0, 1, 2]) for (let i = 0; i < 3; i++) await w.produce(batchOf(1000), { partition })
  const asked = [0, 1, 2].map((partition) => ({ partition }))
  const sizes = async (maxBytes: number, more = {}) =>
    (await w.fetch(asked, { maxBytes, ...more })).map(({ records }) => size(records))
  t.same(await sizes(4500), [3000, 1500, 0])
  t.same(await sizes(3700), [3000, 0, 0], 'the first batch does not fit: v3+ gets nothing of it')
  t.same(await sizes(10), [1000, 0, 0])
  asked[0] = { partition: 0, partitionMaxBytes: 1500 } as never
  t.same(await sizes(100_000), [1500, 3000, 3000])
})

t.test('D3: v0 to v2 have no minimum, and see a fragment that is too large for them', async (t) => {
  const w = world()
  await w.produce(batchOf(1000))
  const { records } = await w.fetchOne({ partitionMaxBytes: 300 }, { apiVersion: 2, maxBytes: 2147483647 })
  t.equal(size(records), 300)
  t.same([...batches(Buffer.concat(records))], [], 'no whole message in it')
  t.ok(records[0]!.readInt32BE(8) + 12 > 300)
})

t.test('D4: data begins at the batch with the offset', async (t) => {
  const w = world()
  await w.produce(batch(['a', 'b', 'c']))
  await w.produce(batch(['d', 'e']))
  t.same(offsets((await w.fetchOne({ fetchOffset: 2 })).records), [0, 3])
  t.same(offsets((await w.fetchOne({ fetchOffset: 4 })).records), [3])
})

t.test('D5: bytes are as they were sent, but for offset and epoch', async (t) => {
  const w = world({ leaderEpoch: 3 })
  const sent = batch(['a', 'b'], { codec: Codec.GZIP })
  const copy = Buffer.from(sent)
  await w.produce(batch(['x']))
  await w.produce(sent)
  const stored = Buffer.concat((await w.fetchOne({ fetchOffset: 1 })).records)
  copy.writeBigInt64BE(1n, 0)
  copy.writeInt32BE(3, 12)
  t.same(stored, copy)
})

t.test('D7: answers at once without a wait, without partitions, or with enough bytes', async (t) => {
  const w = world()
  t.match(await w.fetchOne({}, { maxWaitMs: 0 }), { errorCode: 0, records: [] })
  t.same(await w.fetch([], { maxWaitMs: 1000 }), [])
  t.match(await w.fetchOne({}, { maxWaitMs: 1000, minBytes: 0 }), { records: [] })
  await w.produce(batchOf(100))
  t.equal(size((await w.fetchOne({}, { maxWaitMs: 1000, minBytes: 100 })).records), 100)
  t.equal(w.replicas.fetches.size, 0)
})

t.test('D7: any error answers at once', async (t) => {
  const w = world()
  const results = await w.fetch([{}, { topic: 'nowhere' }], { maxWaitMs: 1000 })
  t.match(results, [{ errorCode: 0 }, { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, highWatermark: -1 }])
})

t.test('J21: at the high watermark the answer comes after max wait, empty', async (t) => {
  const w = world()
  await w.produce(batch(['a']))
  const fetched = watch(w.fetch([{ fetchOffset: 1 }], { maxWaitMs: 500 }))
  await w.time.run(499)
  t.equal(fetched.value, undefined)
  await w.time.run(1)
  t.match(fetched.value, [{ errorCode: 0, highWatermark: 1, lastStableOffset: 1, logStartOffset: 0, records: [] }])
  t.same([w.replicas.fetches.size, w.replicas.fetches.watchedKeys, w.time.pending], [0, 0, w.time.pending])
})

t.test('D7: an append wakes a fetch that waits, once it is written', async (t) => {
  const w = world({ partitions: 2 })
  const fetched = watch(w.fetch([{ partition: 0 }, { partition: 1 }], { maxWaitMs: 500 }))
  w.append([{ partition: 1, records: batch(['a']) }])
  await Promise.resolve()
  t.equal(fetched.value, undefined)
  await w.time.settle()
  t.same(
    fetched.value?.map(({ records }) => offsets(records)),
    [[], [0]],
  )
})

t.test('D7: min bytes are counted over all partitions, as they come', async (t) => {
  const w = world({ partitions: 2 })
  await w.produce(batchOf(100), { partition: 0 })
  const fetched = watch(w.fetch([{ partition: 0 }, { partition: 1 }], { maxWaitMs: 500, minBytes: 350 }))
  await w.produce(batchOf(100), { partition: 1 })
  await w.produce(batchOf(100), { partition: 1 })
  t.equal(fetched.value, undefined)
  await w.produce(batchOf(100), { partition: 0 })
  t.same(
    fetched.value?.map(({ records }) => size(records)),
    [200, 200],
  )
})

t.test('R-D36: bytes above a partition’s own limit do not count', async (t) => {
  const w = world()
  const fetched = watch(w.fetch([{ partitionMaxBytes: 150 }], { maxWaitMs: 500, minBytes: 200 }))
  for (let i = 0; i < 5; i++) await w.produce(batchOf(100))
  t.equal(fetched.value, undefined)
  await w.time.run(500)
  t.equal(size(fetched.value![0]!.records), 150)
})

t.test('D8: data in an older segment answers at once', async (t) => {
  const w = world({ config: { 'segment.bytes': '1048576' } })
  await w.produce(batchOf(600_000))
  await w.produce(batchOf(600_000))
  t.equal(w.partition('t').log.segments.length, 2)
  const result = await w.fetchOne({}, { maxWaitMs: 1000, minBytes: 2_000_000 })
  t.equal(size(result.records), 600_000, 'D5: and never two segments together')
})

t.test('D9, J22: outside of the log is OFFSET_OUT_OF_RANGE at once', async (t) => {
  const w = world()
  await w.produce(batch(['a']))
  const none = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, records: [], abortedTransactions: null }
  for (const fetchOffset of [2, 100]) {
    const result = await w.fetchOne({ fetchOffset }, { maxWaitMs: 1000, isolationLevel: 1 })
    t.match(result, { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, ...none })
  }
})

t.test('D10: from the high watermark to the log end there is nothing for consumers', async (t) => {
  const w = world({ replicas: [1, 2] })
  w.append([{ records: batch(['a', 'b']) }])
  await w.time.settle()
  for (const fetchOffset of [0, 1, 2]) {
    t.match(await w.fetchOne({ fetchOffset }), { errorCode: 0, highWatermark: 0, records: [] })
  }
  t.same(
    offsets((await w.fetchOne({ currentLeaderEpoch: 0 }, { replicaId: 2 })).records),
    [0],
    'D20: a replica reads on',
  )
})

t.test('D11, D12, J31: read committed stops at an open transaction', async (t) => {
  const w = world()
  await w.produce(batch(['a']))
  const transactional = batch(['b'], { producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  const appended = w.append([{ records: transactional }], { apiVersion: 13 })
  await w.time.settle()
  t.equal((await appended)[0]!.errorCode, 0)
  await w.produce(batch(['c']))
  const committed = await w.fetchOne({}, { isolationLevel: 1 })
  t.match(committed, { highWatermark: 3, lastStableOffset: 1, abortedTransactions: [] })
  t.same(offsets(committed.records), [0])
  const all = await w.fetchOne({}, { isolationLevel: 0 })
  t.equal(all.abortedTransactions, null)
  t.same(offsets(all.records), [0, 1, 2])
  t.match(await w.fetchOne({ fetchOffset: 1 }, { isolationLevel: 1 }), {
    errorCode: 0,
    records: [],
    abortedTransactions: [],
  })
})

t.test('D15: leader epochs, with the leader from v16 on (D21)', async (t) => {
  const w = world({ leaderEpoch: 5 })
  t.match(await w.fetchOne({ currentLeaderEpoch: 4 }), {
    errorCode: ErrorCode.FENCED_LEADER_EPOCH,
    currentLeader: { leaderId: 1, leaderEpoch: 5 },
  })
  t.equal((await w.fetchOne({ currentLeaderEpoch: 4 }, { apiVersion: 15 })).currentLeader, undefined)
  t.match(await w.fetchOne({ currentLeaderEpoch: 6 }), { errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH })
  t.match(await w.fetchOne({ currentLeaderEpoch: 5 }), { errorCode: 0 })
})

t.test('D16, R-D26: a client whose log parted from ours is told where', async (t) => {
  const w = world()
  await w.produce(batch(['a', 'b']))
  w.change('t', 0, { leader: 1 })
  w.change('t', 0, { leader: 1 })
  await w.produce(batch(['c']))
  const asked = (lastFetchedEpoch: number, fetchOffset: number) =>
    w.fetchOne({ lastFetchedEpoch, fetchOffset }, { maxWaitMs: 1000 })
  t.match(await asked(0, 3), {
    errorCode: 0,
    divergingEpoch: { epoch: 0, endOffset: 2 },
    records: [],
    highWatermark: 3,
  })
  t.match(await asked(1, 2), { errorCode: 0, divergingEpoch: { epoch: 0, endOffset: 2 } })
  t.equal((await asked(0, 2)).divergingEpoch, undefined)
  t.match(await asked(9, 2), { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
  t.equal((await asked(0, 3)).abortedTransactions, null)
})

t.test('D17: topic ids', async (t) => {
  const w = world()
  const topicId = w.idOf('t')
  t.match(await w.fetchOne({ topic: '', topicId }), { errorCode: 0 })
  t.match(await w.fetchOne({ topic: '', topicId, partition: 3 }), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
  t.match(await w.fetchOne({ topic: '', topicId: 'BBBBBBBBBBBBBBBBBBBBBA' }), { errorCode: ErrorCode.UNKNOWN_TOPIC_ID })
})

t.test('D18: v0 to v5 know no KAFKA_STORAGE_ERROR', async (t) => {
  const w = world()
  w.breakDisk()
  await w.produce(batch(['a']))
  t.equal((await w.fetchOne({}, { apiVersion: 5 })).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal((await w.fetchOne({}, { apiVersion: 6 })).errorCode, ErrorCode.KAFKA_STORAGE_ERROR)
})

t.test(
  'D19, N-F7: a zstd topic is not for clients that get records converted; others get what is stored',
  async (t) => {
    const w = world({ config: { 'compression.type': 'zstd' } })
    await w.produce(batch(['a']))
    const old = await w.fetchOne({}, { apiVersion: 3 })
    t.match(old, { errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, highWatermark: -1, records: [] })
    // Apache Kafka 4.3 refuses it no more before v10.
    for (const apiVersion of [4, 9, 10])
      t.match(await w.fetchOne({}, { apiVersion }), { errorCode: 0, highWatermark: 1 })
  },
)

t.test('D20: a consumer reads a follower from v11 on, up to its high watermark', async (t) => {
  const w = world({ replicas: [2, 1], leader: 2, leaderEpoch: 1 })
  t.equal((await w.fetchOne({}, { apiVersion: 10 })).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.match(await w.fetchOne({}, { apiVersion: 11 }), { errorCode: 0, preferredReadReplica: -1 })
  t.equal((await w.fetchOne({}, { replicaId: 3 })).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER, 'a replica does not')
})

t.test('R-D24: a replica that is not assigned', async (t) => {
  const w = world({ replicas: [1, 2] })
  t.equal((await w.fetchOne({ currentLeaderEpoch: 0 }, { replicaId: 9 })).errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
  t.equal((await w.fetchOne({}, { replicaId: 9 })).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
})

t.test('R-D25: the former self of a follower is not counted', async (t) => {
  const w = world({ replicas: [1, 2] })
  w.apply({
    type: 'RegisterBrokerRecord',
    version: 4,
    value: {
      brokerId: 2,
      incarnationId: 'BBBBBBBBBBBBBBBBBBBBBA',
      brokerEpoch: 10n,
      endPoints: [],
      features: [],
      rack: null,
      fenced: false,
      logDirs: [],
    },
  })
  await w.produce(batch(['a']))
  t.match(await w.fetchOne({ fetchOffset: 1 }, { replicaId: 2, replicaEpoch: 9 }), {
    errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
  })
  t.equal(w.partition('t').highWatermark, 0)
  t.match(await w.fetchOne({ fetchOffset: 1 }, { replicaId: 2, replicaEpoch: 10 }), { errorCode: 0 })
  t.equal(w.partition('t').highWatermark, 1)
})

t.test('R-D31, R-D30: a follower learns of the high watermark it moved one fetch later', async (t) => {
  const w = world({ replicas: [1, 2] })
  await w.produce(batch(['a']))
  const consumer = watch(w.fetch([{}], { maxWaitMs: 1000 }))
  const asked = { fetchOffset: 1, currentLeaderEpoch: 0 }
  const parked = watch(w.fetch([asked], { replicaId: 2, maxWaitMs: 100 }))
  await w.time.settle()
  t.same(
    consumer.value?.map(({ records }) => offsets(records)),
    [[0]],
    'a waiting consumer gets what is committed now',
  )
  await w.time.run(100)
  t.match(parked.value, [{ highWatermark: 1 }])
})

t.test('v0 to v3 get the message formats of their time', async (t) => {
  const w = world()
  await w.produce(batch(['a', 'b', 'c'], { codec: Codec.GZIP }))
  await w.produce(batch(['d', 'e']))
  for (const [apiVersion, magic] of [
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
  ] as const) {
    const { records } = await w.fetchOne({ fetchOffset: 4 }, { apiVersion })
    const bytes = Buffer.concat(records)
    t.ok([...batches(bytes)].every((entry) => entry.magic === magic))
    t.same(
      readMessageSet(bytes).records.map(({ offset, value }) => [offset, value?.toString()]),
      [[4, 'e']],
    )
  }
  t.equal((await w.fetchOne({}, { apiVersion: 4 })).records[0]![16], 2)
})

t.test('a fetch at the tail is given the memory of the append, not a copy', async (t) => {
  const w = world()
  const sent = batchOf(65536)
  await w.produce(sent)
  const { records } = await w.fetchOne()
  t.equal(records.length, 1)
  t.equal(records[0]!.buffer, sent.buffer)
})

t.test('R-D36: a fetch that waits is answered when leadership goes', async (t) => {
  const w = world({ replicas: [1, 2] })
  const fetched = watch(w.fetch([{ currentLeaderEpoch: 0 }], { maxWaitMs: 1000 }))
  w.change('t', 0, { leader: 2 })
  await w.time.settle()
  t.match(fetched.value, [{ errorCode: ErrorCode.FENCED_LEADER_EPOCH }])
})

t.test('R-D36: a fetch that waits is answered when the topic is deleted, or made again', async (t) => {
  for (const again of [false, true]) {
    const w = world()
    const fetched = watch(w.fetch([{}], { maxWaitMs: 1000 }))
    w.apply(w.deleteRecord('t'), ...(again ? w.topicRecords('t') : []))
    await w.time.settle()
    t.match(fetched.value, [{ errorCode: again ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, records: [] }])
    t.same([w.replicas.fetches.size, w.replicas.fetches.watchedKeys], [0, 0])
  }
})

/** Lets go of the newest batches, so that reads go to the disk and take a while. */
const forgetTails = (w: World) => w.logs.environment.tails.evictIdle(Number.POSITIVE_INFINITY)

t.test('D3: what is not in memory is read from the disk, within the same limits', async (t) => {
  const w = world({ partitions: 3 })
  for (const partition of [0, 1, 2]) for (let i = 0; i < 3; i++) await w.produce(batchOf(1000), { partition })
  forgetTails(w)
  const results = await w.fetch([{ partition: 0 }, { partition: 1 }, { partition: 2 }], { maxBytes: 4500 })
  t.same(
    results.map(({ records }) => size(records)),
    [3000, 1500, 0],
  )
})

t.test('D8: what is only on the disk answers a fetch that wants more', async (t) => {
  const w = world()
  await w.produce(batchOf(1000))
  forgetTails(w)
  t.equal(size((await w.fetchOne({}, { minBytes: 5000, maxWaitMs: 1000 })).records), 1000)
})

t.test('the topic is deleted, or the leadership goes, while the disk is read', async (t) => {
  for (const kind of ['deleted', 'follower'] as const) {
    const w = world({ partitions: 2, replicas: [1, 2], isr: [1] })
    await w.produce(batchOf(1000))
    forgetTails(w)
    const fetched = w.fetch([{ currentLeaderEpoch: 0 }, { partition: 1 }], { maxWaitMs: 1000 })
    if (kind === 'deleted') w.apply(w.deleteRecord('t'))
    else w.change('t', 0, { leader: 2 })
    const [first, second] = await fetched
    if (kind === 'deleted') {
      const gone = [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
      t.ok(gone.includes(first!.errorCode as 0), 'what was read before, or that it is gone')
      t.equal(second!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    } else t.equal(second!.errorCode, 0)
    t.equal(w.replicas.fetches.size, 0)
  }
})

t.test('D12: read committed has no list where the first batch did not fit', async (t) => {
  const w = world({ partitions: 2 })
  for (const partition of [0, 1]) await w.produce(batchOf(1000), { partition })
  const results = await w.fetch([{ partition: 0 }, { partition: 1 }], { isolationLevel: 1, maxBytes: 1500 })
  t.match(results, [{ abortedTransactions: [] }, { records: [], abortedTransactions: null }])
})

t.test('shutdown answers whoever waits', async (t) => {
  const w = world({ replicas: [1, 2] })
  const fetched = watch(w.fetch([{}], { maxWaitMs: 1000 }))
  const appended = w.append([{ records: batch(['a']) }], { acks: -1 })
  w.replicas.shutdown()
  await w.time.settle()
  t.match(fetched.value, [{ errorCode: 0, records: [] }])
  t.match(await appended, [{ errorCode: ErrorCode.REQUEST_TIMED_OUT }])
})

t.test('whatever is asked, sizes keep to the rules and the bytes are a slice of what is stored', async () => {
  const asked = fc.record({
    maxBytes: fc.nat(12_000),
    limits: fc.array(fc.nat(6000), { minLength: 3, maxLength: 3 }),
    from: fc.array(fc.nat(12), { minLength: 3, maxLength: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 200, max: 2000 })), { minLength: 1, maxLength: 25 }),
      asked,
      fc.boolean(),
      async (appends, { maxBytes, limits, from }, cold) => {
        const w = world({ partitions: 3 })
        const stored: Buffer[][] = [[], [], []]
        for (const [partition, bytes] of appends) {
          const records = batchOf(bytes)
          const { baseOffset } = await w.produce(records, { partition })
          const copy = Buffer.from(records)
          copy.writeBigInt64BE(BigInt(baseOffset), 0)
          copy.writeInt32BE(0, 12)
          stored[partition]!.push(copy)
        }
        const partitions = limits.map((partitionMaxBytes, partition) => ({
          partition,
          partitionMaxBytes,
          fetchOffset: Math.min(from[partition]!, stored[partition]!.length),
        }))
        if (cold) forgetTails(w)
        const results: FetchPartitionResult[] = await w.fetch(partitions, { maxBytes })
        let left = maxBytes
        let first = true
        return results.every(({ errorCode, records }, partition) => {
          const batchesLeft = stored[partition]!.slice(partitions[partition]!.fetchOffset)
          const all = Buffer.concat(batchesLeft)
          const head = batchesLeft[0]?.length ?? 0
          const limit = Math.min(left, limits[partition]!)
          let expected = Math.min(all.length, first ? Math.max(limit, head) : limit)
          if (expected < head) expected = 0
          const got = Buffer.concat(records)
          left = Math.max(0, left - got.length)
          if (got.length > 0) first = false
          // From the disk, a last part too short to hold a header may be left out.
          const short = expected - got.length
          const isExact = short === 0 || (cold && short > 0 && short < BATCH_OVERHEAD && got.length >= head)
          return errorCode === 0 && isExact && got.equals(all.subarray(0, got.length))
        })
      },
    ),
    { numRuns: 40 },
  )
})

t.test('a fetch that waits never misses an append', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant('append' as const), fc.constant('turn' as const), fc.constant('fetch' as const)), {
        maxLength: 30,
      }),
      async (steps) => {
        const w = world()
        let seen = 0
        let isWaiting = false
        const consume = async () => {
          if (isWaiting) return
          isWaiting = true
          const result = await w.fetchOne({ topic: 't', topicId: ZERO_UUID, fetchOffset: seen }, { maxWaitMs: 1000 })
          seen += offsets(result.records).length
          isWaiting = false
        }
        let appended = 0
        for (const step of steps) {
          if (step === 'append') {
            appended += 1
            w.append([{ records: batch(['x']) }])
          } else if (step === 'fetch') consume()
          else await w.time.settle()
        }
        await w.time.settle()
        consume()
        await w.time.settle()
        if (seen < appended) return false
        await w.time.run(1000)
        return seen === appended && w.replicas.fetches.size === 0
      },
    ),
    { numRuns: 40 },
  )
})
