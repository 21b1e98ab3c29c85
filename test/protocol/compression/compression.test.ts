import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import {
  Codec,
  type CompressionType,
  codecName,
  codecOf,
  compress,
  decompress,
  isCodec,
} from '../../../protocol/compression/index.ts'
import { xxhash32 } from '../../../protocol/compression/xxhash32.ts'
import { compressZstdWasm, decompressZstdWasm } from '../../../protocol/compression/zstd-wasm.ts'
import { ErrorCode } from '../../../protocol/errors.ts'

const CODECS = [Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD]
const TEXT = Buffer.from('the quick brown fox jumps over the lazy dog. '.repeat(20))
const LARGE = Buffer.concat(Array.from({ length: 5000 }, (_, i) => Buffer.from(`{"id":${i},"twice":${i * 2}}\n`)))
const code = (expected: number) => ({ code: expected })
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

function optional<T>(load: () => T): T | null {
  try {
    return load()
  } catch {
    return null
  }
}
const tool = (name: string) => optional(() => execFileSync(name, ['--version'], { stdio: 'pipe' })) !== null
const pipe = (name: string, args: string[], input: Buffer) =>
  execFileSync(name, args, { input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1e8 })

t.test('A41, A51: names and ids of the codecs', async (t) => {
  const names: CompressionType[] = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']
  t.same(names.map(codecOf), CODECS)
  t.same(CODECS.map(codecName), names)
  t.same([...Array(8).keys()].map(isCodec), [true, true, true, true, true, false, false, false])
  for (const id of [5, 6, 7]) t.throws(() => decompress(id, TEXT), code(ErrorCode.UNKNOWN_SERVER_ERROR))
  t.throws(() => compress(6 as Codec, TEXT), code(ErrorCode.UNKNOWN_SERVER_ERROR))
})

for (const codec of CODECS) {
  t.test(`${codecName(codec)}: whatever goes in comes out`, async (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom(1, 50), (bytes, times) => {
        const data = Buffer.concat(Array(times).fill(Buffer.from(bytes)))
        return decompress(codec, compress(codec, data)).equals(data)
      }),
      { numRuns: 50 },
    )
    const large = compress(codec, LARGE)
    t.ok(decompress(codec, large).equals(LARGE))
    if (codec !== Codec.NONE) t.ok(large.length < LARGE.length / 2)
  })

  t.test(`${codecName(codec)}: more than the limit is refused, exactly the limit is not`, async (t) => {
    for (const data of [TEXT, LARGE]) {
      const compressed = compress(codec, data)
      t.equal(decompress(codec, compressed, { maxBytes: data.length }).length, data.length)
      t.throws(
        () => decompress(codec, compressed, { maxBytes: data.length - 1 }),
        code(ErrorCode.MESSAGE_TOO_LARGE),
        `${data.length}`,
      )
      t.throws(() => decompress(codec, compressed, { maxBytes: 10 }), code(ErrorCode.MESSAGE_TOO_LARGE))
    }
    t.equal(decompress(codec, compress(codec, Buffer.alloc(0)), { maxBytes: 0 }).length, 0)
  })

  if (codec === Codec.NONE) continue
  t.test(`C23: ${codecName(codec)}: damaged data throws a protocol error and nothing else`, async () => {
    const compressed = compress(codec, TEXT)
    const read = (data: Buffer) => {
      try {
        decompress(codec, data, { maxBytes: 100_000 })
        return true
      } catch (error) {
        const found = (error as { code?: unknown }).code
        return found === ErrorCode.UNKNOWN_SERVER_ERROR || found === ErrorCode.MESSAGE_TOO_LARGE
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => read(Buffer.from(bytes))))
    fc.assert(
      fc.property(fc.nat(compressed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(compressed)
        damaged[at]! ^= flip
        return read(damaged)
      }),
      { numRuns: 300 },
    )
    fc.assert(fc.property(fc.nat(compressed.length - 1), (length) => read(compressed.subarray(0, length))))
  })

  t.test(`C23: ${codecName(codec)}: cut off data is undecodable`, async (t) => {
    const compressed = compress(codec, LARGE)
    t.throws(() => decompress(codec, compressed.subarray(0, -9)), code(ErrorCode.UNKNOWN_SERVER_ERROR))
    t.throws(() => decompress(codec, Buffer.alloc(0)), code(ErrorCode.UNKNOWN_SERVER_ERROR))
  })
}

t.test('A42: levels change the size', async (t) => {
  t.ok(compress(Codec.GZIP, LARGE, { level: 1 }).length > compress(Codec.GZIP, LARGE, { level: 9 }).length)
  t.ok(compress(Codec.ZSTD, LARGE, { level: -50 }).length > compress(Codec.ZSTD, LARGE, { level: 19 }).length)
})

t.test('A44: the gzip header is that of Java, whatever the level', async (t) => {
  for (const level of [-1, 1, 6, 9]) {
    const member = compress(Codec.GZIP, TEXT, { level })
    t.equal(member.subarray(0, 10).toString('hex'), '1f8b08000000000000ff')
    t.ok(gunzipSync(member).equals(TEXT))
  }
})

t.test('A44: members in a row are read as one, whoever wrote them', async (t) => {
  const members = Buffer.concat([gzipSync(TEXT), compress(Codec.GZIP, LARGE)])
  t.ok(decompress(Codec.GZIP, members).equals(Buffer.concat([TEXT, LARGE])))
})

t.test('A45: xerial framing, in blocks of 32 KiB', async (t) => {
  const framed = compress(Codec.SNAPPY, Buffer.alloc(40 * 1024, 1))
  t.equal(framed.subarray(0, 16).toString('hex'), '82534e4150505900' + '00000001' + '00000001')
  const first = framed.readInt32BE(16)
  const second = framed.readInt32BE(20 + first)
  t.equal(24 + first + second, framed.length)
  t.equal(framed.subarray(20, 23).toString('hex'), '808002', 'the block claims 32768 bytes')
})

t.test('A45: raw snappy, an empty stream and streams in a row are read', async (t) => {
  t.equal(decompress(Codec.SNAPPY, hex('05 10 68 65 6c 6c 6f')).toString(), 'hello')
  t.equal(decompress(Codec.SNAPPY, hex('82534e4150505900 00000001 00000001')).length, 0)
  const twice = Buffer.concat([compress(Codec.SNAPPY, TEXT), compress(Codec.SNAPPY, LARGE)])
  t.ok(decompress(Codec.SNAPPY, twice).equals(Buffer.concat([TEXT, LARGE])))
})

t.test('A45: a snappy block that claims gigabytes takes none', async (t) => {
  const claims = hex('ff ff ff ff 0f 00 00')
  t.throws(() => decompress(Codec.SNAPPY, claims), code(ErrorCode.MESSAGE_TOO_LARGE))
  t.throws(() => decompress(Codec.SNAPPY, claims, { maxBytes: 2 ** 33 }), code(ErrorCode.UNKNOWN_SERVER_ERROR))
  const negative = Buffer.concat([hex('82534e4150505900 00000001 00000001'), hex('ffffffff 00')])
  t.throws(() => decompress(Codec.SNAPPY, negative), code(ErrorCode.UNKNOWN_SERVER_ERROR))
})

t.test('A46, A47: an lz4 frame for records of magic 1 and 2, and of magic 0', async (t) => {
  t.equal(compress(Codec.LZ4, Buffer.alloc(0)).toString('hex'), '04224d18 60 40 82 00000000'.replaceAll(' ', ''))
  const right = compress(Codec.LZ4, TEXT, { magic: 1 })
  const mistaken = compress(Codec.LZ4, TEXT, { magic: 0 })
  t.equal(right[6], 0x82)
  t.equal(mistaken[6], (xxhash32(hex('04224d186040')) >>> 8) & 0xff)
  t.ok(decompress(Codec.LZ4, mistaken, { magic: 0 }).equals(TEXT))
  t.ok(decompress(Codec.LZ4, right, { magic: 0 }).equals(TEXT), 'not verified for magic 0')
  t.throws(() => decompress(Codec.LZ4, mistaken, { magic: 1 }), code(ErrorCode.UNKNOWN_SERVER_ERROR))
})

t.test('A48: what does not shrink is stored', async (t) => {
  const frame = compress(Codec.LZ4, hex('00112233'))
  t.equal(frame.subarray(7).toString('hex'), '04000080' + '00112233' + '00000000')
  t.equal(decompress(Codec.LZ4, frame).toString('hex'), '00112233')
})

t.test('A49: what an lz4 reader rejects', async (t) => {
  const frame = (flags: number, descriptor: number, rest: string) => {
    const header = hex('04224d18 0000 00')
    header[4] = flags
    header[5] = descriptor
    header[6] = (xxhash32(header, 4, 6) >>> 8) & 0xff
    return Buffer.concat([header, hex(rest)])
  }
  const block = '01000080 61'
  t.equal(decompress(Codec.LZ4, frame(0x60, 0x40, `${block} 00000000`)).toString(), 'a')
  t.equal(decompress(Codec.LZ4, frame(0x64, 0x70, `${block} 00000000 12345678`)).toString(), 'a', 'checksum unread')
  const refused: [string, Buffer][] = [
    ['version 0', frame(0x20, 0x40, `${block} 00000000`)],
    ['version 2', frame(0xa0, 0x40, `${block} 00000000`)],
    ['dependent blocks', frame(0x40, 0x40, `${block} 00000000`)],
    ['reserved flag', frame(0x62, 0x40, `${block} 00000000`)],
    ['dictionary flag', frame(0x61, 0x40, `${block} 00000000`)],
    ['reserved descriptor bits', frame(0x60, 0x41, `${block} 00000000`)],
    ['reserved high bit', frame(0x60, 0xc0, `${block} 00000000`)],
    ['block size id 3', frame(0x60, 0x30, `${block} 00000000`)],
    ['a block above the maximum', Buffer.concat([frame(0x60, 0x40, '01000180'), Buffer.alloc(65537), hex('00000000')])],
    ['no end mark', frame(0x60, 0x40, block)],
    ['wrong block checksum', frame(0x70, 0x40, `${block} 00000001 00000000`)],
  ]
  for (const [name, data] of refused) {
    t.throws(() => decompress(Codec.LZ4, data), code(ErrorCode.UNKNOWN_SERVER_ERROR), name)
  }
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32LE(xxhash32(Buffer.from('a')))
  t.equal(decompress(Codec.LZ4, frame(0x70, 0x40, `${block} ${checksum.toString('hex')} 00000000`)).toString(), 'a')
  const sized = hex('04224d18 68 40 0100000000000000 00')
  sized[14] = (xxhash32(sized, 4, 14) >>> 8) & 0xff
  t.equal(decompress(Codec.LZ4, Buffer.concat([sized, hex(`${block} 00000000`)])).toString(), 'a', 'size is skipped')
})

t.test('A47: xxHash32 of known inputs', async (t) => {
  t.equal(xxhash32(Buffer.alloc(0)), 0x02cc5d05)
  t.equal(xxhash32(Buffer.from('a')), 0x550d7456)
  t.equal(xxhash32(Buffer.from('abc')), 0x32d153ff)
  t.equal(xxhash32(Buffer.from('Nobody inspects the spammish repetition')), 0xe2293b2f)
})

t.test('lz4: an endless match stays within the limit', async (t) => {
  const bomb = compress(Codec.LZ4, Buffer.alloc(8 * 1024 * 1024))
  t.ok(bomb.length < 64 * 1024)
  t.throws(() => decompress(Codec.LZ4, bomb, { maxBytes: 1024 * 1024 }), code(ErrorCode.MESSAGE_TOO_LARGE))
})

const lz4 = optional(
  () => createRequire(import.meta.url)('lz4') as { encode(data: Buffer): Buffer; decode(data: Buffer): Buffer },
)
t.test('lz4 frames agree with the lz4 package', { skip: lz4 === null && 'not built here' }, async (t) => {
  for (const data of [TEXT, LARGE, Buffer.from('x')]) {
    t.ok(decompress(Codec.LZ4, lz4!.encode(data)).equals(data))
    t.ok(lz4!.decode(compress(Codec.LZ4, data)).equals(data))
  }
})

t.test('lz4 frames agree with the lz4 command', { skip: !tool('lz4') && 'no such command' }, async (t) => {
  for (const data of [TEXT, LARGE]) {
    t.ok(decompress(Codec.LZ4, pipe('lz4', ['-c', '-BI', '-BX'], data)).equals(data))
    t.ok(pipe('lz4', ['-dc'], compress(Codec.LZ4, data)).equals(data))
  }
})

t.test('A50: zstd frames agree with the zstd command', { skip: !tool('zstd') && 'no such command' }, async (t) => {
  for (const data of [TEXT, LARGE, Buffer.alloc(3_000_000, 'ab')]) {
    for (const args of [['-c'], ['-c', '-19', '--no-check'], ['-c', '--no-content-size']]) {
      t.ok(decompress(Codec.ZSTD, pipe('zstd', args, data)).equals(data))
    }
    t.ok(pipe('zstd', ['-dc'], compress(Codec.ZSTD, data)).equals(data))
  }
})

t.test('A50: the WebAssembly zstd, which older Node needs', async (t) => {
  const compressed = compressZstdWasm(LARGE, 3)
  t.ok(decompressZstdWasm(compressed, LARGE.length).equals(LARGE))
  t.ok(decompress(Codec.ZSTD, compressed).equals(LARGE))
  t.ok(decompressZstdWasm(compress(Codec.ZSTD, LARGE), LARGE.length).equals(LARGE))
  const frames = Buffer.concat([compressed, hex('502a4d18 03000000 010203'), compressZstdWasm(TEXT, -5)])
  t.ok(decompressZstdWasm(frames, 1e9).equals(Buffer.concat([LARGE, TEXT])), 'frames in a row, one to be skipped')
  t.ok(decompress(Codec.ZSTD, frames).equals(Buffer.concat([LARGE, TEXT])), 'and so whatever Node has')
  const big = Buffer.alloc(30_000_000, 'odradek')
  t.ok(decompressZstdWasm(compressZstdWasm(big, 1), 1e9).equals(big), 'memory that grew is given back and begun anew')
  t.ok(decompressZstdWasm(compressed, LARGE.length).equals(LARGE))
})

t.test('A50: a zstd frame that claims an exabyte is judged by its blocks', async (t) => {
  const claims = hex('28b52ffd e0 ffffffffffffff0f 09 0000 61')
  t.throws(() => decompressZstdWasm(claims, 1e6), code(ErrorCode.UNKNOWN_SERVER_ERROR))
  const runs = Buffer.concat([hex('28b52ffd 00 88'), ...Array(64).fill(hex('020010 61')), hex('030010 61')])
  t.throws(() => decompressZstdWasm(runs, 1e6), code(ErrorCode.MESSAGE_TOO_LARGE))
  t.equal(decompressZstdWasm(runs, 1e8).length, 65 * 128 * 1024)
})

t.test('A31: zstd does not exist below magic 2', async (t) => {
  t.throws(() => compress(Codec.ZSTD, TEXT, { magic: 1 }), code(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE))
  t.throws(() => decompress(Codec.ZSTD, TEXT, { magic: 0 }), code(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE))
})
