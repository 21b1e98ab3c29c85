import t, { type Test } from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { DiskError } from '../../src/base/disk.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { createSystem } from '../../src/base/system.ts'
import { Broker } from '../../src/node/broker.ts'
import { setUp } from '../../src/node/options.ts'
import { batchOf, KEY, valuesOf, Wire } from '../api/harness.ts'

/** Told of what stops a node. */
let haltWith: ((error: Error) => void) | undefined

/** A broker on the real network and on a disk in memory that can fail. */
async function start(t: Test, disk: MemoryDisk, dirs: string, partitions: number) {
  const setup = setUp({
    port: 0,
    host: '127.0.0.1',
    flags: { 'log.dirs': dirs },
    topics: [{ name: 't', partitions, replicationFactor: 1, configs: {} }],
  })
  const fatal: Error[] = []
  const broker = new Broker({ ...createSystem(), disk }, setup, silentLogger, (error) => {
    fatal.push(error)
    haltWith?.(error)
  })
  await broker.start()
  const wire = await Wire.open(broker.listeners[0]!.advertised.port)
  t.teardown(async () => {
    wire.close()
    await broker.stop().catch(() => {})
  })
  const produce = async (partition: number, value: string, acks = -1) => {
    const topicData = [{ name: 't', partitionData: [{ index: partition, records: batchOf([value]) }] }]
    const { responses } = await wire.send(KEY.PRODUCE, 9, { acks, timeoutMs: 10_000, topicData })
    return responses[0]!.partitionResponses[0]!.errorCode
  }
  const fetch = async (partition: number) => {
    const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 100_000 }]
    const body = { maxWaitMs: 0, minBytes: 0, topics: [{ topic: 't', partitions }], forgottenTopicsData: [] }
    return (await wire.send(KEY.FETCH, 11, body)).responses[0]!.partitions[0]!
  }
  return { broker, wire, produce, fetch, fatal }
}

const dirOf = (disk: MemoryDisk, partition: number): string =>
  [...disk.files().keys()].find((path) => path.includes(`/t-${partition}/`))!.split('/t-')[0]!

for (const code of ['ENOSPC', 'EIO']) {
  t.test(`one of two directories fails with ${code}`, async (t) => {
    const disk = new MemoryDisk({ wallMs: () => Date.now() })
    const { broker, produce, fetch } = await start(t, disk, '/one,/two', 4)
    const [here, there] = [0, 1, 2, 3].reduce<[number[], number[]]>(
      ([one, two], partition) =>
        dirOf(disk, partition) === '/one' ? [[...one, partition], two] : [one, [...two, partition]],
      [[], []],
    )
    t.ok(here.length > 0 && there.length > 0, 'partitions are in both')
    for (const partition of [...here, ...there]) t.equal(await produce(partition, 'before'), ErrorCode.NONE)

    disk.hook = ({ kind, path }) =>
      kind === 'write' && path.startsWith('/two/') ? new DiskError(code, `cannot write ${path}: ${code}`) : undefined
    for (const acks of [1, -1]) {
      t.equal(await produce(there[0]!, 'refused', acks), ErrorCode.KAFKA_STORAGE_ERROR)
    }
    t.equal(await produce(here[0]!, 'after'), ErrorCode.NONE, 'the other directory serves')
    t.strictSame(valuesOf((await fetch(here[0]!)).records), ['before', 'after'])
    t.equal((await fetch(there[0]!)).errorCode, ErrorCode.KAFKA_STORAGE_ERROR)

    disk.hook = undefined
    await broker.stop().catch(() => {})
    disk.crash('written')
    const again = await start(t, disk, '/one,/two', 4)
    for (const partition of here.slice(1)) t.strictSame(valuesOf((await again.fetch(partition)).records), ['before'])
    t.strictSame(valuesOf((await again.fetch(there[0]!)).records), ['before'], 'acknowledged, and nothing else')
    t.equal(await again.produce(there[0]!, 'again'), ErrorCode.NONE)
  })
}

t.test('half of a write gets down before the disk is full', async (t) => {
  const disk = new MemoryDisk({ wallMs: () => Date.now() })
  const { broker, produce } = await start(t, disk, '/one,/two', 4)
  const partition = [0, 1, 2, 3].find((index) => dirOf(disk, index) === '/two')!
  t.equal(await produce(partition, 'before'), ErrorCode.NONE)
  disk.hook = ({ kind, path, bytes }) =>
    kind === 'write' && path.endsWith('.log') && path.startsWith('/two/')
      ? { written: bytes >> 1, error: new DiskError('ENOSPC', 'full') }
      : undefined
  t.equal(await produce(partition, 'half'), ErrorCode.KAFKA_STORAGE_ERROR)
  disk.hook = undefined
  await broker.stop().catch(() => {})
  disk.crash('written')
  const again = await start(t, disk, '/one,/two', 4)
  t.strictSame(valuesOf((await again.fetch(partition)).records), ['before'])
  t.equal(await again.produce(partition, 'after'), ErrorCode.NONE)
  t.strictSame(valuesOf((await again.fetch(partition)).records), ['before', 'after'])
})

t.test('the only directory is full', async (t) => {
  const disk = new MemoryDisk({ wallMs: () => Date.now() })
  const { broker, produce } = await start(t, disk, '/only', 1)
  t.equal(await produce(0, 'before'), ErrorCode.NONE)
  disk.hook = ({ kind, path }) =>
    kind === 'write' && path.endsWith('.log') ? new DiskError('ENOSPC', 'full') : undefined
  t.equal(await produce(0, 'refused'), ErrorCode.KAFKA_STORAGE_ERROR)
  disk.hook = undefined
  await broker.stop().catch(() => {})
  disk.crash('written')
  const again = await start(t, disk, '/only', 1)
  t.strictSame(valuesOf((await again.fetch(0)).records), ['before'])
  t.equal(await again.produce(0, 'after'), ErrorCode.NONE)
})

t.test('B84: a node whose only directory has failed says so to who asks, and halts', async (t) => {
  const disk = new MemoryDisk({ wallMs: () => Date.now() })
  const halted = new Promise<Error>((resolve) => {
    haltWith = resolve
  })
  const { produce } = await start(t, disk, '/only', 1)
  disk.hook = ({ kind, path }) =>
    kind === 'write' && path.endsWith('/t-0/00000000000000000000.log') ? new DiskError('ENOSPC', 'full') : undefined
  t.equal(await produce(0, 'refused'), ErrorCode.KAFKA_STORAGE_ERROR)
  t.match(await halted, { name: 'DiskError', code: 'ENOSPC' })
})
