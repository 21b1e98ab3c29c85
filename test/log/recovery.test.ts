import t from 'tap'
import { buildMarker } from '../../protocol/records/control.ts'
import { buildMessageSet } from '../../protocol/records/legacy.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { batch, batchOf, DIR, LogWorld, NOW_MS } from './world.ts'

/** Three segments of three batches of 300 bytes, one offset each, then one more batch. */
async function filled(changes: Record<string, unknown> = {}) {
  const w = new LogWorld({ 'internal.segment.bytes': 1000, 'index.interval.bytes': 0, ...changes })
  w.log.assignEpoch(0, 0)
  for (let i = 0; i < 10; i++) {
    w.append(batchOf(300, { timestamp: NOW_MS + i, producerId: 1, producerEpoch: 0, baseSequence: i }))
  }
  await w.time.settle()
  return w
}

function damage(w: LogWorld, name: string, position: number): void {
  const file = w.disk.open(`${DIR}/${name}`)
  const byte = Buffer.alloc(1)
  file.read(position, byte)
  file.write(position, [Buffer.from([byte[0]! ^ 0xff])])
}

const SECOND = '00000000000000000003.log'

t.test('B61, J6: after a clean stop nothing is checked or built anew', async (t) => {
  const w = await filled()
  await w.log.close()
  const before = w.disk.files()
  damage(w, SECOND, 400)
  const changed: string[] = []
  w.disk.hook = ({ kind, path }) => {
    if (kind !== 'makeDir') changed.push(`${kind} ${path}`)
    return undefined
  }
  const log = w.open({ clean: true, recoveryPoint: 0 })
  t.same(changed, [])
  t.equal(log.logEndOffset, 10)
  t.equal(log.recoveryPoint, 10)
  t.equal(log.segments.length, 4)
  t.equal(log.producers.producers.get(1)?.lastSequence, 9)
  t.equal(before.size, w.disk.files().size)
  t.equal((await log.read({ offset: 4, maxBytes: 300, upTo: 10, minOneBatch: true })).bytes, 300, 'J9: served as it is')
})

t.test('B7, B56: what a clean close leaves', async (t) => {
  const w = await filled()
  await w.log.close()
  const files = w.files()
  t.equal(files['00000000000000000009.index'], 0)
  t.equal(files['00000000000000000009.timeindex'], 12)
  t.equal(files['00000000000000000006.index'], 16)
  t.equal(files['00000000000000000010.snapshot'], 56)
})

t.test('B8: indexes of the active segment get their full size again with the first append', async (t) => {
  const w = await filled()
  await w.reopenClean()
  w.append(batchOf(300))
  t.equal(w.files()['00000000000000000009.index'], 10485760)
})

t.test('J7: a half-written last batch is cut off', async (t) => {
  const w = await filled()
  const file = w.disk.open(`${DIR}/00000000000000000009.log`)
  file.write(300, [batchOf(300, { baseOffset: 10 }).subarray(0, 200)])
  const log = w.reopenUnclean()
  t.equal(log.logEndOffset, 10)
  t.equal(w.files()['00000000000000000009.log'], 300)
  t.equal(w.append(batch()).firstOffset, 10)
})

t.test('B63, J8: at damage behind the recovery point the segment is cut and later ones go', async (t) => {
  const w = await filled()
  damage(w, SECOND, 400)
  const log = w.reopenUnclean({ recoveryPoint: 0 })
  t.equal(log.logEndOffset, 4)
  t.same(
    log.segments.map(({ baseOffset }) => baseOffset),
    [0, 3],
  )
  t.equal(w.files()[SECOND], 300)
  t.equal(log.producers.producers.get(1)?.lastSequence, 3)
  t.notOk(w.files()['00000000000000000006.log'])
  t.notOk(w.files()['00000000000000000006.snapshot'])
})

t.test('B62: damage below the recovery point is not looked for', async (t) => {
  const w = await filled()
  damage(w, SECOND, 400)
  t.equal(w.reopenUnclean({ recoveryPoint: 6 }).logEndOffset, 10)
})

t.test('base offsets, which no checksum covers, have to grow', async (t) => {
  const w = await filled()
  w.disk.open(`${DIR}/${SECOND}`).write(300, [Buffer.alloc(8)])
  t.equal(w.reopenUnclean().logEndOffset, 4)
})

t.test('zeros behind the last batch, as a loss of power leaves them, go', async (t) => {
  const w = await filled()
  w.disk.open(`${DIR}/00000000000000000009.log`).truncate(5000)
  t.equal(w.reopenUnclean().logEndOffset, 10)
  t.equal(w.files()['00000000000000000009.log'], 300)
})

t.test('B62, N-G7: indexes, transactions, epochs and producers are built anew', async (t) => {
  const w = await filled()
  w.append(batchOf(300, { producerId: 2, producerEpoch: 0, baseSequence: 0, isTransactional: true }), {
    leaderEpoch: 3,
  })
  const marker = buildMarker({
    producerId: 2,
    producerEpoch: 0,
    isCommit: false,
    coordinatorEpoch: 0,
    timestamp: NOW_MS,
  })
  w.append(marker, { origin: 'coordinator', leaderEpoch: 3 })
  w.log.abandon()
  for (const name of Object.keys(w.files())) if (!name.endsWith('.log')) w.disk.remove(`${DIR}/${name}`)
  const log = w.reopenUnclean()
  t.equal(log.logEndOffset, 12)
  t.same(log.epochs.entries, [
    { epoch: 0, startOffset: 0 },
    { epoch: 3, startOffset: 10 },
  ])
  t.equal(log.segments.at(-1)?.txnIndex.entries().length, 1)
  t.equal(log.producers.producers.get(1)?.lastSequence, 9)
  t.equal(log.segments[0]!.offsetIndex.count, 2)
  t.same(log.segments[1]!.maxTimestamp, { timestamp: NOW_MS + 5, offset: 5 })
})

t.test('B59: after a clean stop a segment without .index is indexed, stray index files go', async (t) => {
  const w = await filled()
  await w.log.close()
  w.disk.remove(`${DIR}/00000000000000000003.index`)
  w.disk.replaceFile(`${DIR}/00000000000000000777.timeindex`, 'x')
  const log = w.open({ clean: true })
  t.equal(log.segments[1]!.offsetIndex.count, 2)
  t.notOk(w.files()['00000000000000000777.timeindex'])
  t.equal(log.logEndOffset, 10)
})

t.test('B60: a damaged transaction index makes the segment be recovered', async (t) => {
  const w = await filled()
  await w.log.close()
  w.disk.replaceFile(`${DIR}/00000000000000000003.txnindex`, 'too short')
  const log = w.open({ clean: true })
  t.equal(log.logEndOffset, 10)
  t.same(log.segments[1]!.txnIndex.entries(), [])
  t.equal(w.files()['00000000000000000003.txnindex'], 0)
  t.equal(log.producers.producers.get(1)?.lastSequence, 9)
})

t.test('B57, B58: interrupted replacements', async (t) => {
  const w = await filled()
  await w.log.close()
  const content = w.file('00000000000000000000.log')
  const put = (name: string, bytes: Buffer | string = 'x') => w.disk.replaceFile(`${DIR}/${name}`, bytes)
  put('00000000000000000003.log.deleted')
  put('00000000000000000006.log.cleaned')
  put('00000000000000000006.log.swap')
  put('00000000000000000000.log.swap', Buffer.concat([content, w.file(SECOND)]))
  put('00000000000000000000.index.swap', '')
  const log = w.open({ clean: true })
  t.same(
    log.segments.map(({ baseOffset }) => baseOffset),
    [0, 6, 9],
  )
  t.equal(w.files()['00000000000000000000.log'], 1800)
  t.notOk(Object.keys(w.files()).some((name) => /deleted|cleaned|swap/.test(name)))
  t.equal([...log.batches()].length, 10)
})

t.test('B64: a log that ends below its start begins anew there', async (t) => {
  const w = await filled()
  const log = await w.reopenClean({ logStartOffset: 50 })
  t.same([log.logStartOffset, log.logEndOffset], [50, 50])
  t.same(
    log.segments.map(({ baseOffset }) => baseOffset),
    [50],
  )
  t.same(log.epochs.entries, [])
  t.equal(w.append(batch()).firstOffset, 50)
})

t.test('B66: a clean log without snapshots gets empty ones', async (t) => {
  const w = await filled()
  await w.log.close()
  for (const name of Object.keys(w.files())) if (name.endsWith('.snapshot')) w.disk.remove(`${DIR}/${name}`)
  const log = w.open({ clean: true })
  t.same(
    Object.keys(w.files())
      .filter((name) => name.endsWith('.snapshot'))
      .map((name) => Number(name.slice(0, 20))),
    [6, 9, 10],
  )
  t.equal(log.producers.producers.size, 0)
})

t.test('B67: log start and high watermark are clamped', async (t) => {
  const w = await filled()
  t.equal(w.reopenUnclean({ highWatermark: 99 }).highWatermark, 10)
  t.equal(w.reopenUnclean({ logStartOffset: 4 }).highWatermark, 4)
  t.equal(w.reopenUnclean({ logStartOffset: 4, highWatermark: 2 }).highWatermark, 4)
})

t.test('J2, J3: duplicates after a clean restart', async (t) => {
  const w = await filled()
  await w.reopenClean()
  const resend = (baseSequence: number) => w.append(batch({ producerId: 1, producerEpoch: 0, baseSequence }))
  t.match(resend(9), { duplicate: true, firstOffset: 9 })
  t.throws(() => resend(7), { code: 45 })
})

t.test('preallocate: the file is cut to what was written', async (t) => {
  const w = new LogWorld({ preallocate: true, 'internal.segment.bytes': 1000 })
  w.append(batchOf(300))
  t.equal(w.files()['00000000000000000000.log'], 1000)
  t.equal(w.reopenUnclean().logEndOffset, 1)
  t.equal(w.files()['00000000000000000000.log'], 300)
  const w2 = new LogWorld({ preallocate: true, 'internal.segment.bytes': 1000 })
  w2.append(batchOf(300))
  await w2.reopenClean()
  t.equal(w2.files()['00000000000000000000.log'], 300)
  t.equal(w2.append(batch()).firstOffset, 1)
})

t.test('A40: files with message sets of magic 0 and 1 are loaded and read', async (t) => {
  const w = new LogWorld()
  w.log.abandon()
  const entries = [0, 1, 2].map((offset) =>
    buildMessageSet({
      magic: (offset % 2) as 0 | 1,
      records: [{ offset, timestamp: NOW_MS, key: null, value: Buffer.from('v') }],
    }),
  )
  w.disk.open(`${DIR}/00000000000000000000.log`).write(0, entries)
  const log = w.reopenUnclean()
  t.equal(log.logEndOffset, 3)
  const slice = await log.read({ offset: 1, maxBytes: 1000, upTo: 3, minOneBatch: true })
  t.same(Buffer.concat(slice.records), Buffer.concat(entries.slice(1)))
  t.same(await log.offsetForTimestamp(NOW_MS), { offset: 1, timestamp: NOW_MS, leaderEpoch: -1 })
})

t.test('a log start that was moved up and not checkpointed comes back with the first segment', async (t) => {
  const w = await filled()
  w.log.highWatermark = 10
  w.log.removeOldest(2)
  const log = w.reopenUnclean()
  t.equal(log.logStartOffset, 6)
  t.notOk(Object.keys(w.files()).some((name) => name.endsWith('.deleted')))
})

t.test('bad input: after a clean stop, indexes that do not fit the file are built anew', async (t) => {
  const garbage = Buffer.from(Array.from({ length: 96 }, (_, i) => (i * 57 + 3) & 0x7f))
  const cases: [string, string, (file: ReturnType<LogWorld['disk']['open']>) => void][] = [
    ['garbage behind the entries', '.index', (file) => file.write(file.size(), [garbage])],
    ['a position beyond the end', '.index', (file) => file.write(4, [Buffer.from([0, 0, 255, 0])])],
    ['a wrong offset', '.index', (file) => file.write(0, [Buffer.from([0, 0, 0, 2])])],
    ['garbage behind the times', '.timeindex', (file) => file.write(file.size(), [garbage])],
    ['a time beyond the end', '.timeindex', (file) => file.write(file.size() - 4, [Buffer.from([0, 0, 9, 0])])],
  ]
  for (const [name, suffix, harm] of cases) {
    const w = await filled({ 'internal.segment.bytes': 1_000_000 })
    await w.log.close()
    harm(w.disk.open(`${DIR}/00000000000000000000${suffix}`))
    const log = w.open({ clean: true, recoveryPoint: 10 })
    t.equal(log.logEndOffset, 10, name)
    t.equal(log.producers.producers.get(1)?.lastSequence, 9, name)
    t.equal(w.append(batch()).firstOffset, 10, name)
    await log.close()
    t.equal(w.open({ clean: true }).logEndOffset, 11, name)
  }
})

t.test('bad input: after a clean stop, a log that lost its end keeps what is whole, and says so', async (t) => {
  for (const [bytes, end] of [
    [1450, 4],
    [1500, 5],
    [0, 0],
  ] as const) {
    const w = await filled({ 'internal.segment.bytes': 1_000_000 })
    await w.log.close()
    w.disk.open(`${DIR}/00000000000000000000.log`).truncate(bytes)
    const errors: string[] = []
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) }
    const environment = { ...w.environment, logger: { ...logger, child: () => logger } }
    const log = w.open({ clean: true, recoveryPoint: 10, environment })
    t.equal(log.logEndOffset, end)
    t.match(errors, [/records are missing/])
    t.equal(log.producers.producers.get(1)?.lastSequence, end === 0 ? undefined : end - 1)
    t.equal(w.append(batch()).firstOffset, end)
    await log.close()
    t.equal(w.open({ clean: true }).logEndOffset, end + 1)
  }
})

t.test('bad input: after a clean stop, what is no batch behind the last one is cut off', async (t) => {
  for (const tail of [
    Buffer.alloc(4096),
    Buffer.alloc(97, 'garbage'),
    batchOf(300, { baseOffset: 10 }).subarray(0, 200),
  ]) {
    const w = await filled({ 'internal.segment.bytes': 1_000_000 })
    await w.log.close()
    const file = w.disk.open(`${DIR}/00000000000000000000.log`)
    file.write(file.size(), [tail])
    const log = w.open({ clean: true, recoveryPoint: 10 })
    t.equal(w.append(batchOf(300)).firstOffset, 10)
    w.forgetTail()
    t.equal((await log.read({ offset: 10, maxBytes: 1000, upTo: 11, minOneBatch: true })).bytes, 300)
  }
})
