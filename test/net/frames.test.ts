import fc from 'fast-check'
import t from 'tap'
import { release, SlabPool } from '../../src/base/slabs.ts'
import { FrameError, FrameReader } from '../../src/net/frames.ts'

function framed(payload: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

function takeAll(reader: FrameReader): Buffer[] {
  const frames: Buffer[] = []
  for (let frame = reader.take(); frame !== undefined; frame = reader.take()) frames.push(frame)
  return frames
}

t.test('I1: frames come out whole whatever the split point', async (t) => {
  const payloads = [Buffer.from('first'), Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(300, 7), Buffer.from('last')]
  const stream = Buffer.concat(payloads.map(framed))
  for (let split = 0; split <= stream.length; split++) {
    const reader = new FrameReader(1000)
    const frames: Buffer[] = []
    for (const part of [stream.subarray(0, split), stream.subarray(split)]) {
      reader.push(Buffer.from(part))
      frames.push(...takeAll(reader))
    }
    if (frames.length !== 5 || !frames.every((frame, i) => frame.equals(payloads[i]!))) t.fail(`split at ${split}`)
    if (reader.bufferedBytes !== 0) t.fail(`split at ${split} leaves ${reader.bufferedBytes} bytes`)
  }
  t.pass('every split point')
})

t.test('I1: any frames in any chunks, taken whenever', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 2000, size: 'max' }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
      (payloads, sizes, takes) => {
        const stream = Buffer.concat(payloads.map((payload) => framed(Buffer.from(payload))))
        const reader = new FrameReader(2000)
        const frames: Buffer[] = []
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length]!
          reader.push(Buffer.from(stream.subarray(at, at + size)))
          at += size
          if (takes[turn % takes.length]) frames.push(...takeAll(reader))
        }
        frames.push(...takeAll(reader))
        return (
          reader.bufferedBytes === 0 &&
          frames.length === payloads.length &&
          frames.every((frame, i) => frame.equals(payloads[i]!))
        )
      },
    ),
  )
})

t.test('I1: the same through memory that is used again, read straight to where it belongs or not', async () => {
  const pool = new SlabPool({ poison: true })
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
      (lengths, sizes, choices) => {
        const payloads = lengths.map((length, index) => Buffer.alloc(length, index + 1))
        const stream = Buffer.concat(payloads.map(framed))
        const reader = new FrameReader(60_000, pool)
        const held: Buffer[] = []
        const scratch = Buffer.alloc(50_000)
        let seen = 0
        let isRight = true
        const letGo = () => {
          for (const frame of held.splice(0)) {
            isRight &&= frame.equals(payloads[seen++]!)
            release(frame)
          }
        }
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const room = reader.space()
          const into = room !== undefined && choices[turn % choices.length] ? room : scratch
          const bytes = stream.copy(into, 0, at, at + Math.min(into.length, sizes[turn % sizes.length]!))
          reader.push(into.subarray(0, bytes))
          if (into === scratch) scratch.fill(0xee)
          at += bytes
          if (choices[(turn + 1) % choices.length]) held.push(...takeAll(reader))
          if (choices[(turn + 3) % choices.length]) letGo()
        }
        held.push(...takeAll(reader))
        letGo()
        return isRight && seen === payloads.length && reader.bufferedBytes === 0 && reader.space() === undefined
      },
    ),
  )
})

t.test('a frame goes to memory that is free as soon as its size is known, and is read there', async (t) => {
  const pool = new SlabPool()
  release(pool.take(100_000))
  const { freeBytes } = pool
  const reader = new FrameReader(1 << 20, pool)
  const payload = Buffer.alloc(100_000, 9)
  reader.push(framed(payload).subarray(0, 10))
  t.equal(pool.freeBytes, 0)
  const space = reader.space()!
  t.equal(space.length, 100_000 - 6)
  reader.push(space.fill(9))
  const frame = reader.take()!
  t.ok(frame.equals(payload))
  t.equal(frame.buffer, space.buffer)
  release(frame)
  t.equal(pool.freeBytes, freeBytes)
})

t.test('frames in one chunk share a slab, which is free when the last of them is let go', async (t) => {
  const pool = new SlabPool()
  const reader = new FrameReader(1 << 20, pool)
  reader.push(Buffer.concat([1, 2, 3].map((fill) => framed(Buffer.alloc(5000, fill)))))
  const frames = takeAll(reader)
  t.equal(new Set(frames.map(({ buffer }) => buffer)).size, 1)
  for (const frame of frames) {
    t.equal(pool.freeBytes, 0)
    release(frame)
  }
  t.ok(pool.freeBytes > 15_000)
})

t.test('the slab of a frame that is given up is not used again: bytes may still come into it', async (t) => {
  const pool = new SlabPool()
  release(pool.take(100_000))
  const reader = new FrameReader(1 << 20, pool)
  reader.push(framed(Buffer.alloc(100_000)).subarray(0, 10))
  reader.clear()
  t.equal(pool.freeBytes, 0)
  t.equal(reader.space(), undefined)
  release(pool.take(100_000))
  t.ok(pool.takeAhead(100_000), 'and what was ahead is counted no more')
})

t.test('frames inside one chunk are slices of one copy, a larger one is one buffer of its own', async (t) => {
  const reader = new FrameReader(1 << 20)
  const chunk = Buffer.concat([framed(Buffer.alloc(5000, 1)), framed(Buffer.alloc(6000, 2))])
  reader.push(chunk)
  chunk.fill(0)
  const [one, two] = takeAll(reader)
  t.equal(one?.buffer, two?.buffer)
  t.same([one?.length, one?.at(-1), two?.length, two?.at(-1)], [5000, 1, 6000, 2])
  const large = framed(Buffer.alloc(100_000, 1))
  for (let at = 0; at < large.length; at += 10_000) reader.push(Buffer.from(large.subarray(at, at + 10_000)))
  const frame = reader.take()
  t.equal(frame?.length, 100_000)
  t.equal(frame?.buffer.byteLength, 100_000, 'no more than its size')
})

t.test('I1, I7, J56: a negative size and one above the limit are refused as soon as they are known', async (t) => {
  for (const size of [-1, -2147483648, 1001, 2147483647]) {
    const reader = new FrameReader(1000)
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(size)
    reader.push(bytes.subarray(0, 3))
    t.equal(reader.nextSize(), undefined)
    reader.push(bytes.subarray(3))
    t.throws(() => reader.nextSize(), FrameError)
  }
  const reader = new FrameReader(1000)
  reader.push(framed(Buffer.alloc(1000)))
  t.equal(reader.take()?.length, 1000, 'the limit itself is accepted')
})

t.test('other protocols are recognised', async (t) => {
  for (const [bytes, expected] of [
    [Buffer.from('GET / HTTP/1.1'), /looks like HTTP/],
    [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), /looks like TLS/],
  ] as const) {
    const reader = new FrameReader(1000)
    reader.push(bytes)
    t.throws(() => reader.take(), expected)
  }
})

t.test('J56: announcing 100 MB costs nothing until a part of it has come', async (t) => {
  const announced = Buffer.alloc(4)
  announced.writeInt32BE(100_000_000)
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 1000 }, () => {
    const reader = new FrameReader(104857600)
    reader.push(Buffer.from(announced))
    reader.push(Buffer.alloc(1000))
    t.equal(reader.take(), undefined)
    return reader
  })
  const grown = process.memoryUsage().arrayBuffers - before
  t.ok(grown < 10_000_000, `${grown} bytes for ${readers.length} announcements`)
})
