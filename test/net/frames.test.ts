import fc from 'fast-check'
import t from 'tap'
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

t.test('a frame inside one chunk is a slice of it, a larger one is one buffer of its own', async (t) => {
  const reader = new FrameReader(1 << 20)
  const chunk = framed(Buffer.from('slice'))
  reader.push(chunk)
  t.equal(reader.take()?.buffer, chunk.buffer)
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
