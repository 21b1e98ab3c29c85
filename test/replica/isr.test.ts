import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { alterPartitionAt } from '../../src/replica/ports.ts'
import { clusterWithTopic, ROUNDS_MS } from './cluster.ts'

t.test('F3, D3, D15: below min ISR acks=all is refused before anything is written, and nothing commits', async (t) => {
  const c = await clusterWithTopic()
  for (const id of [2, 3]) {
    c.kill(id)
    c.fence(id)
  }
  c.change({ isr: [1] })
  const partition = c.node(1).partition()
  t.equal((await c.settled(c.append(['a']))).errorCode, ErrorCode.NOT_ENOUGH_REPLICAS)
  t.equal(partition.log.logEndOffset, 0)
  t.match(await c.settled(c.append(['b'], { acks: 1 })), { errorCode: ErrorCode.NONE, baseOffset: 0 })
  t.same([partition.log.logEndOffset, partition.highWatermark], [1, 0])
  t.same((await c.read(c.node(1), 0)).records, [])
})

t.test('F4: an ISR that shrinks under a waiting acks=all never makes it a success', async (t) => {
  const c = await clusterWithTopic()
  c.pause(2, 3)
  const waiting = c.append(['a'], { timeoutMs: 5_000 })
  await c.run(1_000)
  c.change({ isr: [1] })
  await c.run(5_000)
  t.equal((await waiting).errorCode, ErrorCode.REQUEST_TIMED_OUT, 'D15: the high watermark stands still')
  t.equal(c.node(1).partition().log.logEndOffset, 1, 'the record stays')
})

t.test(
  'F5, D65: a follower that is paused shortly holds acknowledgements up, one that is paused long leaves',
  async (t) => {
    const c = await clusterWithTopic()
    c.pause(3)
    let answered = 0
    const send = () => c.append(['x'], { timeoutMs: 120_000 }).then(() => answered++)
    send()
    await c.run(10_000)
    t.same([answered, c.registration().isr], [0, [1, 2, 3]])
    c.resume(3)
    await c.run(ROUNDS_MS)
    t.equal(answered, 1)
    c.pause(3)
    send()
    await c.run(28_000)
    t.same([answered, c.registration().isr], [1, [1, 2, 3]])
    await c.run(17_000 + 1_000)
    t.same([answered, c.registration().isr], [2, [1, 2]], 'after 30 s, and at the latest after 45')
    t.equal(c.node(1).replicas.isr!.shrinks, 1)
    t.same(c.node(1).replicas.counts().underReplicatedPartitions, 1, 'E3')
  },
)

t.test('F6, D67, D69: a follower that has caught up is added by one request, with its broker epoch', async (t) => {
  const c = await clusterWithTopic()
  c.pause(3)
  c.change({ isr: [1, 2] })
  for (let i = 0; i < 3; i++) await c.settled(c.append(['x'], { acks: 1 }))
  await c.run(ROUNDS_MS)
  c.controllerAnswers = false
  c.resume(3)
  await c.run(ROUNDS_MS)
  const partition = c.node(1).partition()
  t.same(
    [partition.isr, partition.maximalIsr],
    [
      [1, 2],
      [1, 2, 3],
    ],
  )
  c.pause(3)
  const waiting = c.append(['y'], { timeoutMs: 60_000 })
  await c.run(ROUNDS_MS)
  t.same([partition.log.logEndOffset, partition.highWatermark], [4, 3], 'D68: from the submission on it is waited for')
  c.controllerAnswers = true
  c.resume(3)
  await c.run(ROUNDS_MS)
  t.equal((await waiting).errorCode, ErrorCode.NONE)
  t.equal(c.asked.length, 1)
  const [change] = c.asked[0]!.topics[0]!.partitions
  const epochs = [1, 2, 3].map((id) => ({ brokerId: id, brokerEpoch: BigInt(c.node(id).epoch) }))
  t.same(change!.newIsrWithEpochs, epochs)
  t.same(c.registration().isr, [1, 2, 3])
  t.equal(c.node(1).replicas.isr!.expands, 1, 'D73')
})

t.test('F7, D25: a fetch of a former incarnation is refused, and adds nobody', async (t) => {
  const c = await clusterWithTopic()
  c.pause(3)
  c.change({ isr: [1, 2] })
  const old = c.node(3).epoch
  const fetch = (replicaEpoch: number) => c.read(c.node(1), 0, { replicaId: 3, replicaEpoch, currentLeaderEpoch: 0 })
  c.register(3)
  t.equal((await fetch(old)).errorCode, ErrorCode.NONE, 'registered and fenced: served')
  await c.run(1_000)
  t.same([c.asked.length, c.registration().isr], [0, [1, 2]], 'and not added')
  c.fence(3, false)
  t.equal((await fetch(old)).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  await c.run(1_000)
  t.same([c.asked.length, c.registration().isr], [0, [1, 2]])
  t.equal((await fetch(c.node(3).epoch)).errorCode, ErrorCode.NONE)
  await c.run(1_000)
  t.same(c.registration().isr, [1, 2, 3])
})

t.test('F8: a fenced follower that keeps up is added when it is unfenced, without a restart', async (t) => {
  const c = await clusterWithTopic()
  c.fence(3)
  c.change({ isr: [1, 2] })
  await c.run(5_000)
  t.same([c.asked.length, c.registration().isr], [0, [1, 2]])
  c.fence(3, false)
  await c.run(1_000)
  t.same(c.registration().isr, [1, 2, 3])
})

t.test('F9, D70: with old metadata the change waits for the replay', async (t) => {
  const c = await clusterWithTopic()
  const leader = c.node(1)
  leader.hearsMetadata = false
  c.pause(3)
  c.change({ isr: [1, 2, 3] })
  await c.settled(c.append(['a'], { acks: 1 }))
  await c.run(46_000)
  t.equal(c.asked.length, 1)
  t.equal(leader.replicas.isr!.failures, 1, 'INVALID_UPDATE_VERSION')
  t.equal(leader.partition().proposal?.kind, 'shrink', 'pending, so nothing else is tried')
  leader.hearsMetadata = true
  leader.hear()
  t.equal(leader.partition().proposal, undefined)
  await c.run(15_000)
  t.same(c.registration().isr, [1, 2])
})

t.test('F28, D70: NEW_LEADER_ELECTED leaves the change pending until the new leader is replayed', async (t) => {
  const c = await clusterWithTopic()
  c.pause(3)
  c.nextErrors.push({ partition: ErrorCode.NEW_LEADER_ELECTED })
  await c.settled(c.append(['a'], { acks: 1 }))
  await c.run(46_000)
  const partition = c.node(1).partition()
  t.same([c.asked.length, partition.proposal?.kind], [1, 'shrink'])
  c.change({ leader: 2 })
  t.same([partition.isLeader, partition.proposal], [false, undefined])
})

t.test('D70: INELIGIBLE_REPLICA goes back to the last committed ISR, and it is tried again', async (t) => {
  const c = await clusterWithTopic()
  c.change({ isr: [1, 2] })
  c.nextErrors.push({ partition: ErrorCode.INELIGIBLE_REPLICA })
  await c.run(500)
  t.equal(c.node(1).replicas.isr!.failures, 1)
  await c.run(1_000)
  t.same(c.registration().isr, [1, 2, 3])
})

t.test('D69, D70: other errors are sent again, top-level ones after 50 ms', async (t) => {
  const c = await clusterWithTopic()
  c.change({ isr: [1, 2] })
  c.nextErrors.push({ topLevel: ErrorCode.NOT_CONTROLLER }, { partition: ErrorCode.UNKNOWN_SERVER_ERROR })
  await c.run(500)
  t.equal(c.asked.length, 1)
  await c.run(2_000)
  t.equal(c.asked.length, 3)
  t.same(c.registration().isr, [1, 2, 3])
})

t.test(
  'D69: a broker that the controller does not know any more asks less and less often, and is soon heard again',
  async (t) => {
    const c = await clusterWithTopic()
    c.change({ isr: [1, 2] })
    const stale = Array.from({ length: 1000 }, () => ({ topLevel: ErrorCode.STALE_BROKER_EPOCH }))
    c.nextErrors.push(...stale)
    await c.run(20_000)
    t.ok(c.asked.length > 10 && c.asked.length < 20, `asked ${c.asked.length} times in 20 s`)
    c.nextErrors.length = 0
    await c.run(2_100)
    t.same(c.registration().isr, [1, 2, 3])
    c.asked.length = 0
    c.change({ isr: [1, 2] })
    c.nextErrors.push(...stale.slice(0, 3))
    await c.run(1_000)
    t.same(c.registration().isr, [1, 2, 3], 'the pauses begin anew')
  },
)

t.test('D69: one request at a time, for all partitions that have a change by then', async (t) => {
  const c = await clusterWithTopic()
  c.createTopic('u')
  c.createTopic('v')
  await c.run(ROUNDS_MS)
  const shrink = (topic: string) => c.change({ isr: [1, 2] }, topic)
  c.controllerAnswers = false
  shrink('t')
  await c.run(ROUNDS_MS)
  for (const topic of ['u', 'v']) shrink(topic)
  await c.run(ROUNDS_MS)
  t.equal(c.asked.length, 1, 'the second waits for the first')
  c.controllerAnswers = true
  c.release()
  await c.run(ROUNDS_MS)
  t.same(
    c.asked.map(({ topics }) => topics.length),
    [1, 2],
  )
  for (const topic of ['t', 'u', 'v']) t.same(c.registration(topic).isr, [1, 2, 3])
})

t.test('D69: an older controller is given ids alone', async (t) => {
  const partition = { partitionIndex: 0, leaderEpoch: 1, partitionEpoch: 2, leaderRecoveryState: 0 }
  const members = [{ brokerId: 4, brokerEpoch: 9n }]
  const request = {
    brokerId: 4,
    brokerEpoch: 9n,
    topics: [{ topicId: 'BBBBBBBBBBBBBBBBBBBBBA', partitions: [{ ...partition, newIsrWithEpochs: members }] }],
  }
  t.equal(alterPartitionAt(request, 3), request)
  t.same(alterPartitionAt(request, 2).topics[0]!.partitions, [{ ...partition, newIsr: [4] }])
})

t.test('F10, D21: a new leader does not say where the end is before it has come to its epoch', async (t) => {
  const c = await clusterWithTopic()
  for (let i = 0; i < 3; i++) await c.settled(c.append(['x'], { acks: 1 }))
  await c.time.settle()
  // b2 and b3 have the records and not yet the high watermark.
  t.equal(c.node(2).partition().log.logEndOffset, 3)
  c.pause(3)
  c.kill(1)
  c.fence(1)
  c.change({ leader: 2, isr: [2, 3] })
  const list = async () => {
    const entry = { topic: 't', partition: 0, currentLeaderEpoch: -1, timestamp: -1 }
    const request = { replicaId: -1, isolationLevel: 0, apiVersion: 11 }
    const [result] = await c.node(2).replicas.listOffsets(request, [entry])
    return result!
  }
  t.ok(c.node(2).partition().highWatermark < 3, 'else this shows nothing')
  t.match(await list(), { errorCode: ErrorCode.OFFSET_NOT_AVAILABLE })
  c.resume(3)
  await c.run(ROUNDS_MS)
  t.match(await list(), { errorCode: ErrorCode.NONE, offset: 3 })
})

t.test('E1 to E4: counts', async (t) => {
  const c = await clusterWithTopic()
  t.match(c.node(1).replicas.counts(), {
    leaderCount: 1,
    partitionCount: 1,
    offlineReplicaCount: 0,
    underReplicatedPartitions: 0,
    underMinIsrPartitionCount: 0,
    atMinIsrPartitionCount: 0,
  })
  t.match(c.node(2).replicas.counts(), { leaderCount: 0, partitionCount: 1, underReplicatedPartitions: 0 })
  c.pause(2, 3)
  c.change({ isr: [1, 2] })
  t.match(c.node(1).replicas.counts(), { underReplicatedPartitions: 1, atMinIsrPartitionCount: 1 })
  c.change({ isr: [1] })
  t.match(c.node(1).replicas.counts(), { underMinIsrPartitionCount: 1, atMinIsrPartitionCount: 0 })
  c.change({ isr: [1], replicas: [1, 2, 3], addingReplicas: [2, 3] })
  t.match(c.node(1).replicas.counts(), { underReplicatedPartitions: 0, reassigningPartitions: 1 })
})
