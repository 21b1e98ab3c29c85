import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batch, batchOf, World } from './world.ts'

const DAY_MS = 86_400_000

function world(...args: Parameters<World['createTopic']>[1][]): World {
  const made = new World()
  made.createTopic('t', args[0])
  return made
}

/** Batches of two records each, at 100, 300, 200 and 400 ms. */
async function filled(...args: Parameters<typeof world>): Promise<World> {
  const w = world(...args)
  for (const timestamp of [100, 300, 200, 400]) await w.produce(batch(['a', 'b'], { timestamp }))
  return w
}

t.test('D29: latest is the high watermark, the last stable offset, or the log end', async (t) => {
  const w = await filled({ leaderEpoch: 3 })
  t.match(await w.listOne(-1), { errorCode: 0, offset: 8, timestamp: -1, leaderEpoch: 3 })
  await w.produce(batch(['c'], { producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
  await w.produce(batch(['d']))
  t.match(await w.listOne(-1, { isolationLevel: 1 }), { offset: 8 }, 'J31')
  t.match(await w.listOne(-1), { offset: 10 })
  const behind = await filled({ replicas: [1, 2] })
  t.match(await behind.listOne(-1), { offset: 0 })
  t.match(await behind.listOne(-1, { replicaId: 2 }), { offset: 8 })
})

t.test('D30: earliest, earliest local, latest tiered; N-F14: earliest pending upload', async (t) => {
  const w = await filled({ leaderEpoch: 3 })
  t.match(await w.listOne(-2), { errorCode: 0, offset: 0, timestamp: -1, leaderEpoch: 3 })
  t.match(await w.listOne(-4), { errorCode: 0, offset: 0, timestamp: -1, leaderEpoch: 3 })
  t.match(await w.listOne(-5), { errorCode: 0, offset: -1, timestamp: -1, leaderEpoch: -1 })
  t.match(await w.listOne(-6), { errorCode: 0, offset: -1, timestamp: -1, leaderEpoch: -1 })
})

t.test('D31: the largest timestamp, and the first record that has it', async (t) => {
  const w = await filled()
  t.match(await w.listOne(-3), { errorCode: 0, offset: 6, timestamp: 400, leaderEpoch: 0 })
  t.match(await world().listOne(-3), { errorCode: 0, offset: -1, timestamp: -1, leaderEpoch: -1 })
})

t.test('D32: other negatives, and those newer than the version, are UNSUPPORTED_VERSION', async (t) => {
  const w = await filled()
  const since = { [-1]: 0, [-2]: 0, [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11 }
  for (const [timestamp, version] of Object.entries(since)) {
    t.equal((await w.listOne(Number(timestamp), { apiVersion: version })).errorCode, 0, `${timestamp} in v${version}`)
    if (version === 0) continue
    const older = await w.listOne(Number(timestamp), { apiVersion: version - 1 })
    t.match(older, { errorCode: ErrorCode.UNSUPPORTED_VERSION, offset: -1 })
  }
  t.equal((await w.listOne(-7)).errorCode, ErrorCode.UNSUPPORTED_VERSION)
})

t.test('D33: the first record at or after a time', async (t) => {
  const w = await filled({ leaderEpoch: 3 })
  const at = async (timestamp: number) => {
    const { offset, timestamp: found, leaderEpoch } = await w.listOne(timestamp)
    return [offset, found, leaderEpoch]
  }
  t.same(await at(0), [0, 100, 3])
  t.same(await at(100), [0, 100, 3])
  t.same(await at(101), [2, 300, 3])
  t.same(await at(301), [6, 400, 3])
})

t.test('D34: none, or none that is committed, is -1 without an error', async (t) => {
  const w = await filled()
  t.match(await w.listOne(401), { errorCode: 0, offset: -1, timestamp: -1, leaderEpoch: -1 })
  const behind = await filled({ replicas: [1, 2] })
  t.match(await behind.listOne(100), { errorCode: 0, offset: -1, timestamp: -1 })
  t.match(await behind.listOne(100, { replicaId: 2 }), { errorCode: 0, offset: 0, timestamp: 100 })
})

t.test('D35: a new leader that does not know the high watermark of its epoch', async (t) => {
  const w = await filled({ replicas: [1, 2] })
  w.change('t', 0, { leader: 2 })
  w.change('t', 0, { leader: 1 })
  t.equal((await w.listOne(-1)).errorCode, ErrorCode.OFFSET_NOT_AVAILABLE)
  t.equal((await w.listOne(-1, { apiVersion: 4 })).errorCode, ErrorCode.LEADER_NOT_AVAILABLE)
  t.equal((await w.listOne(100)).errorCode, ErrorCode.OFFSET_NOT_AVAILABLE)
  t.equal((await w.listOne(-3)).errorCode, ErrorCode.OFFSET_NOT_AVAILABLE)
  t.match(await w.listOne(-2), { errorCode: 0, offset: 0 })
  t.match(await w.listOne(-4), { errorCode: 0, offset: 0 })
  t.match(await w.listOne(-1, { replicaId: 2 }), { errorCode: 0, offset: 8 })
  await w.fetch([{ fetchOffset: 8, currentLeaderEpoch: 2 }], { replicaId: 2 })
  t.match(await w.listOne(-1), { errorCode: 0, offset: 8, leaderEpoch: 2 })
})

t.test('D36: the same partition twice is INVALID_REQUEST', async (t) => {
  const w = world({ partitions: 2 })
  const entry = { topic: 't', partition: 0, currentLeaderEpoch: -1, timestamp: -1 }
  const results = await w.replicas.listOffsets({ replicaId: -1, isolationLevel: 0, apiVersion: 5 }, [
    entry,
    { ...entry, partition: 1 },
    { ...entry, timestamp: -2 },
  ])
  t.same(
    results.map(({ errorCode }) => errorCode),
    [ErrorCode.INVALID_REQUEST, 0, ErrorCode.INVALID_REQUEST],
  )
})

t.test('D36: v0 lists segment bases by time, newest first', async (t) => {
  const w = world({ config: { 'segment.bytes': '1048576' } })
  const start = w.time.wallMs()
  for (let i = 0; i < 3; i++) {
    await w.produce(batchOf(600_000))
    w.time.setWallMs(w.time.wallMs() + DAY_MS)
  }
  const old = async (timestamp: number, maxNumOffsets: number) =>
    (await w.listOne(timestamp, { apiVersion: 0, maxNumOffsets })).oldStyleOffsets
  t.same(await old(-1, 10), [3, 2, 1, 0])
  t.same(await old(-1, 1), [3])
  t.same(await old(-2, 10), [0])
  t.same(await old(start, 10), [0])
  t.same(await old(start + DAY_MS, 10), [1, 0])
  t.same(await old(start - 1, 10), [])
})

t.test('D15, R-D22: epochs and leadership', async (t) => {
  const w = world({ leaderEpoch: 2 })
  t.equal((await w.listOne(-1, { currentLeaderEpoch: 1 })).errorCode, ErrorCode.FENCED_LEADER_EPOCH)
  t.equal((await w.listOne(-1, { currentLeaderEpoch: 3 })).errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
  t.equal((await w.listOne(-1, { topic: 'nowhere' })).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const follower = world({ replicas: [2, 1], leader: 2 })
  t.equal((await follower.listOne(-1)).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal((await follower.listOne(-1, { replicaId: -2 })).errorCode, 0, 'the debugging replica reads anywhere')
})

t.test('D37: where epochs end', async (t) => {
  const w = world({ leaderEpoch: 5 })
  await w.produce(batch(['a', 'b']))
  for (let i = 0; i < 3; i++) w.change('t', 0, { leader: 1 })
  await w.produce(batch(['c']))
  const at = (leaderEpoch: number, currentLeaderEpoch = -1) => {
    const entry = { topic: 't', partition: 0, currentLeaderEpoch, leaderEpoch }
    const [result] = w.replicas.offsetForLeaderEpoch({ replicaId: -1 }, [entry])
    return [result!.errorCode, result!.leaderEpoch, result!.endOffset]
  }
  t.same(at(8), [0, 8, 3], 'the latest')
  t.same(at(9), [0, -1, -1], 'above all')
  t.same(at(5), [0, 5, 2], 'an older one')
  t.same(at(4), [0, 4, 0], 'below all')
  t.same(at(5, 7), [ErrorCode.FENCED_LEADER_EPOCH, -1, -1])
})
