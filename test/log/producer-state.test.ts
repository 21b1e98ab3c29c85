import t, { type Test } from 'tap'
import { BatchView } from '../../protocol/records/batch.ts'
import { buildMarker } from '../../protocol/records/control.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { SnapshotFiles } from '../../src/log/producer-snapshots.ts'
import { type AppendOrigin, ProducerState } from '../../src/log/producer-state.ts'
import { type BatchSpec, batch, NOW_MS } from './world.ts'

const DAY = 86_400_000
const MAX = 0x7fffffff

class World {
  readonly disk = new MemoryDisk()
  readonly snapshots = new SnapshotFiles(this.disk, '/d')
  state = this.create()
  #end = 0

  constructor() {
    this.disk.makeDir('/d')
  }

  create(): ProducerState {
    return new ProducerState({ snapshots: this.snapshots, logger: silentLogger, expirationMs: DAY })
  }

  view(spec: BatchSpec): BatchView {
    const made = batch({ producerId: 1, producerEpoch: 0, ...spec, baseOffset: this.#end })
    return BatchView.at(made)
  }

  append(spec: BatchSpec, origin: AppendOrigin = 'client'): BatchView {
    const view = this.view(spec)
    this.state.check(view, origin)
    this.#take(view)
    return view
  }

  marker(producerId: number, producerEpoch: number, isCommit: boolean, coordinatorEpoch = 0, transactionVersion = 0) {
    const view = BatchView.at(
      buildMarker({ producerId, producerEpoch, isCommit, coordinatorEpoch, timestamp: NOW_MS, baseOffset: this.#end }),
    )
    this.state.check(view, 'coordinator')
    this.state.checkMarker(view, coordinatorEpoch, transactionVersion)
    return this.#take(view)
  }

  #take(view: BatchView) {
    const completed = this.state.update(view)
    this.#end = view.nextOffset
    this.state.advanceTo(this.#end)
    return completed
  }

  reload(end = this.#end): number {
    this.snapshots.load(this.disk.list('/d').map(({ name }) => name))
    this.state = this.create()
    return this.state.loadSnapshot(0, end, NOW_MS)
  }
}

const fails = (t: Test, code: number, action: () => unknown) => t.throws(action, { name: 'ProtocolError', code })

t.test('C25: epochs', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, producerEpoch: 3 })
  fails(t, 47, () => w.append({ baseSequence: 1, producerEpoch: 2 }))
  fails(t, 45, () => w.append({ baseSequence: 1, producerEpoch: 4 }))
  w.append({ baseSequence: 0, producerEpoch: 4 })
})

t.test('C26, C30: sequences follow each other', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, count: 3 })
  fails(t, 45, () => w.append({ baseSequence: 4 }))
  fails(t, 45, () => w.append({ baseSequence: 2 }))
  w.append({ baseSequence: 3 })
})

t.test('C26, J4: after the largest sequence comes 0, inside a batch too', async (t) => {
  const w = new World()
  w.append({ baseSequence: MAX - 1, count: 2 })
  w.append({ baseSequence: 0 })
  const w2 = new World()
  w2.append({ baseSequence: MAX - 1, count: 5 })
  t.equal(w2.state.producers.get(1)?.lastSequence, 2)
  t.ok(w2.state.findDuplicate(w2.view({ baseSequence: MAX - 1, count: 5 })))
  w2.append({ baseSequence: 3 })
})

t.test('C27: any sequence where nothing is known', async () => {
  new World().append({ baseSequence: 500 })
})

t.test('C28: the last five batches are known again, by first and last sequence', async (t) => {
  const w = new World()
  for (let i = 0; i < 6; i++) w.append({ baseSequence: i * 2, count: 2 })
  t.equal(w.state.findDuplicate(w.view({ baseSequence: 0, count: 2 })), undefined)
  for (let i = 1; i < 6; i++) {
    t.equal(w.state.findDuplicate(w.view({ baseSequence: i * 2, count: 2 }))?.lastOffset, i * 2 + 1)
  }
  t.equal(w.state.findDuplicate(w.view({ baseSequence: 2, count: 3 })), undefined)
  t.equal(w.state.findDuplicate(w.view({ baseSequence: 2, count: 2, producerEpoch: 1 })), undefined)
})

t.test('C31: a new epoch empties the window, from data or from a marker', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0 })
  w.marker(1, 1, true)
  t.equal(w.state.findDuplicate(w.view({ baseSequence: 0 })), undefined)
  fails(t, 45, () => w.append({ baseSequence: 1, producerEpoch: 1 }))
  w.append({ baseSequence: 0, producerEpoch: 1 })
})

t.test('C32: a plain batch while the producer’s transaction is open', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, isTransactional: true })
  fails(t, 48, () => w.append({ baseSequence: 1 }))
  w.append({ baseSequence: 1, isTransactional: true })
})

t.test('C33: forgotten after its time, but not with a transaction open', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, timestamp: NOW_MS })
  w.append({ producerId: 2, baseSequence: 0, timestamp: NOW_MS, isTransactional: true })
  w.state.removeExpired(NOW_MS + DAY - 1)
  t.same([...w.state.producers.keys()], [1, 2])
  w.state.removeExpired(NOW_MS + DAY)
  t.same([...w.state.producers.keys()], [2])
})

t.test('C34: markers of old coordinators and epochs', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, producerEpoch: 5, isTransactional: true })
  w.marker(1, 5, true, 3)
  fails(t, 52, () => w.marker(1, 5, true, 2))
  fails(t, 47, () => w.marker(1, 4, true, 3))
})

t.test('N-D25, N-D26: under version 2 a marker needs a new epoch, unless nothing is open', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, producerEpoch: 5, isTransactional: true })
  fails(t, 47, () => w.marker(1, 5, true, 0, 2))
  t.ok(w.marker(1, 6, true, 0, 2))
  t.equal(w.marker(1, 6, true, 0, 2), undefined)
})

t.test('C35, G26: a transaction that its coordinator has to confirm', async (t) => {
  const w = new World()
  const wanted = { producerId: 1, epoch: 0, supportsEpochBump: false, sinceMs: NOW_MS }
  const given = w.state.startVerification({ ...wanted, lowestSequence: 7 })
  t.equal(w.state.startVerification({ ...wanted, lowestSequence: 5 }), given)
  fails(t, 45, () => w.append({ baseSequence: 7, isTransactional: true }))
  const first = w.view({ baseSequence: 5, isTransactional: true })
  fails(t, 48, () => w.state.checkVerified(first, undefined))
  fails(t, 48, () => w.state.checkVerified(first, { ...wanted, lowestSequence: 5 }))
  w.state.checkVerified(first, given)
  w.append({ baseSequence: 5, isTransactional: true })
  t.equal(w.state.startVerification({ ...wanted, lowestSequence: 6 }), undefined, 'open by now')
  w.state.checkVerified(w.view({ baseSequence: 6, isTransactional: true }), undefined)
  w.append({ baseSequence: 6, isTransactional: true })
  fails(t, 48, () => w.state.checkVerified(w.view({ producerId: 9, baseSequence: 0, isTransactional: true }), given))
  w.state.checkVerified(w.view({ producerId: 9, baseSequence: 0 }), undefined)
})

t.test('C35: what is being confirmed ends with a marker, and with its time', async (t) => {
  const w = new World()
  const wanted = { producerId: 1, epoch: 0, supportsEpochBump: false, lowestSequence: 0, sinceMs: NOW_MS }
  w.state.startVerification(wanted)
  w.marker(1, 0, false)
  t.equal(w.state.verifications.get(1), undefined)
  w.state.startVerification(wanted)
  w.state.removeExpired(NOW_MS + DAY)
  t.equal(w.state.verifications.get(1), undefined)
})

t.test('N-D12, N-D13: version 2 begins at sequence 0; an old epoch is told before anything is asked', async (t) => {
  const w = new World()
  w.state.startVerification({ producerId: 1, epoch: 0, supportsEpochBump: true, lowestSequence: 3, sinceMs: NOW_MS })
  fails(t, 45, () => w.append({ baseSequence: 3, isTransactional: true }))
  w.append({ baseSequence: 0, isTransactional: true, producerEpoch: 4 })
  fails(t, 47, () =>
    w.state.startVerification({ producerId: 1, epoch: 3, supportsEpochBump: true, lowestSequence: 0, sinceMs: 0 }),
  )
})

t.test('C36: a coordinator is not held to sequences, replication not even to epochs', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, producerEpoch: 2 })
  w.append({ baseSequence: 9, producerEpoch: 2 }, 'coordinator')
  fails(t, 47, () => w.append({ baseSequence: 9, producerEpoch: 1 }, 'coordinator'))
  w.append({ baseSequence: 99, producerEpoch: 1 }, 'replication')
})

t.test('D11, J31, J33: what holds readers of committed data back', async (t) => {
  const w = new World()
  t.equal(w.state.firstUnstableOffset, undefined)
  w.append({ producerId: 1, baseSequence: 0, isTransactional: true, count: 2 })
  w.append({ producerId: 2, baseSequence: 0, isTransactional: true, count: 2 })
  t.equal(w.state.firstUnstableOffset, 0)
  const a = w.marker(1, 0, false)
  t.same(a, { producerId: 1, firstOffset: 0, lastOffset: 4, lastStableOffset: 2, isAborted: true })
  t.equal(w.state.firstUnstableOffset, 0, 'decided, but the marker is not below the high watermark')
  w.state.onHighWatermark(4)
  t.equal(w.state.firstUnstableOffset, 0)
  w.state.onHighWatermark(5)
  t.equal(w.state.firstUnstableOffset, 2)
  const b = w.marker(2, 0, true)
  t.same(b, { producerId: 2, firstOffset: 2, lastOffset: 5, lastStableOffset: 6, isAborted: false })
  w.state.onHighWatermark(6)
  t.equal(w.state.firstUnstableOffset, undefined)
  t.equal(w.marker(2, 0, true), undefined, 'G36: a marker of nothing completes nothing')
})

t.test('N-D7: an open transaction of an older epoch is not ongoing', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0, isTransactional: true, producerEpoch: 1 })
  t.ok(w.state.hasOngoingTxn(1, 1))
  t.notOk(w.state.hasOngoingTxn(1, 2))
  t.notOk(w.state.hasOngoingTxn(7, 0))
})

t.test('B25, B48, B49: the snapshot', async (t) => {
  const w = new World()
  w.state.takeSnapshot()
  t.same(w.snapshots.offsets, [])
  w.state.advanceTo(5)
  w.state.takeSnapshot()
  t.equal(w.snapshots.read(5).length, 10, 'an empty map makes a file too')
  w.append({ baseSequence: 3, count: 2, isTransactional: true, timestamp: NOW_MS })
  w.state.advanceTo(9)
  w.state.takeSnapshot()
  const bytes = w.snapshots.read(9)
  t.equal(bytes.length, 10 + 46)
  t.equal(bytes.readInt16BE(0), 1)
  const entry = [
    1n.toString(16).padStart(16, '0'),
    '0000',
    '00000004',
    1n.toString(16).padStart(16, '0'),
    '00000001',
    BigInt(NOW_MS + 1)
      .toString(16)
      .padStart(16, '0'),
    'ffffffff',
    '0'.repeat(16),
  ]
  t.equal(bytes.subarray(10).toString('hex'), entry.join(''))
})

t.test('B50, B51, J2, J3: after a restart the window is one batch', async (t) => {
  const w = new World()
  for (let i = 0; i < 3; i++) w.append({ baseSequence: i })
  w.marker(8, 0, true, 4)
  w.state.takeSnapshot()
  t.equal(w.reload(), 4)
  t.ok(w.state.findDuplicate(w.view({ baseSequence: 2 })))
  fails(t, 45, () => w.state.check(w.view({ baseSequence: 0 }), 'client'))
  t.match(w.state.producers.get(8), { lastSequence: -1, lastOffset: -1, coordinatorEpoch: 4, epoch: 0 })
  w.append({ baseSequence: 3 })
})

t.test('a snapshot brings open transactions back', async (t) => {
  const w = new World()
  w.append({ producerId: 5, baseSequence: 0, isTransactional: true })
  w.append({ producerId: 4, baseSequence: 0, isTransactional: true })
  w.state.takeSnapshot()
  w.reload()
  t.equal(w.state.firstUnstableOffset, 0)
  w.marker(5, 0, true)
  w.state.onHighWatermark(10)
  t.equal(w.state.firstUnstableOffset, 1)
})

t.test('B52: entries stand in the order of a Java HashMap', async (t) => {
  const w = new World()
  const ids = [1000, 17, 2 ** 33 + 5, 1, 33]
  for (const producerId of ids) w.append({ producerId, baseSequence: 0 })
  w.state.takeSnapshot()
  const bytes = w.snapshots.read(5)
  const order = ids.map((_, i) => Number(bytes.readBigInt64BE(10 + 46 * i)))
  // Buckets of a table of 16: 17, 1 and 33 in 1 (by insertion), 2^33+5 in 7, 1000 in 8.
  t.same(order, [17, 1, 33, 2 ** 33 + 5, 1000])
})

t.test('B53: producers too old are not loaded', async (t) => {
  const w = new World()
  w.append({ producerId: 1, baseSequence: 0, timestamp: NOW_MS - DAY })
  w.append({ producerId: 2, baseSequence: 0, timestamp: NOW_MS - DAY + 1 })
  w.append({ producerId: 3, baseSequence: 0, timestamp: NOW_MS - DAY, isTransactional: true })
  w.state.takeSnapshot()
  w.reload()
  t.same([...w.state.producers.keys()].sort(), [2, 3])
})

t.test('B54: a damaged snapshot is removed and the one before is used', async (t) => {
  const w = new World()
  w.append({ baseSequence: 0 })
  w.state.takeSnapshot()
  w.append({ baseSequence: 1 })
  w.state.takeSnapshot()
  const file = w.disk.open(w.snapshots.path(2))
  file.write(20, [Buffer.from([0xff])])
  t.equal(w.reload(), 1)
  t.same(w.snapshots.offsets, [1])
  t.equal(w.state.producers.get(1)?.lastSequence, 0)
  w.disk.open(w.snapshots.path(1)).truncate(3)
  t.equal(w.reload(), 0)
  t.same(w.snapshots.offsets, [])
})

t.test('B55: snapshots that belong to no segment go, but the largest above the newest base stays', async (t) => {
  const w = new World()
  for (const offset of [10, 20, 25, 30, 40]) w.snapshots.write(offset, Buffer.alloc(10))
  w.snapshots.removeStrays([0, 10, 30])
  t.same(w.snapshots.offsets, [10, 30, 40])
  w.snapshots.removeStrays([0, 10, 50])
  t.same(w.snapshots.offsets, [10])
})
