import fc from 'fast-check'
import t from 'tap'
import { DecodeError, EncodeError } from '../../../protocol/errors.ts'
import { INT53_UNBOUNDED, MAX_EMPTY_ELEMENTS, Reader } from '../../../protocol/wire/reader.ts'
import { BY_REFERENCE_BYTES, Writer } from '../../../protocol/wire/writer.ts'

const hex = (write: (writer: Writer) => void, firstChunk?: number): string => {
  const writer = new Writer(firstChunk)
  write(writer)
  return writer.finishContiguous().toString('hex')
}
const read = (text: string): Reader => new Reader(Buffer.from(text, 'hex'))

t.test('bytes of the primitive types', (t) => {
  t.equal(
    hex((w) => w.int8(-2)),
    'fe',
  )
  t.equal(
    hex((w) => w.int16(-2)),
    'fffe',
  )
  t.equal(
    hex((w) => w.uint16(65534)),
    'fffe',
  )
  t.equal(
    hex((w) => w.int32(-2)),
    'fffffffe',
  )
  t.equal(
    hex((w) => w.uint32(4294967294)),
    'fffffffe',
  )
  t.equal(
    hex((w) => w.int64(-2n)),
    'fffffffffffffffe',
  )
  t.equal(
    hex((w) => w.int53(-2)),
    'fffffffffffffffe',
  )
  t.equal(
    hex((w) => w.float64(1)),
    '3ff0000000000000',
  )
  t.equal(
    hex((w) => w.boolean(true)),
    '01',
  )
  t.equal(
    hex((w) => w.uvarint(300)),
    'ac02',
  )
  t.equal(
    hex((w) => w.varint(-1)),
    '01',
  )
  t.equal(
    hex((w) => w.varint(-2147483648)),
    'ffffffff0f',
  )
  t.equal(
    hex((w) => w.varlong(-2n)),
    '03',
  )
  t.equal(
    hex((w) => w.string('é')),
    '0002c3a9',
  )
  t.equal(
    hex((w) => w.nullableString(null)),
    'ffff',
  )
  t.equal(
    hex((w) => w.compactString('é')),
    '03c3a9',
  )
  t.equal(
    hex((w) => w.compactNullableString(null)),
    '00',
  )
  t.equal(
    hex((w) => w.bytes(Buffer.of(7))),
    '0000000107',
  )
  t.equal(
    hex((w) => w.nullableBytes(null)),
    'ffffffff',
  )
  t.equal(
    hex((w) => w.compactNullableBytes([Buffer.of(7), Buffer.of(8)])),
    '030708',
  )
  t.equal(
    hex((w) => w.arrayLength(-1)),
    'ffffffff',
  )
  t.equal(
    hex((w) => w.compactArrayLength(-1)),
    '00',
  )
  t.end()
})

t.test('varints and varlongs survive a round trip', (t) => {
  const property = fc.property(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (int, long) => {
    const reader = read(
      hex((w) => {
        w.varint(int)
        w.uvarint(int >>> 0)
        w.varlong(long)
      }, 1),
    )
    return reader.varint() === int && reader.uvarint() === int >>> 0 && reader.varlong() === long
  })
  t.doesNotThrow(() => fc.assert(property))
  t.throws(() => read('ffffffffff01').uvarint(), DecodeError)
  t.throws(() => read('ffffffffffffffffffff01').varlong(), DecodeError)
  t.end()
})

t.test('int53 takes what a number holds, and the ends of int64', (t) => {
  for (const value of [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, INT53_UNBOUNDED, -INT53_UNBOUNDED]) {
    t.equal(read(hex((w) => w.int53(value))).int53(), value)
  }
  t.equal(
    hex((w) => w.int53(INT53_UNBOUNDED)),
    '7fffffffffffffff',
  )
  t.throws(() => read('0020000000000000').int53(), { message: 'int64 out of range: 9007199254740992' })
  t.throws(() => read('7ffffffffffffffe').int53(), DecodeError)
  t.throws(() => hex((w) => w.int53(1.5)), EncodeError)
  t.end()
})

t.test('a read past the end is refused and reads nothing', (t) => {
  const reader = new Reader(Buffer.alloc(100), 10, 13)
  t.throws(() => reader.int32(), { name: 'DecodeError', message: '4 bytes wanted, 3 remain' })
  t.throws(() => reader.slice(4), DecodeError)
  t.equal(reader.position, 10)
  t.equal(reader.remaining, 3)
  t.end()
})

t.test('lengths are checked before use', (t) => {
  t.throws(() => read('ffff').string(), { message: 'length -1 of a field that may not be null' })
  t.throws(() => read('fffe').nullableString(), DecodeError)
  t.throws(() => read('00').compactString(), DecodeError)
  t.throws(() => read('7fff').string(), DecodeError)
  for (const [length, fits] of [
    [32767, true],
    [32768, false],
  ] as const) {
    const writer = new Writer()
    writer.uvarint(length + 1)
    const reader = () => new Reader(Buffer.concat([...writer.finish(), Buffer.alloc(length, 'x')]))
    for (const text of [() => reader().compactString(), () => reader().compactNullableString()]) {
      if (fits) t.equal(text()?.length, length)
      else t.throws(text, DecodeError, 'I7: no string is longer than an int16 can say')
    }
  }
  t.throws(() => read('80000000').nullableBytes(), DecodeError)
  t.throws(() => read('ffffffff0f').compactNullableBytes(), DecodeError)
  t.throws(() => read('0000000300').arrayLength(1), DecodeError)
  t.equal(read('ffffffff').nullableArrayLength(1), -1)
  t.equal(new Reader(Buffer.from('00000400', 'hex')).arrayLength(0), MAX_EMPTY_ELEMENTS)
  t.throws(() => read('00000401').arrayLength(0), DecodeError)
  t.end()
})

t.test('large byte values are written by reference, small ones copied', (t) => {
  const large = Buffer.alloc(BY_REFERENCE_BYTES, 1)
  const small = Buffer.alloc(BY_REFERENCE_BYTES - 1, 2)
  const writer = new Writer()
  writer.int32(1)
  writer.bytes([large, small])
  writer.int32(2)
  t.equal(writer.byteLength, 4 + 4 + large.length + small.length + 4)
  const chunks = writer.finish()
  t.equal(chunks[1], large)
  t.notOk(chunks.includes(small))
  t.equal(
    chunks.reduce((sum, { length }) => sum + length, 0),
    writer.byteLength,
  )
  t.end()
})

t.test('what is read as bytes is a slice, not a copy', (t) => {
  const frame = Buffer.from('0000000201020304', 'hex')
  const slice = new Reader(frame).bytes()
  frame[4] = 9
  t.same(slice, Buffer.of(9, 2))
  t.end()
})

t.test('the bytes do not depend on where chunks end', (t) => {
  const property = fc.property(fc.integer({ min: 1, max: 64 }), fc.string({ unit: 'binary' }), (firstChunk, text) => {
    const write = (w: Writer) => {
      w.boolean(true)
      w.compactString(text)
      w.int64(1n)
      w.int8(1)
      w.uvarint(300)
      w.float64(0.5)
      w.int16(3)
    }
    return hex(write, firstChunk) === hex(write, 4096)
  })
  t.doesNotThrow(() => fc.assert(property))
  t.end()
})

t.test('a value outside its domain is refused', (t) => {
  const wrong: ((writer: Writer) => void)[] = [
    (w) => w.int8(128),
    (w) => w.int16(-32769),
    (w) => w.uint16(-1),
    (w) => w.int32(2 ** 31),
    (w) => w.int32(Number.NaN),
    (w) => w.uint32(-1),
    (w) => w.int64(2n ** 63n),
    (w) => w.int64(1 as never),
    (w) => w.boolean(1 as never),
    (w) => w.uuid('not a uuid'),
    (w) => w.uuid(null as never),
    (w) => w.string('x'.repeat(32768)),
    (w) => w.compactString('x'.repeat(32768)),
    (w) => w.compactNullableString('\ufffd'.repeat(10923)),
    (w) => w.string(null as never),
    (w) => w.bytes('text' as never),
    (w) => w.bytes(null as never),
  ]
  for (const write of wrong) t.throws(() => write(new Writer()), EncodeError, write.toString())
  t.end()
})
