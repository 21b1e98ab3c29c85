import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { DiskError } from '../../src/base/disk.ts'
import { clusterWithTopic, ROUNDS_MS } from './cluster.ts'

t.test('followers get what the leader has, byte for byte, and acks=all waits for them', async (t) => {
  const c = await clusterWithTopic()
  const answers = [c.append(['a', 'b']), c.append(['c'])]
  await c.run(ROUNDS_MS)
  t.same(
    (await Promise.all(answers)).map(({ errorCode, baseOffset }) => [errorCode, baseOffset]),
    [
      [0, 0],
      [0, 2],
    ],
  )
  for (const id of [2, 3]) {
    t.same(c.bytes(id), c.bytes(1))
    t.equal(c.node(id).partition().highWatermark, 3)
    t.same(c.node(id).partition().log.epochs.entries, [{ epoch: 0, startOffset: 0 }], 'D50: epochs from the batches')
  }
})

t.test(
  'F2, D49, D52, D83: a former leader cuts its tail at the start of the new epoch; the logs are the same',
  async (t) => {
    const c = await clusterWithTopic()
    const acked = c.append(['a', 'b', 'c'])
    await c.run(ROUNDS_MS)
    t.equal((await acked).errorCode, ErrorCode.NONE)
    c.pause(2, 3)
    for (let i = 0; i < 100; i++) t.equal((await c.settled(c.append([`lost ${i}`], { acks: 1 }))).baseOffset, 3 + i)
    c.kill(1)
    c.fence(1)
    c.change({ leader: 2, isr: [2, 3] })
    c.resume(2, 3)
    await c.run(ROUNDS_MS)
    t.equal(c.node(2).partition().log.logEndOffset, 3, 'b2 leads without them')
    const next = c.append(['d'])
    await c.run(ROUNDS_MS)
    t.equal((await next).baseOffset, 3, 'their offsets are given again')
    c.start(1)
    t.equal(c.node(1).partition().log.logEndOffset, 103)
    await c.run(10_000)
    t.same(c.node(1).partition().log.epochs.entries, [
      { epoch: 0, startOffset: 0 },
      { epoch: 1, startOffset: 3 },
    ])
    t.same(c.bytes(1), c.bytes(2))
    t.same(c.bytes(3), c.bytes(2))
    t.same(c.registration().isr, [2, 3, 1], 'and b1 is in sync again')
  },
)

t.test('F11: after leader changes without writes, empty epochs show where logs part', async (t) => {
  const c = await clusterWithTopic()
  await c.settled(c.append(['a'], { acks: 1 }))
  await c.run(ROUNDS_MS)
  // b3 alone gets records of epoch 1, and is not heard of again until epoch 4.
  c.change({ leader: 3 })
  c.pause(1, 2)
  await c.settled(c.append(['of epoch 1'], { acks: 1 }))
  c.kill(3)
  c.fence(3)
  for (const leader of [2, 1, 2]) c.change({ leader, isr: [1, 2] })
  c.resume(1, 2)
  await c.run(ROUNDS_MS)
  c.start(3)
  await c.run(ROUNDS_MS)
  t.same(c.node(2).partition().log.epochs.entries, [
    { epoch: 0, startOffset: 0 },
    { epoch: 4, startOffset: 1 },
  ])
  const next = c.append(['b'])
  await c.run(ROUNDS_MS)
  t.match(await next, { errorCode: ErrorCode.NONE, baseOffset: 1 })
  t.same(c.bytes(3), c.bytes(2))
  t.same(c.bytes(1), c.bytes(2))
})

t.test('D54: a log longer than its leader’s is cut to it after an unclean election (F25, D87)', async (t) => {
  const c = await clusterWithTopic({ topic: { replicas: [1, 2], config: { 'min.insync.replicas': '1' } } })
  c.pause(2)
  c.fence(2)
  c.change({ isr: [1] })
  for (let i = 0; i < 5; i++) await c.settled(c.append([`r${i}`], { acks: 1 }))
  t.equal(c.node(1).partition().highWatermark, 5, 'committed, by b1 alone')
  c.kill(1)
  c.fence(1)
  c.change({ leader: -1 })
  t.equal(c.node(2).partition().leader, -1)
  t.equal((await c.append(['x'], { via: c.node(2) })).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER, 'F25: offline')
  c.resume(2)
  c.fence(2, false)
  c.change({ leader: 2, isr: [2] })
  t.match(await c.settled(c.append(['y'], { acks: 1 })), { baseOffset: 0 })
  c.start(1)
  await c.run(ROUNDS_MS)
  t.same(c.bytes(1), c.bytes(2))
  t.same(c.registration().isr, [2, 1])
  const states = c.asked.at(-1)!.topics[0]!.partitions.map(({ leaderRecoveryState = 0 }) => leaderRecoveryState)
  t.same(states, [0], 'D72: what it asks for says that it has recovered')
})

t.test('D54: a follower whose log ends before the leader’s begins starts anew there', async (t) => {
  const c = await clusterWithTopic({ topic: { replicas: [1, 2], config: { 'min.insync.replicas': '1' } } })
  c.pause(2)
  c.fence(2)
  c.change({ isr: [1] })
  for (let i = 0; i < 5; i++) await c.settled(c.append([`r${i}`], { acks: 1 }))
  c.node(1).partition().log.advanceLogStart(4)
  c.resume(2)
  await c.run(ROUNDS_MS)
  const { log } = c.node(2).partition()
  t.same([log.logStartOffset, log.logEndOffset, log.highWatermark], [4, 5, 5])
})

t.test(
  'D50, D76: the leader’s start in the middle of a batch: the follower has the whole batch, and starts in it',
  async (t) => {
    const c = await clusterWithTopic({ topic: { replicas: [1, 2], config: { 'min.insync.replicas': '1' } } })
    c.pause(2)
    c.fence(2)
    c.change({ isr: [1] })
    await c.settled(c.append(['a', 'b', 'c', 'd'], { acks: 1 }))
    c.node(1).partition().log.advanceLogStart(2)
    c.resume(2)
    await c.run(ROUNDS_MS)
    const { log } = c.node(2).partition()
    t.same([log.logStartOffset, log.logEndOffset, log.highWatermark], [2, 4, 4])
    t.same(c.bytes(2), c.bytes(1))
  },
)

t.test('D57: a leader that cannot be reached is tried again once a second', async (t) => {
  const c = await clusterWithTopic()
  c.kill(1)
  const before = c.fetches
  await c.run(10_000)
  t.equal(c.fetches, before, 'there is nobody to send to')
  c.start(1)
  const next = c.append(['a'])
  await c.run(ROUNDS_MS)
  t.equal((await next).errorCode, ErrorCode.NONE)
})

t.test('D35, D46: an idle follower asks twice a second', async (t) => {
  const c = await clusterWithTopic()
  const before = c.fetches
  await c.run(10_000)
  t.equal(c.fetches - before, 2 * 20)
})

t.test('D55: a fenced follower waits for metadata, and goes on with it', async (t) => {
  const c = await clusterWithTopic()
  c.node(2).hearsMetadata = false
  c.change({ leader: 1 })
  await c.run(ROUNDS_MS)
  t.equal(c.node(2).replicas.fetchers!.failedPartitions, 1)
  t.equal(c.node(2).replicas.fetchers!.size, 0)
  c.node(2).hearsMetadata = true
  c.node(2).hear()
  const next = c.append(['a'])
  await c.run(ROUNDS_MS)
  t.equal((await next).errorCode, ErrorCode.NONE)
  t.equal(c.node(2).replicas.fetchers!.failedPartitions, 0)
})

t.test('D55: a leader that has not heard yet is asked again', async (t) => {
  const c = await clusterWithTopic()
  c.node(1).hearsMetadata = false
  c.change({ leader: 1 })
  await c.run(ROUNDS_MS)
  t.equal(c.node(2).replicas.fetchers!.failedPartitions, 0)
  c.node(1).hearsMetadata = true
  c.node(1).hear()
  const next = c.append(['a'])
  await c.run(ROUNDS_MS)
  t.equal((await next).errorCode, ErrorCode.NONE)
})

t.test('D58: a deleted topic is fetched no more; one of the same name is another', async (t) => {
  const c = await clusterWithTopic()
  await c.settled(c.append(['a'], { acks: 1 }))
  await c.run(ROUNDS_MS)
  c.deleteTopic('t')
  for (const { replicas } of c.nodes) t.same([replicas.fetchers!.size, replicas.fetchers!.fetchers], [0, 0])
  c.createTopic('t')
  const next = c.append(['b'])
  await c.run(ROUNDS_MS)
  t.match(await next, { errorCode: ErrorCode.NONE, baseOffset: 0 })
})

t.test('D85: a broker on its way out does not fetch what it has left', async (t) => {
  const c = await clusterWithTopic()
  c.node(3).replicas.beginControlledShutdown()
  c.change({ isr: [1, 2] })
  t.equal(c.node(3).replicas.fetchers!.size, 0)
  await c.run(ROUNDS_MS)
  t.same(c.registration().isr, [1, 2], 'and does not come back')
})

t.test('D19, D63: after an orderly stop the high watermark is what it was', async (t) => {
  const c = await clusterWithTopic()
  await c.settled(c.append(['a', 'b'], { acks: 1 }))
  await c.run(ROUNDS_MS)
  await c.node(3).stop()
  c.node(3).start()
  t.equal(c.node(3).logs.get('t', 0)!.highWatermark, 2)
})

t.test('stopping leaves no timer and no fetch behind', async (t) => {
  const c = await clusterWithTopic()
  for (const node of c.nodes) await node.stop()
  const { fetches } = c
  await c.run(1_000)
  t.same([c.time.pending, c.fetches], [0, fetches])
})

t.test(
  'D56: a disk that fails under a follower takes its partition out, and the leader goes on without it',
  async (t) => {
    const c = await clusterWithTopic()
    c.node(3).disk.hook = ({ kind }) => (kind === 'write' ? new DiskError('EIO', 'write: EIO') : undefined)
    const answer = c.append(['a'], { timeoutMs: 120_000 })
    await c.run(ROUNDS_MS)
    t.equal(c.node(3).partition().state, 'offline')
    t.same([c.node(3).replicas.fetchers!.size, c.node(3).replicas.counts().offlineReplicaCount], [0, 1])
    await c.run(46_000)
    t.equal((await answer).errorCode, ErrorCode.NONE)
    t.same(c.registration().isr, [1, 2])
  },
)
t.test('D96: what a broker loses with its power it gets from the leader again', async (t) => {
  const c = await clusterWithTopic()
  for (let i = 0; i < 5; i++) await c.settled(c.append([`r${i}`], { acks: 1 }))
  await c.run(ROUNDS_MS)
  c.node(3).losePower()
  c.fence(3)
  c.change({ isr: [1, 2] })
  c.start(3)
  t.ok(c.node(3).partition().log.logEndOffset < 5, 'else nothing was lost')
  await c.run(ROUNDS_MS)
  t.same(c.bytes(3), c.bytes(1))
  t.same(c.registration().isr, [1, 2, 3])
})

t.test('flush.messages=1: a follower reports what it has synced', async (t) => {
  const c = await clusterWithTopic({ topic: { config: { 'flush.messages': '1' } } })
  const answer = c.append(['a'])
  await c.run(ROUNDS_MS)
  t.equal((await answer).errorCode, ErrorCode.NONE)
  for (const node of c.nodes) node.losePower()
  for (const node of c.nodes) {
    node.start()
    t.equal(node.logs.get('t', 0)!.logEndOffset, 1)
  }
})

t.test('E15, E19: lag and bytes', async (t) => {
  const c = await clusterWithTopic()
  for (let i = 0; i < 3; i++) await c.settled(c.append(['x'], { acks: 1 }))
  await c.run(ROUNDS_MS)
  const [leader, follower] = [c.node(1).replicas, c.node(2).replicas]
  const bytes = c.bytes(1).length
  t.same([leader.traffic.bytesOut, leader.traffic.bytesIn], [2 * bytes, 0])
  t.same([follower.traffic.bytesIn, follower.traffic.reassignmentBytesIn], [bytes, 0])
  t.same([follower.fetchers!.maxLag, [...follower.fetchers!.lags()].map(({ lag }) => lag)], [0, [0]])
})
