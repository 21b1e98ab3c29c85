import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import t, { type Test } from 'tap'
import { BatchField, sealBatch } from '../../protocol/records/batch.ts'
import { batchOf, KEY, rawRequest, requestBytes, SOFTWARE, versionsOf, Wire } from '../api/harness.ts'
import { type RunningBroker, startBrokerProcess } from './broker-process.ts'

t.setTimeout(600_000)
const MIB = 1024 * 1024

const home = mkdtempSync(join(tmpdir(), 'odradek-bad-'))
const broker = await startBrokerProcess({
  args: ['--data-dir', home, '--topic', 't:1', '-c', 'socket.listen.backlog.size=1000'],
})
/** A connection from before all of this; nothing that others send may harm it. */
const bystander = await Wire.open(broker.port)
t.teardown(async () => {
  bystander.close()
  await broker.program.kill()
  rmSync(home, { recursive: true, force: true })
})

async function isWell(t: Test, { port, program }: RunningBroker = broker): Promise<void> {
  const { errorCode } = await bystander.send(KEY.API_VERSIONS, 3, SOFTWARE)
  t.equal(errorCode, 0, 'an old connection is served')
  const wire = await Wire.open(port)
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf(['well']) }] }]
  const { responses } = await wire.send(KEY.PRODUCE, 9, { acks: 1, timeoutMs: 1000, topicData })
  t.equal(responses[0]?.partitionResponses[0]?.errorCode, 0, 'a new one is, too')
  wire.close()
  t.equal(program.exit, undefined)
}

const size = (bytes: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(bytes)
  return buffer
}

t.test('what ends a connection, without an answer', async (t) => {
  const garbage = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 167 + 13) & 0xff))
  /** A Metadata request v1 whose array of topics says that it has so many. */
  const arrayOf = (length: number) => rawRequest(KEY.METADATA, 1, 1, size(length))
  /** A Produce request v2 whose records say that they are longer than the frame. */
  const produce = requestBytes(KEY.PRODUCE, 2, {
    acks: 1,
    timeoutMs: 1,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: Buffer.alloc(10) }] }],
  })
  produce.writeInt32BE(2 ** 30, produce.length - 14)
  const cases: [string, Buffer][] = [
    ['I1: a frame larger than the limit', size(104857601)],
    ['I1: the largest size there is', size(2 ** 31 - 1)],
    ['I1: a negative size', size(-1)],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a TLS handshake', Buffer.from('16030100c8010000c40303', 'hex')],
    ['an empty frame', size(0)],
    ['a frame without a whole header', Buffer.concat([size(5), Buffer.alloc(5)])],
    ['I7: an API that does not exist', rawRequest(999, 0, 1)],
    ['I7: a negative API', rawRequest(-1, 0, 1)],
    ['N-F3: an API that went', rawRequest(4, 0, 1)],
    ['I8: an API that is not served', rawRequest(52, 0, 1)],
    ['I7: a version that is too new', rawRequest(KEY.METADATA, 99, 1, Buffer.alloc(20))],
    ['I7: a negative version', rawRequest(KEY.METADATA, -1, 1, Buffer.alloc(20))],
    ['I7: an array that is longer than the frame', arrayOf(1000)],
    ['I7: an array of two thousand millions', arrayOf(2 ** 31 - 1)],
    ['I7: an array of negative length', arrayOf(-7)],
    ['I7: bytes that are longer than the frame', produce],
    ['I7: a body that is not there', rawRequest(KEY.FETCH, 4, 1)],
    ['a client id that is longer than the frame', clientIdOf(30_000)],
    ['a client id of negative length', clientIdOf(-5)],
  ]
  for (const key of [KEY.PRODUCE, KEY.FETCH, KEY.JOIN_GROUP, KEY.CREATE_TOPICS] as const) {
    for (const version of [versionsOf(key)[0]!, versionsOf(key).at(-1)!]) {
      cases.push([`garbage for API ${key} v${version}`, rawRequest(key, version, 1, garbage)])
    }
  }
  for (const [name, bytes] of cases) {
    t.test(name, async (t) => {
      const wire = await Wire.open(broker.port)
      wire.write(bytes)
      await wire.closed
      await t.rejects(wire.frame(), 'no answer')
    })
  }
  t.test('the broker is well', isWell)
})

t.test('earlier requests of such a connection are answered', async (t) => {
  const wire = await Wire.open(broker.port)
  const answer = wire.send(KEY.API_VERSIONS, 3, SOFTWARE)
  wire.write(size(-1))
  t.equal((await answer).errorCode, 0)
  await wire.closed
})

t.test('a frame that ends in the middle', async (t) => {
  for (const part of [1, 3, 4, 10, 20]) {
    const wire = await Wire.open(broker.port)
    wire.write(requestBytes(KEY.METADATA, 9, { topics: null }).subarray(0, part))
    wire.socket.end()
    await wire.closed
  }
  await isWell(t)
})

t.test('garbage of every length, in every version', async (t) => {
  // Whatever it is taken for, it ends in an answer or in the end of the connection.
  let hash = 1
  const nextByte = () => {
    hash = (hash * 48271) % 2147483647
    return hash & 0xff
  }
  for (const key of Object.values(KEY)) {
    for (const version of versionsOf(key)) {
      const wire = await Wire.open(broker.port)
      const body = Buffer.from(Array.from({ length: (version * 37) % 80 }, nextByte))
      wire.write(rawRequest(key, version, 5, body))
      // Half closed: if the broker waits for more, the end tells it that nothing comes.
      wire.socket.end()
      await wire.closed
    }
  }
  await isWell(t)
})

t.test('extra bytes after a body are ignored', async (t) => {
  const wire = await Wire.open(broker.port)
  wire.write(rawRequest(KEY.API_VERSIONS, 0, 42, Buffer.from('more than there should be')))
  const frame = await wire.frame()
  t.equal(frame.readInt32BE(0), 42)
  t.equal(frame.readInt16BE(4), 0)
  wire.close()
})

const skip = process.platform === 'linux' ? false : 'needs /proc'
const residentBytes = (): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${broker.program.child.pid}/status`, 'latin1'))![1]) * 1024

/** Sockets that say nothing back and need not be read. */
function openMany(count: number): Promise<Socket[]> {
  const one = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect({ port: broker.port, host: '127.0.0.1' }, () => resolve(socket))
      socket.on('error', reject)
    })
  return inTurns(count, 100, one)
}

/** So many at a time: the system lets only some wait to be accepted. */
async function inTurns<T>(count: number, atOnce: number, start: () => Promise<T>): Promise<T[]> {
  const all: T[] = []
  while (all.length < count) {
    all.push(...(await Promise.all(Array.from({ length: Math.min(atOnce, count - all.length) }, start))))
  }
  return all
}

t.test('memory is bounded by what was sent', { skip }, async (t) => {
  t.test('200 connections announce 100 MB each and send nothing', async (t) => {
    const before = residentBytes()
    const sockets = await openMany(200)
    for (const socket of sockets) socket.write(size(100_000_000))
    await isWell(t)
    const grown = residentBytes() - before
    t.ok(grown < 100 * MIB, `grew by ${Math.round(grown / MIB)} MiB`)
    for (const socket of sockets) socket.destroy()
    await isWell(t)
  })

  t.test('500 connections send half a request and fall silent', async (t) => {
    const before = residentBytes()
    const sockets = await openMany(500)
    const half = Buffer.concat([size(1_000_000), Buffer.alloc(10_000)])
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(half, resolve))))
    await isWell(t)
    const grown = residentBytes() - before
    // Five megabytes were sent, each part perhaps in a slab of its own.
    t.ok(grown < 150 * MIB, `grew by ${Math.round(grown / MIB)} MiB`)
    for (const socket of sockets) socket.destroy()
    await isWell(t)
  })

  t.test('5,000 connections that say nothing', async (t) => {
    const before = residentBytes()
    const sockets = await openMany(5000)
    await isWell(t)
    const grown = residentBytes() - before
    t.ok(grown < 150 * MIB, `grew by ${Math.round(grown / MIB)} MiB`)
    for (const socket of sockets) socket.destroy()
    await isWell(t)
  })

  t.test('a client that asks and asks and never reads', async (t) => {
    const [socket] = await openMany(1)
    socket!.pause()
    const request = requestBytes(KEY.API_VERSIONS, 3, SOFTWARE)
    const many = Buffer.concat(Array.from({ length: 1000 }, () => request))
    const before = residentBytes()
    // 64 MiB of requests, for some 600 MiB of answers: the broker stops reading once its answers are not taken.
    for (let sent = 0; sent < 64 * MIB; sent += many.length) socket!.write(many)
    for (let round = 0; round < 200; round++) await bystander.send(KEY.METADATA, 9, { topics: null })
    await isWell(t)
    const grown = residentBytes() - before
    t.ok(grown < 100 * MIB, `grew by ${Math.round(grown / MIB)} MiB`)
    socket!.destroy()
    await isWell(t)
  })
})

t.test('a batch that would inflate to more than there may be is refused', async (t) => {
  const gzip = createGzip({ level: 9 })
  const compressed: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => compressed.push(chunk))
  await pipeline(Array(16).fill(Buffer.alloc(16 * MIB)), gzip)
  const bomb = Buffer.concat(compressed)
  const batch = Buffer.concat([batchOf(['v']).subarray(0, 61), bomb])
  batch.writeInt32BE(batch.length - 12, BatchField.LENGTH)
  batch.writeInt16BE(1, BatchField.ATTRIBUTES)
  sealBatch(batch, 0, batch.length)
  const wire = await Wire.open(broker.port)
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batch }] }]
  const { responses } = await wire.send(KEY.PRODUCE, 9, { acks: 1, timeoutMs: 1000, topicData })
  t.not(responses[0]?.partitionResponses[0]?.errorCode, 0)
  wire.close()
  await isWell(t)
})

t.test('after all of this it stops in order', async (t) => {
  broker.program.signal('SIGTERM')
  t.strictSame(await broker.program.exited, { code: 0, signal: null })
})

function clientIdOf(length: number): Buffer {
  const frame = rawRequest(KEY.METADATA, 1, 1)
  frame.writeInt16BE(length, 12)
  return frame
}
