import t from 'tap'
import { Codec } from '../../protocol/compression/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { buildMessageSet } from '../../protocol/records/legacy.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import { defaultsOf } from '../../src/base/config.ts'
import { DiskError } from '../../src/base/disk.ts'
import { topicConfig } from '../../src/log/config.ts'
import { batch, offsets, World } from './world.ts'

const EMPTY = Buffer.alloc(0)

function world(...args: Parameters<World['createTopic']>[1][]): World {
  const made = new World()
  made.createTopic('t', args[0])
  return made
}

t.test('C1: acks other than -1, 0 and 1 are refused for every partition, unless it is refused already', async (t) => {
  const w = world({ partitions: 2 })
  const results = await w.append([{ records: batch(['a']) }, { partition: 1, records: EMPTY }], { acks: 2 })
  t.same(
    results.map(({ errorCode, errorMessage, baseOffset }) => [errorCode, errorMessage, baseOffset]),
    [
      [ErrorCode.INVALID_REQUIRED_ACKS, null, -1],
      [ErrorCode.INVALID_RECORD, null, -1],
    ],
  )
  t.equal(w.partition('t').log.logEndOffset, 0)
})

t.test('C3: an unknown topic or partition is refused, the others proceed', async (t) => {
  const w = world()
  const appended = w.append([
    { topic: 'nowhere', records: batch(['a']) },
    { partition: 7, records: batch(['b']) },
    { records: batch(['c']) },
  ])
  await w.time.settle()
  const results = await appended
  t.same(
    results.map(({ errorCode, baseOffset, logStartOffset }) => [errorCode, baseOffset, logStartOffset]),
    [
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1],
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1],
      [ErrorCode.NONE, 0, 0],
    ],
  )
})

t.test('C4: v3+ takes exactly one batch of magic 2, and zstd from v7 on', async (t) => {
  const w = world()
  const code = async (records: Buffer, apiVersion: number) => {
    const appended = w.append([{ records }], { apiVersion })
    await w.time.settle()
    return (await appended)[0]!.errorCode
  }
  const one = () => batch(['a'])
  t.equal(await code(EMPTY, 3), ErrorCode.INVALID_RECORD)
  t.equal(await code(Buffer.concat([one(), one()]), 9), ErrorCode.INVALID_RECORD)
  const old = () =>
    buildMessageSet({ magic: 1, records: [{ offset: 0, timestamp: 1, key: null, value: Buffer.from('v') }] })
  t.equal(await code(old(), 3), ErrorCode.INVALID_RECORD)
  t.equal(await code(old(), 2), ErrorCode.NONE)
  t.equal(await code(batch(['a'], { codec: Codec.ZSTD }), 6), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
  t.equal(await code(batch(['a'], { codec: Codec.ZSTD }), 7), ErrorCode.NONE)
  const cut = Buffer.concat([one(), one().subarray(0, 30)])
  t.equal(await code(cut, 9), ErrorCode.NONE, 'C12: a partial trailing batch is cut')
  const half = one().subarray(0, 40)
  t.equal(await code(half, 9), ErrorCode.INVALID_RECORD, 'C12: nothing left')
  const corruptSecond = one()
  corruptSecond.writeInt32BE(3, 8)
  t.equal(await code(Buffer.concat([one(), corruptSecond]), 9), ErrorCode.CORRUPT_MESSAGE)
})

t.test('C12: v0 to v2 without a whole message succeed with base offset -1', async (t) => {
  const w = world()
  const [result] = await w.append([{ records: EMPTY }], { apiVersion: 2 })
  t.match(result, { errorCode: ErrorCode.NONE, baseOffset: -1 })
})

t.test('C12: an impossible size or magic in a first batch is 2 for every partition', async (t) => {
  const w = world({ partitions: 2 })
  const bad = batch(['a'])
  bad[16] = 9
  const results = await w.append([{ records: batch(['a']) }, { partition: 1, records: bad }])
  t.same(
    results.map(({ errorCode }) => errorCode),
    [ErrorCode.CORRUPT_MESSAGE, ErrorCode.CORRUPT_MESSAGE],
  )
  t.ok(results[0]!.errorMessage, 'C21: an error of the whole request has a message')
  t.equal(w.partition('t').log.logEndOffset, 0)
})

t.test('C12: a wrong checksum is refused in its partition only, without a log start offset (C22)', async (t) => {
  const w = world({ partitions: 2 })
  const bad = batch(['a'])
  bad[bad.length - 1]! ^= 1
  const appended = w.append([{ records: bad }, { partition: 1, records: batch(['a']) }])
  await w.time.settle()
  t.match(await appended, [
    { errorCode: ErrorCode.CORRUPT_MESSAGE, logStartOffset: -1, errorMessage: null },
    { errorCode: ErrorCode.NONE, baseOffset: 0 },
  ])
})

t.test('C6: a follower answers NOT_LEADER_OR_FOLLOWER, with the leader from v10 on', async (t) => {
  const w = world({ replicas: [2, 1], leader: 2, leaderEpoch: 4 })
  const [old] = await w.append([{ records: batch(['a']) }], { apiVersion: 9 })
  t.equal(old!.errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal(old!.currentLeader, undefined)
  const [result] = await w.append([{ records: batch(['a']) }], { apiVersion: 10 })
  t.same(result!.currentLeader, { leaderId: 2, leaderEpoch: 4 })
})

t.test('R-D10: a partition that others hold is NOT_LEADER_OR_FOLLOWER', async (t) => {
  const w = world({ replicas: [2, 3], leader: 2 })
  const [result] = await w.append([{ records: batch(['a']) }])
  t.match(result, { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader: { leaderId: 2, leaderEpoch: 0 } })
})

t.test('C7, J19: too few in sync: acks=-1 is refused before the append, acks=1 is not', async (t) => {
  const w = world({ replicas: [1, 2], isr: [1], config: { 'min.insync.replicas': '2' } })
  const [refused] = await w.append([{ records: batch(['a']) }], { acks: -1 })
  t.match(refused, { errorCode: ErrorCode.NOT_ENOUGH_REPLICAS, baseOffset: -1, logStartOffset: 0 })
  t.equal(w.partition('t').log.logEndOffset, 0)
  t.match(await w.produce(batch(['a'])), { errorCode: ErrorCode.NONE, baseOffset: 0 })
})

t.test('C7, R-D15: an ISR that shrinks below the minimum while acks=-1 waits: the data stays, and waits', async (t) => {
  const w = world({ replicas: [1, 2, 3], config: { 'min.insync.replicas': '2' } })
  const appended = w.append([{ records: batch(['a']) }], { acks: -1 })
  await w.time.settle()
  await w.fetch([{ fetchOffset: 0, currentLeaderEpoch: 0 }], { replicaId: 2 })
  w.change('t', 0, { isr: [1, 2] })
  await w.fetch([{ fetchOffset: 1, currentLeaderEpoch: 0 }], { replicaId: 2 })
  t.match((await appended)[0], { errorCode: ErrorCode.NONE, baseOffset: 0 })

  const second = w.append([{ records: batch(['b']) }], { acks: -1, timeoutMs: 50 })
  await w.time.settle()
  w.change('t', 0, { isr: [1] })
  await w.time.run(50)
  t.match(
    (await second)[0],
    { errorCode: ErrorCode.REQUEST_TIMED_OUT, baseOffset: 1 },
    'R-D15: the high watermark stands',
  )
  t.equal(w.partition('t').log.logEndOffset, 2)
})

t.test('C7: enough copies, but of a smaller ISR than the minimum: NOT_ENOUGH_REPLICAS_AFTER_APPEND', async (t) => {
  const w = world({ partitions: 2, replicas: [1, 2], config: { 'min.insync.replicas': '2' } })
  const sent = () => batch(['a'], { producerId: 7, producerEpoch: 0, baseSequence: 0 })
  await w.produce(sent())
  await w.fetch([{ fetchOffset: 1, currentLeaderEpoch: 0 }], { replicaId: 2 })
  // The first entry is a duplicate of what is committed; its answer waits for the second.
  const appended = w.append([{ records: sent() }, { partition: 1, records: batch(['b']) }], { acks: -1 })
  w.change('t', 0, { isr: [1] })
  await w.time.settle()
  await w.fetch([{ partition: 1, fetchOffset: 1, currentLeaderEpoch: 0 }], { replicaId: 2 })
  t.match(await appended, [{ errorCode: ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, baseOffset: 0 }, { errorCode: 0 }])
})

t.test('C8: acks=-1 not committed in time is REQUEST_TIMED_OUT, and the data stays', async (t) => {
  const w = world({ replicas: [1, 2] })
  const appended = w.append([{ records: batch(['a']) }], { acks: -1, timeoutMs: 100 })
  await w.time.run(99)
  t.equal(w.replicas.produces.size, 1)
  await w.time.run(1)
  t.match((await appended)[0], { errorCode: ErrorCode.REQUEST_TIMED_OUT })
  t.equal(w.partition('t').log.logEndOffset, 1)
  t.equal(w.replicas.produces.size, 0)
})

t.test('C37: acks=0 is answered after the write, errors included', async (t) => {
  const w = world()
  const appended = w.append([{ records: batch(['a']) }, { topic: 'nowhere', records: batch(['a']) }], { acks: 0 })
  t.equal(w.partition('t').highWatermark, 0)
  await w.time.settle()
  t.match(await appended, [{ errorCode: 0, baseOffset: 0 }, { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }])
  t.equal(w.partition('t').highWatermark, 1)
})

t.test('J18: acks=0 to a partition not led here gives an error, for which the connection is closed', async (t) => {
  const w = world({ replicas: [2, 1], leader: 2 })
  t.match(await w.append([{ records: batch(['a']) }], { acks: 0 }), [{ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }])
})

t.test('C38: acks=1 is answered once the file has the bytes', async (t) => {
  const w = world()
  let answered = false
  const appended = w.append([{ records: batch(['a']) }]).then((results) => {
    answered = true
    return results
  })
  await Promise.resolve()
  await Promise.resolve()
  t.notOk(answered, 'not in the turn in which it came')
  t.equal(w.partition('t').log.logEndOffset, 1)
  t.equal(w.partition('t').writtenEnd, 0)
  await w.time.settle()
  t.match(await appended, [{ errorCode: 0, baseOffset: 0, logAppendTimeMs: -1, logStartOffset: 0 }])
  t.same([w.partition('t').writtenEnd, w.partition('t').highWatermark], [1, 1])
})

t.test('C38: appends of one turn are one write', async (t) => {
  const w = world()
  let writes = 0
  await w.produce(batch(['first']))
  w.disk.hook = ({ kind, path }) => {
    if (kind === 'write' && path.endsWith('.log')) writes += 1
    return undefined
  }
  const appended = [1, 2, 3, 4].map(() => w.append([{ records: batch(['a', 'b']) }]))
  await w.time.settle()
  const results = await Promise.all(appended)
  t.same(
    results.map(([result]) => result!.baseOffset),
    [1, 3, 5, 7],
  )
  t.equal(writes, 1)
})

t.test('C38: acks=-1 waits for the followers of the ISR', async (t) => {
  const w = world({ replicas: [1, 2] })
  let answered = false
  const appended = w.append([{ records: batch(['a', 'b']) }], { acks: -1 }).then((results) => {
    answered = true
    return results
  })
  await w.time.settle()
  await w.fetch([{ currentLeaderEpoch: 0 }], { replicaId: 2 })
  t.notOk(answered)
  await w.fetch([{ fetchOffset: 2, currentLeaderEpoch: 0 }], { replicaId: 2 })
  t.match(await appended, [{ errorCode: 0, baseOffset: 0 }])
  t.same([w.replicas.produces.size, w.replicas.produces.watchedKeys], [0, 0])
})

t.test('C39, C24: LogAppendTime answers the time of the broker', async (t) => {
  const w = world({ config: { 'message.timestamp.type': 'LogAppendTime' } })
  t.match(await w.produce(batch(['a'], { timestamp: 5 })), { errorCode: 0, logAppendTimeMs: w.time.wallMs() })
})

t.test('C19, C20: records at fault are listed', async (t) => {
  const w = world({ config: { 'message.timestamp.before.max.ms': '1000' } })
  const result = await w.produce(batch(['a'], { timestamp: 5 }))
  t.match(result, { errorCode: ErrorCode.INVALID_TIMESTAMP, baseOffset: -1, logStartOffset: 0 })
  t.equal(result.recordErrors[0]?.batchIndex, 0)
  t.type(result.errorMessage, 'string')
})

t.test('C11: a batch larger than max.message.bytes is MESSAGE_TOO_LARGE, without a log start offset', async (t) => {
  const w = world({ config: { 'max.message.bytes': '1000' } })
  t.match(await w.produce(batch(2000)), {
    errorCode: ErrorCode.MESSAGE_TOO_LARGE,
    logStartOffset: -1,
    errorMessage: null,
  })
})

t.test('C28, C29: a duplicate is answered with the original offset, also within one turn', async (t) => {
  const w = world()
  const sent = () => batch(['a', 'b'], { producerId: 7, producerEpoch: 0, baseSequence: 0 })
  const appended = [w.append([{ records: sent() }]), w.append([{ records: sent() }], { acks: -1 })]
  await w.time.settle()
  const results = (await Promise.all(appended)).flat()
  t.match(results, [
    { errorCode: 0, baseOffset: 0 },
    { errorCode: 0, baseOffset: 0 },
  ])
  t.match(await w.produce(sent(), { acks: -1 }), { errorCode: 0, baseOffset: 0 })
  t.equal(w.partition('t').log.logEndOffset, 2)
})

t.test('C26: a gap in sequences is OUT_OF_ORDER_SEQUENCE_NUMBER', async (t) => {
  const w = world()
  await w.produce(batch(['a'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }))
  const result = await w.produce(batch(['b'], { producerId: 7, producerEpoch: 0, baseSequence: 5 }))
  t.match(result, { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1, logStartOffset: 0 })
})

t.test('N-F9: by topic id', async (t) => {
  const w = world()
  const topicId = w.idOf('t')
  const appended = w.append([
    { topic: '', topicId, records: batch(['a']) },
    { topic: '', topicId, partition: 5, records: batch(['a']) },
    { topic: '', topicId: 'BBBBBBBBBBBBBBBBBBBBBA', records: batch(['a']) },
  ])
  await w.time.settle()
  t.match(await appended, [
    { errorCode: 0, topicId, baseOffset: 0 },
    { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
    { errorCode: ErrorCode.UNKNOWN_TOPIC_ID },
  ])
})

t.test('N-F10, R-D99: after a topic is made again its old id is unknown, and the new log is empty', async (t) => {
  const w = world()
  await w.produce(batch(['a']))
  const old = w.idOf('t')
  w.apply(w.deleteRecord('t'), ...w.topicRecords('t'))
  t.match(await w.append([{ topic: '', topicId: old, records: batch(['a']) }]), [
    { errorCode: ErrorCode.UNKNOWN_TOPIC_ID },
  ])
  t.match(await w.produce(batch(['a'])), { errorCode: 0, baseOffset: 0 })
})

t.test('R-D6, R-D82: losing leadership while acks=-1 waits is NOT_LEADER_OR_FOLLOWER', async (t) => {
  const w = world({ replicas: [1, 2] })
  const appended = w.append([{ records: batch(['a']) }], { acks: -1 })
  await w.time.settle()
  w.change('t', 0, { leader: 2 })
  t.match(await appended, [
    { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader: { leaderId: 2, leaderEpoch: 1 } },
  ])
})

t.test('R-D6: deletion while acks=-1 waits is UNKNOWN_TOPIC_OR_PARTITION', async (t) => {
  const w = world({ replicas: [1, 2] })
  const appended = w.append([{ records: batch(['a']) }], { acks: -1 })
  await w.time.settle()
  w.apply(w.deleteRecord('t'))
  t.match(await appended, [{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }])
  t.same([w.replicas.produces.size, w.replicas.produces.watchedKeys], [0, 0])
})

t.test('deletion between append and write: the bytes are lost and so it is answered', async (t) => {
  const w = world()
  const appended = w.append([{ records: batch(['a']) }])
  w.apply(w.deleteRecord('t'))
  await w.time.settle()
  t.match(await appended, [{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 }])
})

t.test('a failed write is KAFKA_STORAGE_ERROR for all that was in it, and for all that comes', async (t) => {
  const w = world({ partitions: 2 })
  await w.produce(batch(['kept']))
  const parked = w.fetch([{ fetchOffset: 1 }], { maxWaitMs: 1000 })
  w.breakDisk('ENOSPC')
  const appended = [0, 1, -1].map((acks) => w.append([{ records: batch(['a']) }], { acks }))
  await w.time.settle()
  for (const [result] of await Promise.all(appended)) {
    t.match(result, { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1, logStartOffset: -1 })
  }
  t.match(await parked, [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }], 'a parked fetch is told')
  t.match(await w.produce(batch(['b'])), { errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
  t.match(
    await w.produce(batch(['b']), { partition: 1 }),
    { errorCode: ErrorCode.KAFKA_STORAGE_ERROR },
    'of the same directory',
  )
  t.match(await w.fetchOne(), { errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
})

t.test(
  'the disk fails as a segment ends: KAFKA_STORAGE_ERROR for what was on its way in the same request, too',
  async (t) => {
    const w = world({ partitions: 2, config: { 'internal.segment.bytes': '100' } })
    await w.produce(batch(['kept']))
    w.disk.hook = ({ kind, path }) =>
      kind === 'write' && path.endsWith('.timeindex') ? new DiskError('ENOSPC', 'write: ENOSPC') : undefined
    const appended = w.append([{ partition: 1, records: batch(['a']) }, { records: batch(['b']) }])
    await w.time.settle()
    t.match(await appended, [
      { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 },
      { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 },
    ])
  },
)

t.test('B69: with flush.messages=1 an append is acknowledged, and visible, once it is synced', async (t) => {
  const w = world({ config: { 'flush.messages': '1' } })
  const before = w.partition('t').highWatermark
  const appended = w.append([{ records: batch(['a']) }], { acks: -1 })
  w.time.advance(0)
  t.equal(w.partition('t').log.writtenEndOffset, 1)
  t.equal(w.partition('t').highWatermark, before)
  t.match(await appended, [{ errorCode: 0, baseOffset: 0 }])
  t.same([w.partition('t').log.recoveryPoint, w.partition('t').highWatermark], [1, 1])

  w.disk.hook = ({ kind }) => (kind === 'sync' ? new DiskError('EIO', 'sync: EIO') : undefined)
  t.match(await w.produce(batch(['b'])), { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 })
  t.equal(w.partition('t').highWatermark, 1)
})

t.test('a failed directory leaves the other one alone', async (t) => {
  const w = new World({ dirs: ['/one', '/two'] })
  w.createTopic('t', { partitions: 2 })
  const dirs = [0, 1].map((index) => w.partition('t', index).log.dir)
  t.not(dirs[0]!.slice(0, 4), dirs[1]!.slice(0, 4))
  w.disk.hook = ({ kind, path }) =>
    kind === 'write' && path.startsWith(dirs[0]!) ? new DiskError('EIO', 'write: EIO') : undefined
  const appended = w.append([{ records: batch(['a']) }, { partition: 1, records: batch(['b']) }])
  await w.time.settle()
  t.match(await appended, [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }, { errorCode: 0, baseOffset: 0 }])
})

t.test('G1: what a coordinator appends is not checked as a client’s, and is read back whole', async (t) => {
  const w = world()
  const sent = [batch(['a', 'b']), batch(['c'])]
  for (const records of sent) {
    const appended = w.append([{ records }], { origin: 'coordinator', acks: -1 })
    await w.time.settle()
    t.equal((await appended)[0]!.errorCode, 0)
  }
  const read: Buffer[] = []
  for await (const buffer of w.replicas.readBatches('t', 0)) read.push(buffer)
  t.same(offsets(read), [0, 2])
  await t.rejects(
    async () => {
      for await (const _ of w.replicas.readBatches('nowhere', 0)) t.fail('nothing to read')
    },
    { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
  )
})

t.test('a coordinator that takes over reads what came from the former leader a moment before', async (t) => {
  const w = new World()
  w.createTopic('t', { replicas: [1, 2], leader: 2 })
  const { log } = w.partition('t')
  log.appendAsFollower(batch(['a', 'b']), { leaderEpoch: 0 })
  w.replicas.writer.add(w.partition('t'))
  w.change('t', 0, { leader: 1 })
  const read: Buffer[] = []
  for await (const buffer of w.replicas.readBatches('t', 0)) read.push(buffer)
  t.same(offsets(read), [0])
  t.equal(w.partition('t').writtenEnd, 2)
})

t.test('R-C20: apply says what it meant for this broker', async (t) => {
  const w = new World()
  const created = w.createTopic('t', { replicas: [1, 2] })
  t.equal(created.electedLeaders.length, 1)
  t.equal(w.change('t', 0, { leader: 2 }).followers.length, 1)
  t.match(w.apply(w.deleteRecord('t')).deletes, [{ topic: 't', index: 0, topicDeleted: true }])
  t.equal(w.replicas.partition('t', 0), undefined)
})

t.test('J27: a deleted topic leaves a -delete directory, and its name can be used at once', async (t) => {
  const w = world()
  await w.produce(batch(['a']))
  w.apply(w.deleteRecord('t'), ...w.topicRecords('t'))
  const names = w.disk.list('/data').map(({ name }) => name)
  t.ok(names.includes('t-0'))
  t.equal(names.filter((name) => /^t-0\.[0-9a-f]{32}-delete$/.test(name)).length, 1)
})

t.test('R-D97: a log left over from an earlier topic of the name is put aside', async (t) => {
  const w = new World()
  w.logs.getOrCreate('t', 0, 'BBBBBBBBBBBBBBBBBBBBBA', defaultsOf(topicConfig))
  w.createTopic('t')
  t.match(await w.produce(batch(['a'])), { errorCode: 0, baseOffset: 0 })
  const names = w.disk.list('/data').map(({ name }) => name)
  t.equal(names.filter((name) => /^t-0\.[0-9a-f]{32}-stray$/.test(name)).length, 1)
})

t.test('a replica whose directory fails as it is made is KAFKA_STORAGE_ERROR', async (t) => {
  const w = new World()
  w.disk.hook = ({ kind }) => (kind === 'create' ? new DiskError('EIO', 'create: EIO') : undefined)
  w.createTopic('t')
  t.match(await w.append([{ records: batch(['a']) }]), [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }])
  t.match(await w.fetchOne(), { errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
  w.apply(w.deleteRecord('t'))
  t.match(await w.fetchOne(), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
})

t.test(
  'a disk that fails while leadership or deletion is carried out takes the replica offline, not the node',
  async (t) => {
    const w = world()
    w.disk.hook = ({ kind }) => (kind === 'rename' ? new DiskError('EIO', 'rename: EIO') : undefined)
    w.change('t', 0, { leader: 1 })
    t.match(await w.fetchOne(), { errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
    const other = world()
    other.disk.hook = w.disk.hook
    other.apply(other.deleteRecord('t'))
    t.match(await other.fetchOne(), { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })
  },
)

t.test('a changed topic key holds from the next append on', async (t) => {
  const w = world()
  t.equal((await w.produce(batch(2000))).errorCode, 0)
  w.setTopicConfig('t', 'max.message.bytes', '1000')
  t.equal((await w.produce(batch(2000))).errorCode, ErrorCode.MESSAGE_TOO_LARGE)
})

t.test('a request may name a partition twice', async (t) => {
  const w = world()
  const appended = w.append([{ records: batch(['a']) }, { records: batch(['b']) }], { acks: -1 })
  await w.time.settle()
  t.match(await appended, [{ baseOffset: 0 }, { baseOffset: 1 }])
  w.breakDisk()
  const lost = w.append([{ records: batch(['a']) }, { records: batch(['b']) }], { acks: -1 })
  await w.time.settle()
  t.match(await lost, [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }, { errorCode: ErrorCode.KAFKA_STORAGE_ERROR }])
})

t.test('an append of nothing is answered at once', async (t) => {
  const w = world()
  t.same(await w.append([]), [])
  t.same(
    await w
      .append([{ topic: 'nowhere', topicId: ZERO_UUID, records: batch(['a']) }], { acks: -1 })
      .then((r) => r.length),
    1,
  )
})
