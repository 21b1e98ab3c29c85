import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { BatchView } from '../../protocol/records/batch.ts'
import { readRecords } from '../../protocol/records/record.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createSystem } from '../../src/base/system.ts'
import { loopTurn } from '../../src/base/system-time.ts'
import { MAX_TAIL_BYTES_PER_LOG } from '../../src/log/tail.ts'
import { Broker } from '../../src/node/broker.ts'
import { setUp } from '../../src/node/options.ts'
import { batchOf, KEY, Wire } from '../api/harness.ts'

const VALUE_BYTES = 900_000
const BATCHES = 16

async function start(t: Test) {
  const dataDir = mkdtempSync(join(tmpdir(), 'odradek-slow-reader-'))
  const topics = [{ name: 't', partitions: 1, replicationFactor: 1, configs: {} }]
  const setup = setUp({ port: 0, host: '127.0.0.1', dataDir, flags: {}, topics })
  const broker = new Broker(createSystem(), setup, silentLogger, (error) => {
    throw error
  })
  await broker.start()
  const wires: Wire[] = []
  const connect = async () => {
    const wire = await Wire.open(broker.listeners[0]!.advertised.port)
    wires.push(wire)
    return wire
  }
  t.teardown(async () => {
    for (const wire of wires) wire.close()
    await broker.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { environment: broker.rooms!.logs.environment, server: broker.rooms!.server, connect }
}

async function produce(wire: Wire, letter: string): Promise<void> {
  for (let i = 0; i < BATCHES; i++) {
    const records = batchOf([letter.repeat(VALUE_BYTES)])
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
    const { responses } = await wire.send(KEY.PRODUCE, 9, { acks: 1, timeoutMs: 10_000, topicData })
    if (responses[0]!.partitionResponses[0]!.errorCode !== 0) throw new Error('not appended')
  }
}

/** For just the last batches that there are at first. */
const fetchBody = (batches: number) => ({
  maxWaitMs: 0,
  minBytes: 0,
  maxBytes: 2 ** 30,
  topics: [{ topic: 't', partitions: [partition(batches)] }],
  forgottenTopicsData: [],
})

const partition = (batches: number) => ({
  partition: 0,
  fetchOffset: BATCHES - batches,
  partitionMaxBytes: batches * batchOf(['A'.repeat(VALUE_BYTES)]).length,
})

/** The first letter of each batch that is whole and right. */
function letters(records: Buffer): string {
  let found = ''
  for (let at = 0; at < records.length; ) {
    const batch = BatchView.at(records, at)
    if (!batch.verifyCrc()) return `${found}!`
    found += String.fromCharCode(readRecords(batch).next().value!.value![0]!)
    at = batch.end
  }
  return found
}

t.test('memory that is used again does not change what slow readers are still to be sent', async (t) => {
  const { environment, server, connect } = await start(t)
  const { slabs, tails } = environment
  const producer = await connect()
  await produce(producer, 'A')
  // The limit of one log has let the first ones go.
  const kept = Math.floor(MAX_TAIL_BYTES_PER_LOG / (1 << 20)) - 1
  const slow = await Promise.all(Array.from({ length: 4 }, connect))
  const answers = slow.map((wire) => {
    wire.socket.pause()
    return wire.send(KEY.FETCH, 11, fetchBody(kept))
  })
  while (server.unsentBytes < 4_000_000) await loopTurn()
  tails.evictIdle(Number.POSITIVE_INFINITY)
  t.equal(tails.pinnedBytes, 0)
  await produce(producer, 'B')
  t.ok(server.unsentBytes >= 4_000_000, 'they still wait')
  for (const wire of slow) wire.socket.resume()
  for (const { responses } of await Promise.all(answers)) {
    t.equal(letters(responses[0]!.partitions[0]!.records as Buffer), 'A'.repeat(kept))
  }
  tails.evictIdle(Number.POSITIVE_INFINITY)
  while (server.unsentBytes > 0) await loopTurn()
  t.ok(slabs.freeBytes > 4_000_000, 'it was memory that is used again')
})
