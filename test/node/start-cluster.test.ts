import t, { type Test } from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { type ClusterOptions, type RunningCluster, startCluster } from '../../src/node/start-cluster.ts'
import { batchOf, KEY, valuesOf, Wire } from '../api/harness.ts'

t.setTimeout(120_000)

/** A cluster that is stopped at the end of its test. */
async function cluster(t: Test, options: ClusterOptions = {}): Promise<RunningCluster> {
  const running = await startCluster(options)
  t.teardown(() => running.stop())
  return running
}

/** Asks a node until its answer is as wanted; the test's own time limit is the end of patience. */
async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined && isWanted(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function ask<T>(port: number, question: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await Wire.open(port)
  try {
    return await question(wire)
  } finally {
    wire.close()
  }
}

async function partition(port: number, name: string, index = 0) {
  const { topics } = await ask(port, (wire) => wire.send(KEY.METADATA, 9, { topics: [{ name }] }))
  const found = topics[0]!.partitions.find(({ partitionIndex }) => partitionIndex === index)
  if (found === undefined) throw new Error(`${name}-${index} is not there`)
  return found
}

async function produce(port: number, name: string, values: string[], acks = -1) {
  const topicData = [{ name, partitionData: [{ index: 0, records: batchOf(values) }] }]
  const { responses } = await ask(port, (wire) => wire.send(KEY.PRODUCE, 9, { acks, timeoutMs: 5000, topicData }))
  return responses[0]!.partitionResponses[0]!
}

async function consume(port: number, name: string): Promise<(string | null)[]> {
  const topics = [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
  const request = { maxWaitMs: 0, minBytes: 0, topics, forgottenTopicsData: [] }
  const { responses } = await ask(port, (wire) => wire.send(KEY.FETCH, 11, request))
  return valuesOf(responses[0]!.partitions[0]!.records!)
}

t.test('a cluster of no nodes', async (t) => {
  await t.rejects(startCluster({ brokers: 0 }), { name: 'RangeError', message: 'brokers: a cluster of 0 is none' })
})

t.test('three brokers: topics are replicated, and each node tells the same', async (t) => {
  const { bootstrapServers, node } = await cluster(t, { topics: { orders: { partitions: 3 } } })
  t.equal(bootstrapServers.split(',').length, 3)
  await t.rejects(node(2).start(), { message: 'node 2 runs already' })
  for (const id of [1, 2, 3]) {
    const { topics, brokers } = await ask(node(id).port, (wire) => wire.send(KEY.METADATA, 9, { topics: null }))
    t.strictSame(
      brokers.map(({ nodeId }) => nodeId),
      [1, 2, 3],
    )
    const partitions = topics.find(({ name }) => name === 'orders')!.partitions
    t.strictSame(
      partitions.map(({ replicaNodes }) => replicaNodes.length),
      [3, 3, 3],
    )
    t.strictSame(partitions.map(({ leaderId }) => leaderId).sort(), [1, 2, 3], 'each leads one')
  }
})

t.test('F1: a leader is killed: another one leads, and everything acknowledged is there', async (t) => {
  const { node } = await cluster(t, { config: { 'min.insync.replicas': '2' }, topics: { orders: { partitions: 1 } } })
  const before = await partition(node(1).port, 'orders')
  const leader = node(before.leaderId)
  t.equal((await produce(leader.port, 'orders', ['a', 'b'])).errorCode, ErrorCode.NONE)
  await leader.kill()
  const other = node(before.replicaNodes.find((id) => id !== leader.id)!)
  const after = await eventually(
    () => partition(other.port, 'orders'),
    ({ leaderId }) => leaderId !== leader.id && leaderId >= 0,
  )
  t.equal(after.leaderEpoch, before.leaderEpoch + 1)
  t.notOk(after.isrNodes.includes(leader.id))
  const next = node(after.leaderId)
  t.equal((await produce(next.port, 'orders', ['c'])).errorCode, ErrorCode.NONE)
  t.strictSame(await consume(next.port, 'orders'), ['a', 'b', 'c'])
  await leader.start()
  await eventually(
    () => partition(next.port, 'orders'),
    ({ isrNodes }) => isrNodes.length === 3,
  )
})

t.test('F3: with two of three dead, acks=all is refused, acks=1 works, and consumers see nothing of it', async (t) => {
  const config = { 'min.insync.replicas': '2', 'broker.session.timeout.ms': '60000', 'replica.lag.time.max.ms': '1000' }
  const { node } = await cluster(t, { config, topics: { orders: { partitions: 1 } } })
  const { leaderId } = await partition(node(1).port, 'orders')
  // The controller lives on, with one other voter, so that the ISR can shrink.
  const followers = [1, 2, 3].filter((id) => id !== leaderId)
  t.equal((await produce(node(leaderId).port, 'orders', ['committed'])).errorCode, ErrorCode.NONE)
  for (const id of followers) node(id).isolate()
  for (const id of followers) await node(id).kill()
  t.pass(`nodes ${followers} are dead`)
  const alone = node(leaderId).port
  t.not((await produce(alone, 'orders', ['lost?'])).errorCode, ErrorCode.NONE, 'not acknowledged')
  t.equal((await produce(alone, 'orders', ['one'], 1)).errorCode, ErrorCode.NONE)
  t.strictSame(await consume(alone, 'orders'), ['committed'])
})

t.test('a controller that did not lead is asked all the same: brokers forward', async (t) => {
  const { node } = await cluster(t)
  const creations = [1, 2, 3].map((id) =>
    ask(node(id).port, (wire) =>
      wire.send(KEY.CREATE_TOPICS, 5, {
        topics: [{ name: `topic-${id}`, numPartitions: 1, replicationFactor: 3, assignments: [], configs: [] }],
        timeoutMs: 10_000,
        validateOnly: false,
      }),
    ),
  )
  for (const { topics } of await Promise.all(creations)) t.match(topics, [{ errorCode: ErrorCode.NONE }])
})

t.test('a node that stops in order costs nobody an error, and comes back', async (t) => {
  const { node } = await cluster(t, { topics: { orders: { partitions: 1 } } })
  const { leaderId } = await partition(node(1).port, 'orders')
  await produce(node(leaderId).port, 'orders', ['kept'])
  await node(leaderId).stop()
  const other = node(leaderId === 1 ? 2 : 1)
  const { leaderId: next } = await partition(other.port, 'orders')
  t.not(next, leaderId)
  // It shows what it has once the other follower has fetched from it.
  const seen = await eventually(
    () => consume(node(next).port, 'orders'),
    ({ length }) => length > 0,
  )
  t.strictSame(seen, ['kept'])
  await node(leaderId).start()
  await eventually(
    () => partition(other.port, 'orders'),
    ({ isrNodes }) => isrNodes.length === 3,
  )
})
