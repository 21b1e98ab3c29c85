import t from 'tap'
import { Codec, compress, decompress } from '../../../protocol/compression/index.ts'
import { withPackageLoader } from '../../../protocol/compression/packages.ts'
import { ErrorCode } from '../../../protocol/errors.ts'

t.test(
  'without its prebuilt package a codec is an unsupported compression type, and the package is named',
  async (t) => {
    const putBack = withPackageLoader((name) => {
      throw new Error(`Cannot find module '${name}'`)
    })
    t.teardown(putBack)
    const data = Buffer.from('data')
    const refusal = (name: string) => ({ code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message: new RegExp(name) })
    t.throws(() => compress(Codec.SNAPPY, data), refusal('snappy'))
    t.throws(() => decompress(Codec.SNAPPY, Buffer.from('0410646174610a', 'hex')), refusal('snappy'))
    t.throws(() => compress(Codec.LZ4, data), refusal('lz4-napi'))
    t.equal(decompress(Codec.GZIP, compress(Codec.GZIP, data)).toString(), 'data')
    putBack()
    t.equal(decompress(Codec.SNAPPY, compress(Codec.SNAPPY, data)).toString(), 'data')
  },
)
