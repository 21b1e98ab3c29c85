// Creates a topic with one hand-written CreateTopics v2 request, for clients that cannot create topics themselves.
import { connect } from 'node:net'

const CREATE_TOPICS = 19
const VERSION = 2
const TIMEOUT_MS = 10_000

const int16 = (value) => Buffer.from([(value >> 8) & 255, value & 255])
const int32 = (value) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const string = (text) => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])

export async function createTopic(bootstrap, topic, partitions = 1, config = {}) {
  const entries = Object.entries(config)
  const body = Buffer.concat([
    int16(CREATE_TOPICS),
    int16(VERSION),
    int32(1), // correlation id
    string('compat'),
    int32(1), // one topic
    string(topic),
    int32(partitions),
    int16(1), // replicas
    int32(0), // no manual assignment
    int32(entries.length),
    ...entries.flatMap(([name, value]) => [string(name), string(String(value))]),
    int32(TIMEOUT_MS),
    Buffer.from([0]), // validate only: no
  ])
  const colon = bootstrap.lastIndexOf(':')
  const socket = connect({ host: bootstrap.slice(0, colon), port: Number(bootstrap.slice(colon + 1)) })
  try {
    const answer = await new Promise((resolve, reject) => {
      let received = Buffer.alloc(0)
      socket.setTimeout(TIMEOUT_MS, () => reject(new Error('CreateTopics was not answered')))
      socket.on('error', reject)
      socket.on('end', () => reject(new Error('the broker closed the connection on CreateTopics')))
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk])
        if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) resolve(received.subarray(4))
      })
      socket.write(Buffer.concat([int32(body.length), body]))
    })
    // correlation id, throttle, count of topics, name, error code
    const errorAt = 4 + 4 + 4 + 2 + Buffer.byteLength(topic)
    const error = answer.readInt16BE(errorAt)
    if (error !== 0) throw new Error(`CreateTopics of ${topic}: error ${error}`)
  } finally {
    socket.destroy()
  }
}
