// Looks at record batches where they lie, with nothing but the documented layout of a v2 batch header.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const MAGIC_AT = 16
const ATTRIBUTES_AT = 21
const COUNT_AT = 57
const LOG_OVERHEAD = 12

/** Batches of one partition: [{ baseOffset, magic, codec, records, bytes }], in file order. */
export function batchesOnDisk(dataDir, topic, partition = 0) {
  const dir = join(dataDir, `${topic}-${partition}`)
  const batches = []
  for (const name of readdirSync(dir).sort()) {
    if (!name.endsWith('.log')) continue
    const file = readFileSync(join(dir, name))
    let at = 0
    while (at + COUNT_AT + 4 <= file.length) {
      const bytes = LOG_OVERHEAD + file.readInt32BE(at + 8)
      if (bytes <= LOG_OVERHEAD) break
      batches.push({
        baseOffset: Number(file.readBigInt64BE(at)),
        magic: file.readInt8(at + MAGIC_AT),
        codec: CODECS[file.readInt16BE(at + ATTRIBUTES_AT) & 7],
        records: file.readInt32BE(at + COUNT_AT),
        bytes,
      })
      at += bytes
    }
  }
  return batches
}
