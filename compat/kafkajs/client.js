// kafkajs as its users set it up: the three codecs it leaves to plug-ins, quiet logs, short waits.
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { compress, decompress } from '@mongodb-js/zstd'
import kafkajs from 'kafkajs'
import SnappyCodec from 'kafkajs-snappy'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
const require = createRequire(import.meta.url)
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

/** Why LZ4 cannot be used here (its plug-in needs a compiler), or null. */
export let lz4Missing = null

CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: (encoder) => compress(encoder.buffer),
  decompress: (buffer) => decompress(buffer),
})
try {
  const LZ4Codec = require('kafkajs-lz4')
  CompressionCodecs[CompressionTypes.LZ4] = new LZ4Codec().codec
} catch (error) {
  lz4Missing = `kafkajs-lz4 does not load: ${error.message.split('\n')[0]}`
}

export const TYPES = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

export const name = 'kafkajs'
export const codecs = Object.keys(TYPES).filter((codec) => codec !== 'lz4' || !lz4Missing)

export function connect(bootstrap, options = {}) {
  return new Kafka({
    clientId: 'compat-kafkajs',
    brokers: [bootstrap],
    logLevel: process.env.KAFKAJS_LOG ? logLevel[process.env.KAFKAJS_LOG] : logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 12 },
    ...options,
  })
}

export async function withAdmin(bootstrap, use) {
  const admin = connect(bootstrap).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** `messages`: kafkajs messages. Returns the answers of the broker. */
export async function produce({ bootstrap, topic, messages, codec = 'none', acks = -1, producerOptions = {} }) {
  const producer = connect(bootstrap).producer({ allowAutoTopicCreation: false, ...producerOptions })
  await producer.connect()
  try {
    return await producer.send({ topic, messages, acks, compression: TYPES[codec] })
  } finally {
    await producer.disconnect()
  }
}

/**
 * Reads until `count` messages have come (or, with `settleMs`, until nothing came for that long after them, to notice
 * duplicates). `seek` is a list of { partition, offset }. `onReady` runs once when the member has its assignment.
 */
export async function consume({
  bootstrap,
  topic,
  count,
  fromBeginning = true,
  seek = [],
  groupId = `g-${randomBytes(4).toString('hex')}`,
  settleMs = 0,
  onReady,
  consumerOptions = {},
}) {
  const consumer = connect(bootstrap).consumer({
    groupId,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    ...consumerOptions,
  })
  const received = []
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning })
    await new Promise((resolve, reject) => {
      let settle
      const check = () => {
        if (received.length < count) return
        clearTimeout(settle)
        settle = setTimeout(resolve, settleMs)
      }
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error))
      if (onReady) {
        let fetches = 0
        consumer.on(consumer.events.FETCH, () => {
          if (++fetches === 1) Promise.resolve(onReady(consumer)).catch(reject)
        })
      }
      consumer
        .run({
          eachMessage: async ({ partition, message }) => {
            received.push({ partition, ...message })
            check()
          },
        })
        .then(() => {
          for (const { partition, offset } of seek) consumer.seek({ topic, partition, offset: String(offset) })
          if (count === 0) check()
        }, reject)
    })
    return received
  } finally {
    await consumer.disconnect()
  }
}

/** For the cross suite: plain { key, value, headers } in, the same out, all as strings or null. */
export async function writeAll({ bootstrap, topic, messages, codec }) {
  await produce({ bootstrap, topic, messages, codec })
}

export async function readAll({ bootstrap, topic, count }) {
  const received = await consume({ bootstrap, topic, count })
  const text = (value) => (value === null || value === undefined ? null : value.toString())
  return received.map(({ offset, key, value, headers }) => ({
    offset: Number(offset),
    key: text(key),
    value: text(value),
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, header]) => [name, text(header)])),
  }))
}
