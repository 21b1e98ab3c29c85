import { ErrorCode, ProtocolError } from '../errors.ts'
import { COMPRESSION_LEVELS, Codec, codecName, type Magic } from './codec.ts'
import { MAX_DECOMPRESSED_BYTES, tooLarge, unsupported } from './failures.ts'
import { compressGzip, decompressGzip } from './gzip.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

export { COMPRESSION_LEVELS, Codec, type CompressionType, codecName, codecOf, isCodec, type Magic } from './codec.ts'
export { MAX_DECOMPRESSED_BYTES } from './failures.ts'

export interface CompressOptions {
  /** See COMPRESSION_LEVELS; LZ4 has one speed here whatever the level. */
  level?: number | undefined
  /** Layout of the records inside; LZ4 differs for 0, zstd needs 2. Default 2. */
  magic?: Magic | undefined
}

export interface DecompressOptions {
  magic?: Magic | undefined
  /** Refuses data that inflates to more, before memory for it is taken. Default MAX_DECOMPRESSED_BYTES. */
  maxBytes?: number | undefined
}

/**
 * Compresses the records of a batch as Apache Kafka frames them. Without a codec the data itself is returned.
 * @throws ProtocolError UNSUPPORTED_COMPRESSION_TYPE: no such codec here or for this magic
 */
export function compress(codec: Codec, data: Buffer, { level, magic = 2 }: CompressOptions = {}): Buffer {
  switch (codec) {
    case Codec.NONE:
      return data
    case Codec.GZIP:
      return compressGzip(data, level ?? COMPRESSION_LEVELS.gzip.default)
    case Codec.SNAPPY:
      return compressSnappy(data)
    case Codec.LZ4:
      return compressLz4(data, magic)
    case Codec.ZSTD:
      checkZstdMagic(magic)
      return compressZstd(data, level ?? COMPRESSION_LEVELS.zstd.default)
    default:
      throw unknownCodec(codec)
  }
}

/**
 * Inflates the records of a batch. The result may share memory with `data`.
 * @param codec three bits from the wire
 * @throws ProtocolError UNKNOWN_SERVER_ERROR: ids 5 to 7, or data that cannot be inflated; MESSAGE_TOO_LARGE: more
 *   than `maxBytes`; UNSUPPORTED_COMPRESSION_TYPE: the codec's package is missing, or zstd below magic 2
 */
export function decompress(codec: number, data: Buffer, options: DecompressOptions = {}): Buffer {
  const { magic = 2, maxBytes = MAX_DECOMPRESSED_BYTES } = options
  switch (codec) {
    case Codec.NONE:
      if (data.length > maxBytes) throw tooLarge('uncompressed', maxBytes)
      return data
    case Codec.GZIP:
      return decompressGzip(data, maxBytes)
    case Codec.SNAPPY:
      return decompressSnappy(data, maxBytes)
    case Codec.LZ4:
      return decompressLz4(data, maxBytes, magic)
    case Codec.ZSTD:
      checkZstdMagic(magic)
      return decompressZstd(data, maxBytes)
    default:
      throw unknownCodec(codec)
  }
}

function checkZstdMagic(magic: Magic): void {
  if (magic < 2) throw unsupported(`zstd does not exist for magic ${magic}`)
}

function unknownCodec(id: number): ProtocolError {
  return new ProtocolError(ErrorCode.UNKNOWN_SERVER_ERROR, `no such codec: ${codecName(id)}`)
}
