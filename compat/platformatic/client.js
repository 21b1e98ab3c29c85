// @platformatic/kafka as its users set it up. It takes zstd from node:zlib, which Node 20 does not have; there the
// codec is filled in from WebAssembly, so that all four are judged on every Node.
import { randomBytes } from 'node:crypto'
import { Admin, Consumer, compressionsAlgorithms, Producer, stringDeserializers } from '@platformatic/kafka'

if (!compressionsAlgorithms.zstd.available) {
  const { compress, decompress, init } = await import('@bokuweb/zstd-wasm')
  await init()
  const bytes = (data) => (Buffer.isBuffer(data) ? data : data.buffer)
  Object.assign(compressionsAlgorithms.zstd, {
    compressSync: (data) => Buffer.from(compress(bytes(data))),
    decompressSync: (data) => Buffer.from(decompress(bytes(data))),
    available: true,
  })
}

export const name = 'platformatic'
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const settings = (bootstrap) => ({
  clientId: 'compat-platformatic',
  bootstrapBrokers: [bootstrap],
  retries: 20,
  retryDelay: 100,
  connectTimeout: 5000,
})

export const connectAdmin = (bootstrap, options = {}) => new Admin({ ...settings(bootstrap), ...options })
/** Keys, values and headers are Buffers on this level. */
export const connectProducer = (bootstrap, options = {}) => new Producer({ ...settings(bootstrap), ...options })
export const connectConsumer = (bootstrap, options = {}) =>
  new Consumer({
    ...settings(bootstrap),
    groupId: `g-${randomBytes(4).toString('hex')}`,
    maxWaitTime: 100,
    minBytes: 1,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 200,
    ...options,
  })

export async function withAdmin(bootstrap, use) {
  const admin = connectAdmin(bootstrap)
  try {
    return await use(admin)
  } finally {
    await admin.close()
  }
}

const toBytes = (value) =>
  value === null || value === undefined || Buffer.isBuffer(value) ? value : Buffer.from(value)

/** `messages`: { key, value, headers, partition, timestamp } with strings or Buffers. */
export async function produce({
  bootstrap,
  topic,
  messages,
  codec = 'none',
  acks = -1,
  producer: given,
  options = {},
}) {
  const producer = given ?? connectProducer(bootstrap)
  try {
    return await producer.send({
      messages: messages.map(({ key, value, headers, ...rest }) => ({
        ...rest,
        topic,
        key: toBytes(key) ?? undefined,
        value: toBytes(value) ?? undefined,
        headers: new Map(Object.entries(headers ?? {}).map(([header, text]) => [Buffer.from(header), toBytes(text)])),
      })),
      compression: codec,
      acks,
      ...options,
    })
  } finally {
    if (!given) await producer.close()
  }
}

/**
 * Reads in a group of its own (or `groupId`) until `count` messages have come and, with `settleMs`, none followed for
 * that long. `stream` are options of consume(). Without deserializers keys and values are Buffers.
 */
export async function consume({
  bootstrap,
  topic,
  count,
  settleMs = 0,
  mode = 'earliest',
  stream: streamOptions = {},
  onReady,
  options = {},
}) {
  const consumer = connectConsumer(bootstrap, options)
  const received = []
  try {
    const stream = await consumer.consume({
      topics: [topic],
      mode,
      ...(mode === 'committed' ? { fallbackMode: 'earliest' } : {}),
      ...streamOptions,
    })
    await new Promise((resolve, reject) => {
      let settle
      const check = () => {
        if (received.length < count) return
        clearTimeout(settle)
        settle = setTimeout(resolve, settleMs)
      }
      stream.on('error', reject)
      stream.on('data', (message) => {
        received.push(message)
        check()
      })
      if (onReady) stream.once('fetch', () => Promise.resolve(onReady(stream)).catch(reject))
      if (count === 0) check()
    })
    await stream.close()
    return received
  } finally {
    await consumer.close(true)
  }
}

/** For the cross suite: plain { key, value, headers } in, the same out, all as strings or null. */
export async function writeAll({ bootstrap, topic, messages, codec }) {
  await produce({ bootstrap, topic, messages, codec })
}

export async function readAll({ bootstrap, topic, count }) {
  const received = await consume({ bootstrap, topic, count, options: { deserializers: stringDeserializers } })
  return received.map(({ offset, key, value, headers }) => ({
    offset: Number(offset),
    key: key ?? null,
    value: value ?? null,
    headers: Object.fromEntries([...headers].map(([header, text]) => [header, text ?? null])),
  }))
}
