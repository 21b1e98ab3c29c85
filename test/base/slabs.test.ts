import t from 'tap'
import { AssertionFailure } from '../../src/base/assert.ts'
import { giveBack, hold, lend, MAX_SLAB_BYTES, MIN_SLAB_BYTES, release, SlabPool } from '../../src/base/slabs.ts'

const KIB = 1024
const poisoned = (bytes: Buffer) => bytes.every((byte) => byte === 0xdb)

t.test('what nobody holds any more is used again, for what is about as large', async (t) => {
  const pool = new SlabPool()
  const first = pool.take(100 * KIB)
  t.equal(first.length, 100 * KIB)
  release(first)
  t.ok(pool.freeBytes >= 100 * KIB && pool.freeBytes < 125 * KIB, 'less than a quarter is left over')
  t.not(pool.take(50 * KIB).buffer, first.buffer, 'much too large')
  const second = pool.take(99 * KIB)
  t.equal(second.buffer, first.buffer)
  t.equal(second.length, 99 * KIB)
  t.equal(pool.freeBytes, 0)
})

t.test('every holder has to let go, each through whatever part it has', async (t) => {
  const pool = new SlabPool({ poison: true })
  const slab = pool.take(64 * KIB).fill(7)
  hold(slab.subarray(10, 20))
  hold(slab.subarray(30, 40))
  release(slab)
  release(slab.subarray(50))
  t.equal(pool.freeBytes, 0)
  t.ok(slab.every((byte) => byte === 7))
  release(slab.subarray(0, 1))
  t.equal(pool.freeBytes, 64 * KIB)
  t.ok(poisoned(slab))
})

t.test('what was lent is given back once, and only the very part that was lent', async (t) => {
  const pool = new SlabPool()
  const slab = pool.take(64 * KIB)
  const [one, other] = [slab.subarray(0, 100), slab.subarray(100, 200)]
  lend(one)
  lend(other)
  release(slab)
  giveBack([one, slab.subarray(100, 200), Buffer.alloc(5)])
  giveBack([one])
  t.equal(pool.freeBytes, 0, 'the other is out still')
  giveBack([other])
  t.equal(pool.freeBytes, 64 * KIB)
})

t.test('a slab is not let go more often than it was held, nor taken up again once it is free', async (t) => {
  const slab = new SlabPool().take(64 * KIB)
  release(slab)
  t.throws(() => release(slab), AssertionFailure)
  t.throws(() => hold(slab), AssertionFailure)
  t.throws(() => lend(slab), AssertionFailure)
})

t.test('small and huge buffers are no slabs, and nothing is done to foreign memory', async (t) => {
  const pool = new SlabPool()
  for (const bytes of [0, 1, MIN_SLAB_BYTES - 1, MAX_SLAB_BYTES + 1]) {
    const buffer = pool.take(bytes)
    t.equal(buffer.length, bytes)
    hold(buffer)
    release(buffer)
    release(buffer)
    lend(buffer)
    giveBack([buffer])
  }
  t.equal(pool.freeBytes, 0)
  const largest = pool.take(MAX_SLAB_BYTES)
  release(largest)
  t.equal(pool.freeBytes, MAX_SLAB_BYTES)
})

t.test('free memory is bounded: the size that was not used for longest goes', async (t) => {
  const pool = new SlabPool({ maxFreeBytes: 200 * KIB })
  const old = pool.take(64 * KIB)
  const busy = [pool.take(80 * KIB), pool.take(80 * KIB)]
  for (const slab of [old, ...busy]) release(slab)
  t.equal(pool.freeBytes, 160 * KIB)
  t.not(pool.take(64 * KIB).buffer, old.buffer)
  t.equal(pool.take(80 * KIB).buffer, busy[1]!.buffer)
})

t.test('what was not needed between two looks goes', async (t) => {
  const pool = new SlabPool()
  const slabs = Array.from({ length: 4 }, () => pool.take(64 * KIB))
  for (const slab of slabs) release(slab)
  pool.trim()
  t.equal(pool.freeBytes, 256 * KIB, 'they were needed until just now')
  const taken = [pool.take(64 * KIB), pool.take(64 * KIB), pool.take(64 * KIB)]
  for (const slab of taken) release(slab)
  pool.trim()
  t.equal(pool.freeBytes, 192 * KIB, 'three were in use at a time')
  pool.trim()
  t.equal(pool.freeBytes, 0)
})

t.test('what was only announced gets memory that is free anyway, and a bounded part of it', async (t) => {
  const pool = new SlabPool({ maxAheadBytes: 150 * KIB })
  t.equal(pool.takeAhead(64 * KIB), undefined, 'none is made')
  const slabs = Array.from({ length: 3 }, () => pool.take(64 * KIB))
  for (const slab of slabs) release(slab)
  t.ok(pool.takeAhead(64 * KIB))
  t.ok(pool.takeAhead(64 * KIB))
  t.equal(pool.takeAhead(64 * KIB), undefined)
  pool.arrived(64 * KIB)
  t.ok(pool.takeAhead(64 * KIB))
})
