import t from 'tap'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { OffsetIndex } from '../../src/log/offset-index.ts'
import { TimeIndex } from '../../src/log/time-index.ts'
import { TxnIndex } from '../../src/log/txn-index.ts'

function disk(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDir('/d')
  return disk
}

t.test('offset index', async (t) => {
  t.test('B4: entries are relative offset and position, int32 each', async (t) => {
    const d = disk()
    const index = new OffsetIndex(d, '/d/100.index', 100, 1024, true)
    index.append(105, 4096)
    index.append(120, 70000)
    index.trim()
    t.equal(d.readFile('/d/100.index').toString('hex'), '00000005000010000000001400011170')
  })

  t.test('B7: preallocated to whole entries, cut to what is used', async (t) => {
    const d = disk()
    const index = new OffsetIndex(d, '/d/i', 0, 10485760, true)
    const time = new TimeIndex(d, '/d/t', 0, 10485760, true)
    index.preallocate()
    time.preallocate()
    t.equal(d.stat('/d/i')?.size, 10485760)
    t.equal(d.stat('/d/t')?.size, 10485756)
    index.append(1, 1)
    index.trim()
    time.trim()
    t.equal(d.stat('/d/i')?.size, 8)
    t.equal(d.stat('/d/t')?.size, 0)
  })

  t.test('finds the entry at or below; the start of the segment otherwise', async (t) => {
    const index = new OffsetIndex(disk(), '/d/i', 10, 1024, true)
    t.same(index.lookup(50), { offset: 10, position: 0 })
    for (const [offset, position] of [
      [15, 100],
      [20, 200],
      [30, 300],
    ] as const)
      index.append(offset, position)
    t.same(index.lookup(14), { offset: 10, position: 0 })
    t.same(index.lookup(15), { offset: 15, position: 100 })
    t.same(index.lookup(29), { offset: 20, position: 200 })
    t.same(index.lookup(99), { offset: 30, position: 300 })
    t.same(index.firstAtPosition(200), { offset: 20, position: 200 })
    t.equal(index.firstAtPosition(301), undefined)
  })

  t.test('B13: refuses an offset that is not above the last', async (t) => {
    const index = new OffsetIndex(disk(), '/d/i', 0, 1024, true)
    index.append(5, 10)
    t.throws(() => index.append(5, 20))
    index.append(6, 20)
  })

  t.test('B14: full at capacity', async (t) => {
    const index = new OffsetIndex(disk(), '/d/i', 0, 20, true)
    index.append(1, 1)
    t.notOk(index.isFull)
    index.append(2, 2)
    t.ok(index.isFull)
  })

  t.test('truncated, written again and read back', async (t) => {
    const d = disk()
    const index = new OffsetIndex(d, '/d/i', 0, 1024, true)
    index.preallocate()
    for (let i = 1; i <= 50; i++) index.append(i * 10, i)
    index.trim()
    index.truncateTo(300)
    t.same(index.last(), { offset: 290, position: 29 })
    index.append(299, 1000)
    index.trim()
    const again = new OffsetIndex(d, '/d/i', 0, 1024, false)
    t.equal(again.count, 30)
    t.same(again.entry(29), { offset: 299, position: 1000 })
    t.same(again.entry(28), { offset: 290, position: 29 })
  })

  t.test('what a preallocated file holds behind its entries is not taken for entries', async (t) => {
    const d = disk()
    const index = new OffsetIndex(d, '/d/i', 0, 1024, true)
    index.append(3, 30)
    index.trim()
    index.preallocate()
    t.equal(new OffsetIndex(d, '/d/i', 0, 1024, false).count, 1)
    t.equal(new OffsetIndex(d, '/d/missing', 0, 1024, false).count, 0)
  })
})

t.test('time index', async (t) => {
  t.test('B5: entries are timestamp int64 and relative offset int32', async (t) => {
    const d = disk()
    const index = new TimeIndex(d, '/d/t', 100, 1024, true)
    index.maybeAppend({ timestamp: 1767225600000, offset: 107 })
    index.trim()
    t.equal(d.readFile('/d/t').toString('hex'), `${(1767225600000).toString(16).padStart(16, '0')}00000007`)
  })

  t.test('B11, B13: only larger timestamps are kept', async (t) => {
    const index = new TimeIndex(disk(), '/d/t', 0, 1024, true)
    index.maybeAppend({ timestamp: 10, offset: 1 })
    index.maybeAppend({ timestamp: 10, offset: 2 })
    index.maybeAppend({ timestamp: 9, offset: 3 })
    t.equal(index.count, 1)
    t.throws(() => index.maybeAppend({ timestamp: 11, offset: 0 }))
    t.same(index.lookup(9), { timestamp: -1, offset: 0 })
    t.same(index.lookup(10), { timestamp: 10, offset: 1 })
  })

  t.test('B14, B15: one slot is kept for the closing entry', async (t) => {
    const index = new TimeIndex(disk(), '/d/t', 0, 36, true)
    index.maybeAppend({ timestamp: 1, offset: 1 })
    t.notOk(index.isFull)
    index.maybeAppend({ timestamp: 2, offset: 2 })
    t.ok(index.isFull)
    index.maybeAppend({ timestamp: 3, offset: 3 })
    t.equal(index.count, 2)
    index.maybeAppend({ timestamp: 3, offset: 3 }, true)
    t.equal(index.count, 3)
  })

  t.test('B16: a segment without timestamps keeps it empty', async (t) => {
    const index = new TimeIndex(disk(), '/d/t', 0, 36, true)
    index.maybeAppend({ timestamp: -1, offset: 3 }, true)
    t.equal(index.count, 0)
  })

  t.test('truncated and read back', async (t) => {
    const d = disk()
    const index = new TimeIndex(d, '/d/t', 0, 1024, true)
    index.preallocate()
    for (let i = 1; i <= 20; i++) index.maybeAppend({ timestamp: i * 100, offset: i })
    index.trim()
    index.truncateTo(11)
    t.same(index.last(), { timestamp: 1000, offset: 10 })
    index.trim()
    t.same(new TimeIndex(d, '/d/t', 0, 1024, false).last(), { timestamp: 1000, offset: 10 })
  })
})

t.test('transaction index', async (t) => {
  const entry = { producerId: 7, firstOffset: 10, lastOffset: 20, lastStableOffset: 21 }

  t.test('B6: 34 bytes an entry, and no file before the first', async (t) => {
    const d = disk()
    const index = new TxnIndex(d, '/d/x', true)
    index.persist()
    t.notOk(d.exists('/d/x'))
    index.append(entry)
    index.persist()
    t.equal(
      d.readFile('/d/x').toString('hex'),
      '0000' + '0000000000000007' + '000000000000000a' + '0000000000000014' + '0000000000000015',
    )
    t.same(new TxnIndex(d, '/d/x', false).entries(), [entry])
  })

  t.test('B60: order, version and size are looked at', async (t) => {
    const d = disk()
    const index = new TxnIndex(d, '/d/x', true)
    t.ok(index.isSane(0))
    index.append(entry)
    index.append({ ...entry, lastOffset: 30 })
    index.persist()
    t.ok(index.isSane(0))
    t.notOk(index.isSane(25))
    const file = d.open('/d/x')
    file.truncate(50)
    t.notOk(index.isSane(0))
  })

  t.test('truncated by the marker’s offset', async (t) => {
    const d = disk()
    const index = new TxnIndex(d, '/d/x', true)
    index.append(entry)
    index.append({ ...entry, lastOffset: 30 })
    index.persist()
    index.truncateTo(30)
    index.persist()
    t.same(new TxnIndex(d, '/d/x', false).entries(), [entry])
  })
})
