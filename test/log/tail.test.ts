import t from 'tap'
import { giveBack, release, SlabPool } from '../../src/base/slabs.ts'
import type { Segment } from '../../src/log/segment.ts'
import { Tail, TailMemory } from '../../src/log/tail.ts'
import { WriteQueue } from '../../src/log/write-queue.ts'

const KIB = 1024
const segment = (name: string) => ({ path: name }) as unknown as Segment
const S = segment('one')

class Feed {
  readonly memory: TailMemory
  readonly tail: Tail
  #offset = 0
  #position = 0

  constructor(limit = 1024 * KIB, total = 4096 * KIB, memory = new TailMemory(total)) {
    this.memory = memory
    this.tail = new Tail(memory, limit)
  }

  add(bytes: Buffer, of = S, nowMs = 0): number {
    const offset = this.#offset++
    this.tail.add(bytes, offset, offset, of, this.#position, nowMs)
    this.#position += bytes.length
    return offset
  }
}

const own = (bytes: number, fill = 1) => Buffer.from(new ArrayBuffer(bytes)).fill(fill)

t.test('large batches are kept by reference', async (t) => {
  const feed = new Feed()
  const batch = own(20 * KIB)
  feed.add(batch)
  t.equal(feed.tail.read(0, 100 * KIB, 1, true)?.records[0]?.buffer, batch.buffer)
  t.equal(feed.memory.pinnedBytes, 20 * KIB)
})

t.test('batches much smaller than their slab are copied; neighbours become one buffer', async (t) => {
  const feed = new Feed()
  const slab = Buffer.alloc(64 * KIB, 7)
  for (let i = 0; i < 4; i++) feed.add(slab.subarray(i * 1000, i * 1000 + 1000))
  t.equal(feed.memory.pinnedBytes, 4 * KIB)
  const slice = feed.tail.read(1, 100 * KIB, 4, true)
  t.equal(slice?.records.length, 1)
  t.same([slice?.bytes, slice?.position], [3000, 1000])
  feed.add(slab.subarray(0, 8 * KIB))
  t.not(feed.tail.read(4, 100 * KIB, 5, true)?.records[0]?.buffer, slab.buffer)
})

t.test('slices of one slab count once, with all of it', async (t) => {
  const feed = new Feed()
  const slab = own(160 * KIB)
  for (let i = 0; i < 8; i++) feed.add(slab.subarray(i * 20 * KIB, (i + 1) * 20 * KIB))
  t.equal(feed.memory.pinnedBytes, 160 * KIB)
  feed.tail.clear()
  t.equal(feed.memory.pinnedBytes, 0)
})

t.test('a log keeps no more than its limit, the newest', async (t) => {
  const feed = new Feed(100 * KIB)
  for (let i = 0; i < 10; i++) feed.add(own(30 * KIB))
  t.equal(feed.tail.read(6, KIB, 10, true), undefined)
  t.ok(feed.tail.read(7, KIB, 10, true))
  feed.add(own(200 * KIB))
  t.equal(feed.tail.read(10, KIB, 11, true), undefined, 'a batch above the limit is not kept at all')
})

t.test('all logs together keep no more than the total: the oldest goes, whose ever it is', async (t) => {
  const memory = new TailMemory(100 * KIB)
  const a = new Feed(1000 * KIB, 0, memory)
  const b = new Feed(1000 * KIB, 0, memory)
  a.add(own(40 * KIB))
  b.add(own(40 * KIB))
  b.add(own(40 * KIB))
  t.equal(a.tail.read(0, KIB, 1, true), undefined)
  t.ok(b.tail.read(0, KIB, 1, true))
  t.equal(memory.pinnedBytes, 80 * KIB)
})

t.test('idle chunks are let go by age', async (t) => {
  const feed = new Feed()
  feed.add(own(20 * KIB), S, 1000)
  feed.add(own(20 * KIB), S, 2000)
  t.ok(feed.memory.evictIdle(1500))
  t.equal(feed.tail.read(0, KIB, 2, true), undefined)
  t.ok(feed.tail.read(1, KIB, 2, true))
  t.notOk(feed.memory.evictIdle(3000))
})

t.test('a chunk that is read stays, and so do those behind it', async (t) => {
  let nowMs = 0
  const feed = new Feed(1000 * KIB, 0, new TailMemory(1000 * KIB, () => nowMs))
  for (let count = 0; count < 3; count++) feed.add(own(20 * KIB), S, 1000)
  nowMs = 2000
  t.ok(feed.tail.read(1, KIB, 3, true))
  t.ok(feed.memory.evictIdle(1500))
  t.equal(feed.tail.read(0, KIB, 3, true), undefined)
  t.ok(feed.tail.read(1, KIB, 3, true))
  t.ok(feed.tail.read(2, KIB, 3, true))
})

t.test('a slice ends with its segment', async (t) => {
  const feed = new Feed()
  feed.add(own(100))
  feed.add(own(100))
  feed.add(own(100), segment('two'))
  t.equal(feed.tail.read(0, KIB, 3, true)?.bytes, 200)
  t.equal(feed.tail.read(2, KIB, 3, true)?.bytes, 100)
})

t.test('many appends and evictions keep the books', async (t) => {
  const feed = new Feed(50 * KIB, 64 * KIB)
  for (let i = 0; i < 5000; i++) {
    feed.add(own(100 + ((i * 37) % 30000)))
    if (feed.memory.pinnedBytes > 64 * KIB) t.fail(`${feed.memory.pinnedBytes} bytes are pinned`)
  }
  feed.tail.clear()
  t.equal(feed.memory.pinnedBytes, 0)
})

t.test('memory that is used again is not, as long as it is in a tail or lent to a reader', async (t) => {
  const pool = new SlabPool({ poison: true })
  const feed = new Feed()
  const slab = pool.take(64 * KIB).fill(7)
  feed.add(slab.subarray(0, 32 * KIB))
  feed.add(slab.subarray(32 * KIB))
  release(slab)
  t.equal(pool.freeBytes, 0, 'in the tail')
  const one = feed.tail.read(0, 64 * KIB, 2, true)!
  const two = feed.tail.read(1, 64 * KIB, 2, true)!
  feed.tail.clear()
  giveBack(one.records)
  t.equal(pool.freeBytes, 0, 'lent to the second reader')
  t.ok(two.records.every((part) => part.every((byte) => byte === 7)))
  giveBack(two.records)
  t.equal(pool.freeBytes, 64 * KIB)
  t.ok(slab.every((byte) => byte === 0xdb))
})

t.test('what waits to be written is held, whatever the tail lets go', async (t) => {
  const pool = new SlabPool()
  const feed = new Feed(10 * KIB)
  const queue = new WriteQueue()
  const written: number[] = []
  const target = {
    write: (_: number, buffers: readonly Buffer[]) => written.push(buffers[0]![0]!),
  } as unknown as Segment
  for (const fill of [1, 2]) {
    const slab = pool.take(64 * KIB).fill(fill)
    queue.add(target, 0, 0, feed.tail.add(slab, fill, fill, target, 0, 0))
    release(slab)
  }
  t.equal(feed.memory.pinnedBytes, 0, 'larger than the tail may be')
  t.equal(pool.freeBytes, 0)
  queue.write(() => {})
  t.same(written, [1])
  t.equal(pool.freeBytes, 128 * KIB)
  const slab = pool.take(64 * KIB)
  queue.add(target, 0, 0, feed.tail.add(slab, 3, 3, target, 0, 0))
  release(slab)
  queue.clear()
  t.equal(pool.freeBytes, 128 * KIB)
})
