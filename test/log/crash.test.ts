import t, { type Test } from 'tap'
import { batches } from '../../protocol/records/batch.ts'
import { buildMarker } from '../../protocol/records/control.ts'
import { DiskError } from '../../src/base/disk.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { eachBatch } from '../../src/log/disk-reader.ts'
import type { Log } from '../../src/log/log.ts'
import { batch, LogWorld, NOW_MS } from './world.ts'

const SMALL = { 'internal.segment.bytes': 1500, 'index.interval.bytes': 200, 'segment.index.bytes': 240 }

class Killed extends Error {}

/** What a run did until it was killed. */
interface Trace {
  /** Every batch that was given an offset, as stored, by base offset; truncation takes them away. */
  appended: Map<number, Buffer>
  /** Everything below had been handed to the system when the process died. */
  written: number
  flushed: number
}

/** A life of a log with everything in it: rolls, epochs, producers, transactions, flushes, truncation, a clean stop. */
async function live(world: LogWorld, trace: Trace): Promise<void> {
  const note = (records: Buffer) => {
    for (const stored of batches(records)) trace.appended.set(stored.baseOffset, Buffer.from(stored.bytes))
  }
  const append = (records: Buffer, leaderEpoch: number, origin: 'client' | 'coordinator' = 'client') => {
    const { log } = world
    log.appendAsLeader(records, { leaderEpoch, origin, nowMs: NOW_MS })
    note(records)
    log.write()
    trace.written = log.writtenEndOffset
  }
  world.log.assignEpoch(0, 0)
  let sequence = 0
  for (let i = 0; i < 12; i++) {
    append(
      batch({
        count: 2,
        timestamp: NOW_MS + 7 * ((i * 5) % 11),
        valueBytes: 40 * (i % 5),
        producerId: 1,
        producerEpoch: 0,
        baseSequence: sequence,
      }),
      0,
    )
    sequence += 2
  }
  await world.log.flush()
  trace.flushed = world.log.recoveryPoint
  world.log.assignEpoch(1, world.log.logEndOffset)
  for (let i = 0; i < 6; i++) {
    const fields = { producerId: 2, producerEpoch: 0, baseSequence: i }
    append(batch({ valueBytes: 200, isTransactional: true, ...fields }), 1)
    append(batch({ valueBytes: 100 }), 1)
  }
  append(
    buildMarker({ producerId: 2, producerEpoch: 0, isCommit: false, coordinatorEpoch: 0, timestamp: NOW_MS }),
    1,
    'coordinator',
  )
  const target = world.log.logEndOffset - 4
  for (const offset of [...trace.appended.keys()]) if (offset >= target) trace.appended.delete(offset)
  trace.written = Math.min(trace.written, target)
  world.log.truncateTo(target)
  for (let i = 0; i < 5; i++) append(batch({ count: 3, valueBytes: 30 }), 2)
  await world.log.close()
}

/** Runs until operation `at`, which happens in part or not at all. Gives null when the life ended before. */
async function kill(at: number, partly: boolean): Promise<{ disk: MemoryDisk; trace: Trace } | null> {
  const disk = new MemoryDisk()
  const trace: Trace = { appended: new Map(), written: 0, flushed: 0 }
  let operations = 0
  disk.hook = ({ bytes, kind }) => {
    operations++
    if (operations < at) return undefined
    const error = new Killed()
    return partly && operations === at && kind === 'write' ? { written: Math.floor(bytes / 2), error } : error
  }
  try {
    const world = new LogWorld(SMALL, { disk })
    await live(world, trace)
  } catch (error) {
    if (!(error instanceof Killed)) throw error
  }
  if (operations < at) return null
  disk.hook = undefined
  disk.crash('written')
  return { disk, trace }
}

function check(t: Test, { disk, trace }: { disk: MemoryDisk; trace: Trace }, name: string): void {
  const world = new LogWorld(SMALL, { disk, recoveryPoint: trace.flushed })
  const found = new Map([...world.log.batches()].map((bytes) => [bytes.readUInt32BE(4), bytes] as const))
  for (const [offset, bytes] of trace.appended) {
    if (offset >= trace.written) continue
    if (!found.get(offset)?.equals(bytes)) t.fail(`${name}: the batch at ${offset} is lost or damaged`)
  }
  for (const [offset, bytes] of found) {
    const known = trace.appended.get(offset)
    // A truncation that was cut short leaves what it was to remove.
    if (known !== undefined && !known.equals(bytes)) t.fail(`${name}: something else is at ${offset}`)
  }
  if (world.log.logEndOffset < trace.written)
    t.fail(`${name}: ends at ${world.log.logEndOffset}, ${trace.written} was written`)
  compareWithRebuild(t, world, name)
}

/** Indexes, epochs and producers after recovery are those that a scan of everything gives. */
function compareWithRebuild(t: Test, world: LogWorld, name: string): void {
  const before = describe(world.log)
  world.log.abandon()
  for (const file of Object.keys(world.files())) {
    if (/\.(index|timeindex|txnindex|snapshot)$/.test(file)) world.disk.remove(`/data/t-0/${file}`)
  }
  const rebuilt = describe(world.open({ recoveryPoint: 0 }))
  t.same(before, rebuilt, name)
  const log = world.log
  log.appendAsLeader(batch(), { leaderEpoch: 9, origin: 'client', nowMs: NOW_MS })
  log.write()
  world.log.abandon()
}

function describe(log: Log) {
  return {
    end: log.logEndOffset,
    epochs: log.epochs.entries,
    producers: [...log.producers.producers.values()].map((p) => [
      p.producerId,
      p.epoch,
      p.lastSequence,
      p.lastOffset,
      p.txnFirstOffset,
    ]),
    firstUnstable: log.producers.firstUnstableOffset,
    segments: log.segments.map((segment) => ({
      base: segment.baseOffset,
      size: segment.sizeBytes,
      offsets: Array.from({ length: segment.offsetIndex.count }, (_, i) => segment.offsetIndex.entry(i)),
      times: Array.from({ length: segment.timeIndex.count }, (_, i) => segment.timeIndex.entry(i)),
      aborted: segment.txnIndex.entries(),
      max: segment.maxTimestamp,
    })),
  }
}

for (const partly of [false, true]) {
  t.test(`B62, J7: killed at every operation${partly ? ', writes half done' : ''}`, async (t) => {
    let at = 1
    for (; ; at++) {
      const outcome = await kill(at, partly)
      if (outcome === null) break
      check(t, outcome, `operation ${at}`)
    }
    t.ok(at > 100, `${at} places to die`)
  })
}

t.test('B62: after a loss of power nothing below the recovery point is gone', async (t) => {
  for (let at = 1; ; at += 3) {
    const disk = new MemoryDisk()
    const trace: Trace = { appended: new Map(), written: 0, flushed: 0 }
    let operations = 0
    disk.hook = () => (++operations >= at ? new Killed() : undefined)
    withRoot(disk)
    let world: LogWorld | undefined
    try {
      world = new LogWorld(SMALL, { disk })
      await live(world, trace)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    const recoveryPoint = world?.log.recoveryPoint ?? 0
    if (operations < at) break
    disk.hook = undefined
    disk.crash('synced')
    const again = new LogWorld(SMALL, { disk, recoveryPoint })
    const found = new Map([...again.log.batches()].map((bytes) => [bytes.readUInt32BE(4), bytes] as const))
    for (const [offset, bytes] of trace.appended) {
      if (offset < recoveryPoint && !found.get(offset)?.equals(bytes)) t.fail(`operation ${at}: ${offset} is lost`)
    }
    checkIndexes(t, again.log, `operation ${at}`)
    again.log.abandon()
  }
  t.pass('all there')
})

/** Every entry of every index says what the batches say. */
function checkIndexes(t: Test, log: Log, name: string): void {
  for (const segment of log.segments) {
    const lasts = new Map<number, number>()
    const times = new Map<number, number>()
    let max = -1
    segment.readSync(
      eachBatch(0, segment.sizeBytes, (stored, position) => {
        max = Math.max(max, stored.maxTimestamp)
        lasts.set(stored.lastOffset, position)
        times.set(stored.lastOffset, max)
        return true
      }),
    )
    for (let i = 0; i < segment.offsetIndex.count; i++) {
      const { offset, position } = segment.offsetIndex.entry(i)
      if (lasts.get(offset) !== position)
        t.fail(`${name}: offset index of ${segment.baseOffset} has ${offset} at ${position}`)
    }
    for (let i = 0; i < segment.timeIndex.count; i++) {
      const { offset, timestamp } = segment.timeIndex.entry(i)
      if (times.get(offset) !== timestamp)
        t.fail(`${name}: time index of ${segment.baseOffset} has ${timestamp} at ${offset}`)
    }
    if (segment.maxTimestamp.timestamp !== max) t.fail(`${name}: largest timestamp of ${segment.baseOffset}`)
  }
}

t.test('a loss of power after a clean stop leaves whole indexes', async (t) => {
  const disk = new MemoryDisk()
  withRoot(disk)
  const world = new LogWorld(SMALL, { disk })
  await live(world, { appended: new Map(), written: 0, flushed: 0 })
  const before = describe(world.log)
  disk.crash('synced')
  const log = world.open({ clean: true })
  checkIndexes(t, log, 'clean')
  t.same(describe(log).segments, before.segments)
})

/** A disk on which the log directory was made long ago. */
function withRoot(disk: MemoryDisk): void {
  const { hook } = disk
  disk.hook = undefined
  disk.makeDir('/data')
  disk.syncDir('/data')
  disk.hook = hook
}

t.test(
  'a full disk or an I/O error at any operation loses nothing that was written, and the log says so',
  async (t) => {
    for (let at = 1; ; at++) {
      const disk = new MemoryDisk()
      const trace: Trace = { appended: new Map(), written: 0, flushed: 0 }
      let operations = 0
      let failed = false
      disk.hook = ({ kind, bytes }) => {
        if (++operations < at) return undefined
        const error = new DiskError('ENOSPC', 'no space left')
        return kind === 'write' && operations === at ? { written: bytes >> 1, error } : error
      }
      let world: LogWorld | undefined
      try {
        world = new LogWorld(SMALL, { disk, onFailure: () => (failed = true) })
        await live(world, trace)
      } catch (error) {
        if (error instanceof DiskError || world?.log.failure) {
          if (world !== undefined) {
            const { log } = world
            t.ok(failed, `operation ${at}: told`)
            t.throws(() => log.read({ offset: 0, maxBytes: 1, upTo: 1, minOneBatch: true }), { code: 56 })
            t.throws(() => world?.append(batch()), { code: 56 })
          }
        } else throw error
      }
      if (operations < at) break
      disk.hook = undefined
      disk.crash('written')
      check(t, { disk, trace }, `operation ${at}`)
    }
  },
)
