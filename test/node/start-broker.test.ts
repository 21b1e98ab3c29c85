import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { startBroker } from '../../src/node/start-broker.ts'
import { batchOf, KEY, valuesOf, Wire } from '../api/harness.ts'
import { ROOT } from './broker-process.ts'

const home = mkdtempSync(join(tmpdir(), 'odradek-start-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))

t.test('a broker with topics, on a port of its own', async (t) => {
  await using broker = await startBroker({
    topics: { orders: { partitions: 3 }, compacted: { config: { 'cleanup.policy': 'compact' } } },
    config: { 'num.partitions': '2' },
  })
  t.match(broker.bootstrapServers, /^127\.0\.0\.1:\d+$/)
  t.equal(broker.bootstrapServers, `127.0.0.1:${broker.port}`)
  t.equal(broker.nodeId, 1)
  t.match(broker.clusterId, /^[\w-]{22}$/)
  const wire = await Wire.open(broker.port)
  const { topics } = await wire.send(KEY.METADATA, 9, { topics: null })
  t.strictSame(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length])), {
    orders: 3,
    compacted: 2,
  })
  wire.close()
})

t.test('several brokers in one process know nothing of each other', async (t) => {
  await using one = await startBroker({ topics: { one: {} } })
  await using two = await startBroker({ topics: { two: {} } })
  t.not(one.port, two.port)
  t.not(one.clusterId, two.clusterId)
  for (const [broker, name] of [
    [one, 'one'],
    [two, 'two'],
  ] as const) {
    const wire = await Wire.open(broker.port)
    t.match((await wire.send(KEY.METADATA, 9, { topics: null })).topics, [{ name }])
    wire.close()
  }
})

t.test('stop closes connections, frees the port, removes temporary data, and may be called again', async (t) => {
  const before = new Set(readdirSync(tmpdir()))
  const broker = await startBroker()
  const made = readdirSync(tmpdir()).filter((name) => !before.has(name) && name.startsWith('odradek-'))
  const wire = await Wire.open(broker.port)
  await Promise.all([broker.stop(), broker.stop()])
  await wire.closed
  await broker.stop()
  const after = new Set(readdirSync(tmpdir()))
  // Other tests make theirs at the same time; ours is among those that came and went.
  t.ok(made.some((name) => !after.has(name)))
  await t.rejects(Wire.open(broker.port), { code: 'ECONNREFUSED' })
  await using again = await startBroker({ port: broker.port })
  t.equal(again.port, broker.port)
})

t.test('a start that fails gives back the directory, in this very process', async (t) => {
  const badListener = { listeners: 'NOWHERE://localhost:0' }
  const unreachable = { 'controller.quorum.voters': '1@a:1,2@b:2' }
  const damaged = join(home, 'damaged')
  mkdirSync(join(damaged, '__cluster_metadata-0'), { recursive: true })
  writeFileSync(join(damaged, '__cluster_metadata-0', 'quorum-state'), 'no JSON')
  for (const [name, config, dataDir] of [
    ['ConfigError', badListener, join(home, 'bad-listener')],
    ['ConfigError', unreachable, join(home, 'unreachable')],
    ['QuorumError', {}, damaged],
  ] as const) {
    await t.rejects(startBroker({ dataDir, config }), { name })
    // The lock tells: it is the first thing that the second attempt would stumble over.
    await t.rejects(startBroker({ dataDir, config }), { name })
  }
})

t.test('the same data again: topics, records, groups, producers, cluster id', async (t) => {
  const dataDir = join(home, 'again')
  const first = await startBroker({ dataDir, topics: { kept: { partitions: 2 } } })
  const { clusterId } = first
  let wire = await Wire.open(first.port)
  const produce = async (records: Buffer) => {
    const topicData = [{ name: 'kept', partitionData: [{ index: 1, records }] }]
    const { responses } = await wire.send(KEY.PRODUCE, 9, { acks: -1, timeoutMs: 10_000, topicData })
    return responses[0]!.partitionResponses[0]!
  }
  const { topics } = await wire.send(KEY.METADATA, 12, { topics: [{ name: 'kept' }] })
  const { topicId } = topics[0]!
  const { producerId } = await wire.send(KEY.INIT_PRODUCER_ID, 4, { transactionalId: null, transactionTimeoutMs: 1 })
  const producer = { producerId: Number(producerId), producerEpoch: 0, baseSequence: 0 }
  const sent = batchOf(['a', 'b'], producer)
  t.match(await produce(Buffer.from(sent)), { errorCode: 0, baseOffset: 0 })
  await wire.send(KEY.FIND_COORDINATOR, 4, { coordinatorKeys: ['g'] })
  const partitions = [{ partitionIndex: 1, committedOffset: 1, committedMetadata: 'here' }]
  await wire.send(KEY.OFFSET_COMMIT, 8, { groupId: 'g', memberId: '', topics: [{ name: 'kept', partitions }] })
  wire.close()
  await first.stop()

  await using second = await startBroker({ dataDir })
  t.equal(second.clusterId, clusterId)
  wire = await Wire.open(second.port)
  const again = await wire.send(KEY.METADATA, 12, { topics: [{ name: 'kept' }] })
  t.match(again.topics, [{ errorCode: 0, topicId, partitions: [{ leaderId: 1 }, { leaderId: 1 }] }])
  const { groups } = await wire.send(KEY.OFFSET_FETCH, 8, { groups: [{ groupId: 'g', topics: null }] })
  t.match(groups, [{ topics: [{ name: 'kept', partitions: [{ committedOffset: 1, metadata: 'here' }] }] }])
  t.match(await produce(Buffer.from(sent)), { errorCode: 0, baseOffset: 0 }, 'the duplicate is known')
  t.match(await produce(batchOf(['c'], { ...producer, baseSequence: 2 })), { errorCode: 0, baseOffset: 2 })
  const asked = [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 10_000 }]
  const body = { maxWaitMs: 0, minBytes: 0, topics: [{ topic: 'kept', partitions: asked }], forgottenTopicsData: [] }
  const { responses } = await wire.send(KEY.FETCH, 11, body)
  t.strictSame(valuesOf(responses[0]!.partitions[0]!.records), ['a', 'b', 'c'])
  const other = await wire.send(KEY.INIT_PRODUCER_ID, 4, { transactionalId: null, transactionTimeoutMs: 1 })
  t.ok(other.producerId > producerId, 'ids are never given twice')
  wire.close()
})

t.test('what fails is worded, and leaves nothing behind', async (t) => {
  await using broker = await startBroker({ dataDir: join(home, 'locked') })
  await t.rejects(startBroker({ port: broker.port }), { name: 'NetworkError', message: /is taken/ })
  await t.rejects(startBroker({ dataDir: join(home, 'locked') }), { name: 'DiskError' })
  await t.rejects(startBroker({ config: { 'num.partitions': 'x' } }), { name: 'ConfigError' })
  const config = { 'metadata.log.dir': join(home, 'elsewhere') }
  await t.rejects(startBroker({ config }), { name: 'ConfigError', message: /is none of log\.dirs/ })
  for (const voter of ['localhost:9093', '-1@localhost:9093']) {
    const message = `controller.quorum.voters: expected id@host:port, not ${voter}.`
    await t.rejects(startBroker({ config: { 'controller.quorum.voters': voter } }), { name: 'ConfigError', message })
  }
  await t.rejects(startBroker({ topics: { 'a/b': {} } }), { name: 'ConfigError', message: /a\/b/ })
})

t.test('as a package', async (t) => {
  const use = `
    const broker = await startBroker({ topics: { t: { partitions: 2 } } })
    process.stdout.write(broker.bootstrapServers)
    await broker.stop()
  `
  const run = (file: string, text: string) =>
    new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>((resolve) => {
      const path = join(home, file)
      writeFileSync(path, text)
      const child = spawn(process.execPath, [path], { timeout: 60_000 })
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (data) => (stdout += data))
      child.stderr.on('data', (data) => (stderr += data))
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    })
  const clean = { code: 0, signal: null, stdout: /^127\.0\.0\.1:\d+$/, stderr: '' }

  t.test('import; the process ends by itself after stop', async (t) => {
    const index = pathToFileURL(join(ROOT, 'dist/src/index.js')).href
    t.match(await run('esm.mjs', `import { startBroker } from '${index}'\n${use}`), clean)
  })

  t.test('require; the process ends by itself after stop', async (t) => {
    const index = JSON.stringify(join(ROOT, 'dist/index.cjs'))
    t.match(await run('cjs.cjs', `const { startBroker } = require(${index})\n;(async () => {${use}})()`), clean)
  })

  t.test('a process that fails to start a broker ends by itself, too', async (t) => {
    const index = pathToFileURL(join(ROOT, 'dist/src/index.js')).href
    const text = `import { startBroker } from '${index}'
      await startBroker({ topics: { 'a/b': {} } }).catch((error) => process.stdout.write(error.name))`
    t.match(await run('failing.mjs', text), { code: 0, signal: null, stdout: 'ConfigError' })
  })
})
