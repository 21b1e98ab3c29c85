/** Codec ids as they stand in bits 0 to 2 of a batch's attributes. Ids 5 to 7 mean nothing. */
export const Codec = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const
export type Codec = (typeof Codec)[keyof typeof Codec]

/** The layout version of records: 0 and 1 are the legacy message sets, 2 the record batch of KIP-98. */
export type Magic = 0 | 1 | 2

/** Values of `compression.type`, except `producer`, which keeps what came. `none` is not one of them. */
export type CompressionType = 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

const NAMES = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export function codecOf(type: CompressionType): Codec {
  return NAMES.indexOf(type) as Codec
}

/** The name of a codec id; ids that mean nothing are named too, for messages. */
export function codecName(id: number): CompressionType | `unknown(${number})` {
  return NAMES[id] ?? `unknown(${id})`
}

export function isCodec(id: number): id is Codec {
  return id >= Codec.NONE && id <= Codec.ZSTD
}

/** Levels that topic and broker configs allow (KIP-390); snappy and none have no level. */
export const COMPRESSION_LEVELS = {
  gzip: { min: 1, max: 9, default: -1 },
  lz4: { min: 1, max: 17, default: 9 },
  zstd: { min: -131072, max: 22, default: 3 },
} as const
