import t from 'tap'
import { batches } from '../../protocol/records/batch.ts'
import { buildMarker } from '../../protocol/records/control.ts'
import { buildMessageSet } from '../../protocol/records/legacy.ts'
import type { FetchSlice, Log } from '../../src/log/log.ts'
import { batch, batchOf, DIR, LogWorld, NOW_MS, TOPIC_ID } from './world.ts'

const DAY = 86_400_000
const all = (log: Log, offset: number, maxBytes = 1_000_000) => ({
  offset,
  maxBytes,
  upTo: log.logEndOffset,
  minOneBatch: true,
})
const offsets = (slice: FetchSlice) => [...batches(Buffer.concat(slice.records))].map(({ baseOffset }) => baseOffset)

t.test('files of a fresh partition (B1, B7, J1)', async (t) => {
  const w = new LogWorld({}, { topicId: TOPIC_ID })
  w.log.assignEpoch(0, 0)
  t.same(w.files(), {
    '00000000000000000000.index': 10485760,
    '00000000000000000000.log': 0,
    '00000000000000000000.timeindex': 10485756,
    'leader-epoch-checkpoint': 8,
    'partition.metadata': 43,
  })
  t.equal(w.file('leader-epoch-checkpoint').toString(), '0\n1\n0 0\n')
  t.equal(w.file('partition.metadata').toString(), `version: 0\ntopic_id: ${TOPIC_ID}`)
})

t.test('B39: a differing topic id', async (t) => {
  const w = new LogWorld({}, { topicId: TOPIC_ID })
  w.log.assignTopicId(TOPIC_ID)
  t.throws(() => w.log.assignTopicId('topic0000000000000002A'), { code: 103 })
  t.equal((await w.reopenClean()).topicId, TOPIC_ID)
})

t.test('appended bytes are not written before write', async (t) => {
  const w = new LogWorld()
  const info = w.log.appendAsLeader(batch({ count: 3 }), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS })
  t.match(info, { firstOffset: 0, lastOffset: 2, logAppendTimeMs: -1, duplicate: false })
  t.equal(w.log.logEndOffset, 3)
  t.equal(w.log.writtenEndOffset, 0)
  t.ok(w.log.hasPending)
  t.match(w.log.read(all(w.log, 0)), { bytes: 0 })
  w.log.write()
  t.equal(w.log.writtenEndOffset, 3)
  t.notOk(w.log.hasPending)
  t.ok((w.log.read(all(w.log, 0)) as FetchSlice).bytes > 0)
})

t.test('what is queued goes as one gathered write', async (t) => {
  const w = new LogWorld()
  const writes: number[] = []
  for (const bytes of [100, 70_000, 20_000, 300, 400]) {
    w.log.appendAsLeader(batchOf(bytes), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS })
  }
  w.disk.hook = ({ kind, path, bytes }) => {
    if (kind === 'write' && path.endsWith('.log')) writes.push(bytes)
    return undefined
  }
  w.log.write()
  t.same(writes, [90_800])
})

t.test('C14: an append larger than a segment', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 500 })
  t.throws(() => w.append(batchOf(501)), { code: 18 })
  w.append(batchOf(500))
})

t.test('C24, C29: append time, and that of a duplicate', async (t) => {
  const w = new LogWorld({ 'message.timestamp.type': 'LogAppendTime' })
  t.equal(w.append(batch({ timestamp: 1 })).logAppendTimeMs, NOW_MS)
  const create = new LogWorld()
  const spec = { producerId: 1, producerEpoch: 0, baseSequence: 0, count: 2, timestamp: 55 }
  t.equal(create.append(batch(spec)).logAppendTimeMs, -1)
  t.match(create.append(batch(spec)), { duplicate: true, firstOffset: 0, lastOffset: 1, logAppendTimeMs: 56 })
  t.equal(create.log.logEndOffset, 2)
})

t.test('C12: a message set with nothing whole in it', async (t) => {
  const w = new LogWorld()
  t.match(w.append(Buffer.alloc(5), { version: 1 }), { firstOffset: -1 })
})

t.test('J5: the spacing of the offset index', async (t) => {
  const w = new LogWorld()
  for (let i = 0; i < 100; i++) w.append(batchOf(4096))
  const { offsetIndex } = w.log.segments[0]!
  t.equal(offsetIndex.count, 49)
  t.same(
    [0, 1, 48].map((i) => offsetIndex.entry(i)),
    [
      { offset: 2, position: 2 * 4096 },
      { offset: 4, position: 4 * 4096 },
      { offset: 98, position: 98 * 4096 },
    ],
  )
})

t.test('N-G2, N-G3: entries are decided batch by batch inside one append', async (t) => {
  const w = new LogWorld({ 'index.interval.bytes': 100 })
  const fetched = [0, 1, 2, 3].map((i) => batchOf(200, { baseOffset: i, leaderEpoch: 2, timestamp: NOW_MS + 10 * i }))
  w.log.appendAsFollower(Buffer.concat(fetched), { leaderEpoch: 2 })
  w.log.write()
  const { offsetIndex, timeIndex } = w.log.segments[0]!
  t.same(
    [0, 1, 2].map((i) => offsetIndex.entry(i)),
    [
      { offset: 1, position: 200 },
      { offset: 2, position: 400 },
      { offset: 3, position: 600 },
    ],
  )
  t.same(timeIndex.entry(0), { timestamp: NOW_MS + 10, offset: 1 })
  t.equal(w.log.latestEpoch, 2)
})

t.test('B17, B22, B24: rolls by size, with a snapshot and a flush', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 1000 })
  w.append(batchOf(600))
  w.append(batchOf(400))
  t.equal(w.log.segments.length, 1, 'exactly full')
  w.append(batchOf(100))
  t.same(
    w.log.segments.map(({ baseOffset }) => baseOffset),
    [0, 2],
  )
  await w.time.settle()
  t.equal(w.log.recoveryPoint, 2)
  const files = w.files()
  t.equal(files['00000000000000000000.log'], 1000)
  t.equal(files['00000000000000000000.index'], 0)
  t.equal(files['00000000000000000000.timeindex'], 12)
  t.equal(files['00000000000000000002.snapshot'], 10)
  t.equal(files['00000000000000000002.index'], 10485760)
})

t.test('B18, J10, N-G4: rolls by the time in the records', async (t) => {
  const w = new LogWorld({ 'segment.ms': 7 * DAY, 'message.timestamp.after.max.ms': 2 ** 63 })
  w.append(batch({ timestamp: NOW_MS }))
  w.append(batch({ timestamp: NOW_MS + 7 * DAY }))
  t.equal(w.log.segments.length, 1)
  w.append(batch({ timestamp: NOW_MS + 7 * DAY + 1 }))
  t.equal(w.log.segments.length, 2)
})

t.test('B18: by the clock where the first batch has no time; B19: an idle segment stays', async (t) => {
  const w = new LogWorld({ 'segment.ms': DAY })
  w.append(batch({ timestamp: -1 }))
  w.time.setWallMs(NOW_MS + DAY)
  w.append(batch({ timestamp: -1 }))
  t.equal(w.log.segments.length, 1)
  w.time.setWallMs(NOW_MS + DAY + 1)
  w.append(batch({ timestamp: -1 }))
  t.equal(w.log.segments.length, 2)
})

t.test('B20: rolls when an index is full', async (t) => {
  const w = new LogWorld({ 'segment.index.bytes': 24, 'index.interval.bytes': 0 })
  for (let i = 0; i < 12; i++) w.append(batch({ timestamp: NOW_MS + i }))
  t.same(
    w.log.segments.map(({ baseOffset }) => baseOffset),
    [0, 2, 4, 6, 8, 10],
    'two time entries, one of them reserved',
  )
})

t.test('B20: rolls when offsets get too far from the base', async (t) => {
  const w = new LogWorld()
  w.log.appendAsFollower(batch({ baseOffset: 0, leaderEpoch: 0 }), { leaderEpoch: 0 })
  w.log.appendAsFollower(batch({ baseOffset: 2 ** 31 - 1, leaderEpoch: 0 }), { leaderEpoch: 0 })
  t.equal(w.log.segments.length, 1)
  w.log.appendAsFollower(batch({ baseOffset: 2 ** 31, leaderEpoch: 0 }), { leaderEpoch: 0 })
  t.same(
    w.log.segments.map(({ baseOffset }) => baseOffset),
    [0, 2 ** 31],
  )
})

t.test('B21: segment.jitter.ms shortens the time of a segment', async (t) => {
  const w = new LogWorld({ 'segment.ms': DAY, 'segment.jitter.ms': DAY })
  const { rollJitterMs } = w.log.segments[0]!
  t.ok(rollJitterMs > 0 && rollJitterMs < DAY)
  w.append(batch({ timestamp: NOW_MS - DAY }))
  w.append(batch({ timestamp: NOW_MS - rollJitterMs }))
  t.equal(w.log.segments.length, 1)
  w.append(batch({ timestamp: NOW_MS - rollJitterMs + 1 }))
  t.equal(w.log.segments.length, 2)
})

t.test('C35: an append that has to be confirmed', async (t) => {
  const w = new LogWorld()
  const begin = () => batch({ producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  t.throws(() => w.append(begin(), { verification: null }), { code: 48 })
  const verification = w.log.startVerification({ producerId: 1, epoch: 0, lowestSequence: 0, supportsEpochBump: false })
  w.append(begin(), { verification: verification ?? null })
  t.ok(w.append(begin(), { verification: null }).duplicate)
})

t.test('B26: a duplicate can still roll the segment', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 200 })
  const spec = { producerId: 1, producerEpoch: 0, baseSequence: 0 }
  w.append(batchOf(150, spec))
  t.ok(w.append(batchOf(150, spec)).duplicate)
  t.equal(w.log.segments.length, 2)
})

t.test('D4, D6: the batch that holds the offset, or the next one', async (t) => {
  for (const cold of [false, true]) {
    const w = new LogWorld({ 'index.interval.bytes': 100, 'internal.segment.bytes': 600 })
    const at = (baseOffset: number) => batchOf(200, { baseOffset, leaderEpoch: 0 })
    for (const baseOffset of [0, 5, 10, 20, 40]) w.log.appendAsFollower(at(baseOffset), { leaderEpoch: 0 })
    w.log.write()
    if (cold) w.forgetTail()
    t.same(offsets(await w.log.read(all(w.log, 0))), [0, 5, 10], 'D5: never two segments')
    t.same(offsets(await w.log.read(all(w.log, 3))), [5, 10])
    t.same(offsets(await w.log.read(all(w.log, 11))), [20, 40], 'a gap at the end of a segment')
    t.same(offsets(await w.log.read(all(w.log, 40))), [40])
  }
})

t.test('D2, D3: limits of size', async (t) => {
  for (const cold of [false, true]) {
    const w = new LogWorld()
    for (let i = 0; i < 4; i++) w.append(batchOf(500))
    if (cold) w.forgetTail()
    const read = async (offset: number, maxBytes: number, minOneBatch: boolean) => {
      const { bytes, firstBatchIncomplete, position } = await w.log.read({
        ...all(w.log, offset),
        maxBytes,
        minOneBatch,
      })
      return [bytes, firstBatchIncomplete, position]
    }
    t.same(await read(1, 10, true), [500, false, 500])
    t.same(await read(1, 10, false), [10, true, 500])
    t.same(await read(1, 0, false), [0, true, 500])
    t.same(await read(0, 1200, false), [1200, false, 0])
    t.same(await read(0, 1200, true), [1200, false, 0])
    t.same(await read(0, 5000, true), [2000, false, 0])
    t.same(await read(2, 1000, true), [1000, false, 1000])
  }
})

t.test('D9, D10, J22: bounds', async (t) => {
  for (const cold of [false, true]) {
    const w = new LogWorld()
    for (let i = 0; i < 4; i++) w.append(batch({ count: 2 }))
    if (cold) w.forgetTail()
    t.throws(() => w.log.read(all(w.log, 9)), { code: 1 })
    t.throws(() => w.log.read(all(w.log, -1)), { code: 1 })
    t.match(w.log.read(all(w.log, 8)), { bytes: 0 })
    t.same(offsets(await w.log.read({ ...all(w.log, 0), upTo: 4 })), [0, 2])
    t.same(
      offsets(await w.log.read({ ...all(w.log, 0), upTo: 5 })),
      [0, 2],
      'a batch that reaches the bound is left out',
    )
    t.match(await w.log.read({ ...all(w.log, 4), upTo: 4 }), { bytes: 0 })
    w.log.advanceLogStart(3)
    t.throws(() => w.log.read(all(w.log, 2)), { code: 1 })
    t.same(offsets(await w.log.read(all(w.log, 3))), [2, 4, 6])
  }
})

t.test('a reader that goes on where it stopped finds its place at once', async (t) => {
  const w = new LogWorld()
  for (let i = 0; i < 50; i++) w.append(batchOf(3000))
  w.forgetTail()
  const seen: number[] = []
  for (let offset = 0; offset < 50; ) {
    const slice = await w.log.read({ ...all(w.log, offset), maxBytes: 10_000 })
    const got = offsets(slice)
    seen.push(...got)
    offset = got.at(-1)! + 1
  }
  t.same(
    seen,
    Array.from({ length: 50 }, (_, i) => i),
  )
})

t.test('D12 to D14, J32: aborted transactions that a read may meet', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 700, 'index.interval.bytes': 0 })
  const txn = (producerId: number, baseSequence = 0) =>
    batchOf(200, { producerId, producerEpoch: 0, baseSequence, isTransactional: true })
  const end = (producerId: number, isCommit: boolean) =>
    w.append(buildMarker({ producerId, producerEpoch: 0, isCommit, coordinatorEpoch: 0, timestamp: NOW_MS }), {
      origin: 'coordinator',
    })
  w.append(txn(1))
  w.append(txn(2))
  end(1, false)
  w.append(batchOf(200))
  w.append(batchOf(200))
  end(2, true)
  w.append(txn(3))
  end(3, false)
  t.same(
    w.log.segments.map(({ baseOffset }) => baseOffset),
    [0, 4],
  )
  const read = async (offset: number) =>
    (await w.log.read({ ...all(w.log, offset), isolated: true })).abortedTransactions
  t.same(await read(0), [{ producerId: 1, firstOffset: 0 }])
  t.same(await read(3), [])
  t.same(await read(5), [{ producerId: 3, firstOffset: 6 }])
  t.equal((await w.log.read(all(w.log, 0))).abortedTransactions, undefined)
  t.equal(w.file('00000000000000000000.txnindex').length, 34)
  t.equal(w.log.lastStableOffset(8), 0, 'markers above the high watermark')
  w.log.highWatermark = 8
  t.equal(w.log.lastStableOffset(), 8)
})

t.test('D31, D33, D34: offsets by time', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 2000, 'index.interval.bytes': 100 })
  t.equal(await w.log.maxTimestamp(), undefined)
  t.equal(await w.log.offsetForTimestamp(0), undefined)
  const times = [100, 300, 200, 500, 400, 600, 600, 550]
  for (const timestamp of times) w.append(batch({ count: 2, timestamp, valueBytes: 200 }), { leaderEpoch: 4 })
  t.ok(w.log.segments.length > 1)
  t.same(await w.log.offsetForTimestamp(0), { offset: 0, timestamp: 100, leaderEpoch: 4 })
  t.same(await w.log.offsetForTimestamp(101), { offset: 1, timestamp: 101, leaderEpoch: 4 })
  t.same(await w.log.offsetForTimestamp(102), { offset: 2, timestamp: 300, leaderEpoch: 4 })
  t.same(await w.log.offsetForTimestamp(302), { offset: 6, timestamp: 500, leaderEpoch: 4 })
  t.same(await w.log.offsetForTimestamp(601), { offset: 11, timestamp: 601, leaderEpoch: 4 })
  t.equal(await w.log.offsetForTimestamp(602), undefined)
  t.same(await w.log.maxTimestamp(), { offset: 11, timestamp: 601, leaderEpoch: 4 })
  w.log.advanceLogStart(4)
  t.same(await w.log.offsetForTimestamp(0), { offset: 4, timestamp: 200, leaderEpoch: 4 })
})

t.test('batches: everything from an offset, and to the byte', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 3000, 'index.interval.bytes': 100 })
  const stored: Buffer[] = []
  for (let i = 0; i < 20; i++) {
    const sent = batch({ count: 2, valueBytes: 100 + i })
    w.append(sent)
    stored.push(Buffer.from(sent))
  }
  t.same([...w.log.batches()], stored)
  t.same([...w.log.batches(21)], stored.slice(10))
  t.same([...w.log.batches(40)], [])
})

t.test('batches: damage is an error, not an early end', async (t) => {
  const w = new LogWorld()
  for (let i = 0; i < 3; i++) w.append(batchOf(300))
  w.disk.open(`${DIR}/00000000000000000000.log`).write(308, [Buffer.alloc(4)])
  t.throws(() => [...w.log.batches()], { code: 2 })
  w.forgetTail()
  const slice = await w.log.read({ ...all(w.log, 0), maxBytes: 900 })
  t.equal(slice.bytes, 900, 'a client sees the damage itself')
})

t.test('a log that is moved away while it is read or flushed does not take its directory offline', async (t) => {
  let failed = false
  const w = new LogWorld({}, { onFailure: () => (failed = true) })
  for (let i = 0; i < 3; i++) w.append(batchOf(300))
  w.forgetTail()
  const reading = w.log.read(all(w.log, 0))
  const flushing = w.log.flush()
  w.log.moveTo('/data/t-0.0-delete')
  await flushing
  t.ok((await reading).bytes)
  t.throws(() => w.append(batch()), { name: 'ProtocolError' })
  t.notOk(failed)
})

t.test('a flush that had something to do is counted', async (t) => {
  const w = new LogWorld()
  const { flushes } = w.environment
  w.append(batch())
  await w.log.flush()
  t.equal(flushes.count, 1)
  await w.log.flush()
  t.equal(flushes.count, 1, 'nothing was to be flushed')
})

t.test('flush.messages: the promise is the fsync', async (t) => {
  const w = new LogWorld({ 'flush.messages': 3 })
  const append = () => {
    w.log.appendAsLeader(batch(), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS })
    return w.log.write()
  }
  t.equal(append(), undefined)
  t.equal(append(), undefined)
  const first = append()
  t.ok(first instanceof Promise)
  const second = append()
  await first
  t.equal(w.log.recoveryPoint, 3)
  await second
  t.equal(w.log.recoveryPoint, 4)
  w.disk.crash('synced')
})

t.test('flush.ms', async (t) => {
  const w = new LogWorld({ 'flush.ms': 100 })
  t.notOk(w.log.isFlushDue(NOW_MS + 1000), 'nothing to flush')
  w.append(batch())
  t.notOk(w.log.isFlushDue(NOW_MS + 99))
  t.ok(w.log.isFlushDue(NOW_MS + 100))
  await w.log.flush()
  t.notOk(w.log.isFlushDue(NOW_MS + 1000))
})

t.test('truncation', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 1000, 'index.interval.bytes': 0 })
  for (let i = 0; i < 9; i++)
    w.append(batchOf(300, { count: 1, timestamp: NOW_MS + i, producerId: 1, producerEpoch: 0, baseSequence: i }), {
      leaderEpoch: i < 4 ? 0 : 1,
    })
  t.equal(w.log.segments.length, 3)
  w.log.highWatermark = 8
  t.notOk(w.log.truncateTo(9))
  t.ok(w.log.truncateTo(4))
  t.equal(w.log.logEndOffset, 4)
  t.equal(w.log.writtenEndOffset, 4)
  t.equal(w.log.highWatermark, 4)
  t.equal(w.log.latestEpoch, 0)
  t.equal(w.log.segments.length, 2)
  t.same(offsets(await w.log.read(all(w.log, 3))), [3])
  t.equal(w.log.producers.producers.get(1)?.lastSequence, 3)
  w.append(batch({ producerId: 1, producerEpoch: 0, baseSequence: 4 }), { leaderEpoch: 2 })
  t.same(
    [...w.log.epochs.entries],
    [
      { epoch: 0, startOffset: 0 },
      { epoch: 2, startOffset: 4 },
    ],
  )
  t.same(await w.log.maxTimestamp(), { offset: 3, timestamp: NOW_MS + 3, leaderEpoch: 0 })
  w.log.truncateFullyAndStartAt(100)
  t.same([w.log.logStartOffset, w.log.logEndOffset, w.log.highWatermark], [100, 100, 100])
  t.same(w.append(batch()).firstOffset, 100)
})

t.test('what was cut off stays away when the power is lost', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 1000 })
  for (let i = 0; i < 9; i++) w.append(batchOf(300, { count: 1, timestamp: NOW_MS + i }), { leaderEpoch: 0 })
  await w.log.flush()
  t.ok(w.log.truncateTo(4))
  w.append(batchOf(300, { count: 1, timestamp: NOW_MS }), { leaderEpoch: 1 })
  w.log.abandon()
  w.disk.crash('synced')
  const log = w.open({ recoveryPoint: 4, highWatermark: 5 })
  t.same([log.logEndOffset, log.highWatermark, log.latestEpoch], [4, 4, 0])
})

t.test('what a log held before it began anew stays away when the power is lost', async (t) => {
  const w = new LogWorld()
  w.append(batch(), { leaderEpoch: 0 })
  await w.log.flush()
  w.log.truncateFullyAndStartAt(100)
  w.log.abandon()
  w.disk.crash('synced')
  const log = w.open({ highWatermark: 100 })
  t.same([log.logStartOffset, log.logEndOffset, log.highWatermark, log.latestEpoch], [100, 100, 100, -1])
})

t.test('truncation below the first segment starts anew there', async (t) => {
  const w = new LogWorld()
  w.log.truncateFullyAndStartAt(50)
  w.append(batch())
  t.ok(w.log.truncateTo(20))
  t.same([w.log.logStartOffset, w.log.logEndOffset], [20, 20])
})

t.test('a read that a truncation overtakes gives nothing that is gone', async (t) => {
  const w = new LogWorld()
  for (let i = 0; i < 5; i++) w.append(batch())
  w.forgetTail()
  const reading = w.log.read(all(w.log, 1))
  w.log.truncateTo(3)
  t.same(offsets(await reading), [1, 2])
})

t.test('B36, B77: the log start moves up; oldest segments go, later from the disk', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 500, 'file.delete.delay.ms': 1000 })
  for (let i = 0; i < 6; i++) w.append(batchOf(400), { leaderEpoch: i })
  w.log.highWatermark = 6
  t.equal(w.log.removeOldest(2), 800)
  t.equal(w.log.logStartOffset, 2)
  t.same(w.log.epochs.entries[0], { epoch: 2, startOffset: 2 })
  t.ok(w.files()['00000000000000000000.log.deleted'])
  t.throws(() => w.log.read(all(w.log, 1)), { code: 1 })
  await w.time.settle()
  w.time.advance(1000)
  t.notOk(Object.keys(w.files()).some((name) => name.endsWith('.deleted')))
  t.equal(w.log.removeOldest(100), 1200, 'the active one stays')
  t.equal(w.log.segments.length, 1)
})

t.test('isInOlderSegment (D8)', async (t) => {
  const w = new LogWorld({ 'internal.segment.bytes': 500 })
  for (let i = 0; i < 3; i++) w.append(batchOf(400))
  t.ok(w.log.isInOlderSegment(0, 2))
  t.notOk(w.log.isInOlderSegment(2, 3))
})

t.test('old message sets are stored as one batch', async (t) => {
  const w = new LogWorld()
  const records = [0, 1].map((offset) => ({ offset, timestamp: NOW_MS, key: null, value: Buffer.from('v') }))
  t.match(w.append(buildMessageSet({ magic: 0, records }), { version: 0 }), { firstOffset: 0, lastOffset: 1 })
  t.equal([...w.log.batches()].length, 1)
})

t.test('B35: what is replicated corrects an epoch that this broker noted as leader and wrote nothing in', async (t) => {
  const w = new LogWorld()
  w.log.assignEpoch(6, 0)
  w.log.appendAsFollower(batch({ baseOffset: 0, leaderEpoch: 0 }), { leaderEpoch: 7 })
  w.log.appendAsFollower(batch({ baseOffset: 1, leaderEpoch: 3 }), { leaderEpoch: 7 })
  w.log.assignEpoch(6, 2)
  w.log.appendAsFollower(batch({ baseOffset: 2, leaderEpoch: 5 }), { leaderEpoch: 7 })
  t.same(
    [...w.log.epochs.entries],
    [
      { epoch: 0, startOffset: 0 },
      { epoch: 3, startOffset: 1 },
      { epoch: 5, startOffset: 2 },
    ],
  )
  t.same(w.log.endOffsetForEpoch(0), { epoch: 0, endOffset: 1 })
})
