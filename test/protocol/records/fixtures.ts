import type { RecordInput } from '../../../protocol/records/build.ts'
import { GOLDEN } from './golden/java-client.ts'

const text = (value: string) => Buffer.from(value)

/** The records in the golden bytes. */
export const RECORDS: readonly RecordInput[] = [
  {
    timestamp: 1700000000000,
    key: text('key-1'),
    value: text('value-1'),
    headers: [
      { key: 'trace', value: text('äbc') },
      { key: 'none', value: null },
      { key: '', value: text('') },
    ],
  },
  { timestamp: 1700000000005, key: null, value: text('no key') },
  { timestamp: 1699999999000, key: text('tombstone'), value: null },
  { timestamp: 1700000100000, key: text(''), value: text('') },
  { timestamp: 1700000000000, key: text('long'), value: text('odradek '.repeat(40)) },
]

export const PLAIN_RECORDS = RECORDS.map(({ timestamp, key, value }) => ({ timestamp, key, value }))
export const MAX_TIMESTAMP = 1700000100000
export const LOG_APPEND_TIME_MS = 1800000000000

/** A fresh copy, since batches are changed in place. */
export const golden = (name: keyof typeof GOLDEN): Buffer => Buffer.from(GOLDEN[name], 'hex')

/** For `t.throws`. */
export const failsWith = (code: number) => ({ code })
