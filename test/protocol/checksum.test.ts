import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { crc32, crc32c, crc32cOf } from '../../protocol/checksum.ts'

const CHECK = Buffer.from('123456789')

t.test('A6: CRC-32C of the check string, and its result is unsigned', async (t) => {
  t.equal(crc32c(CHECK), 0xe3069283)
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  t.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
})

t.test('A29: CRC-32 of the check string, and its result is unsigned', async (t) => {
  t.equal(crc32(CHECK), 0xcbf43926)
})

t.test(
  'a range, several buffers and a continued checksum agree, whichever implementation serves the size',
  async () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (bytes, cut) => {
        const data = Buffer.from(bytes)
        const at = Math.min(cut, data.length)
        const [head, tail] = [data.subarray(0, at), data.subarray(at)]
        const framed = Buffer.concat([Buffer.alloc(3, 7), data, Buffer.alloc(5, 9)])
        return [crc32c, crc32].every((crc) => {
          const whole = crc(data)
          return crc(framed, 3, 3 + data.length) === whole && crc(tail, 0, tail.length, crc(head)) === whole
        })
      }),
    )
  },
)

t.test('several buffers are summed as one', async (t) => {
  t.equal(crc32cOf([CHECK.subarray(0, 4), Buffer.alloc(0), CHECK.subarray(4)]), crc32c(CHECK))
})

t.test('large buffers: CRC-32 is the one in a gzip trailer, CRC-32C that of the small pieces', async (t) => {
  const data = Buffer.alloc(100_000, 'abcdefghijk')
  const member = gzipSync(data)
  t.equal(gunzipSync(member).length, data.length)
  t.equal(crc32(data), member.readUInt32LE(member.length - 8))
  let pieces = 0
  for (let at = 0; at < data.length; at += 100) pieces = crc32c(data, at, at + 100, pieces)
  t.equal(crc32c(data), pieces)
})
