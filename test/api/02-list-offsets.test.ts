import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { batchOf, KEY, TestBroker, versionsOf } from './harness.ts'

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6

t.test('ListOffsets', async (t) => {
  const broker = await TestBroker.start(t, { topics: { t: {}, empty: {} } })
  const base = Date.now() - 10_000
  for (const after of [0, 2000, 1000]) {
    await broker.produce('t', 0, batchOf([`at ${after}`], { timestamp: base + after }))
  }
  const ask = async (
    version: number,
    timestamp: number,
    { topic = 't', partition = 0, isolationLevel = 0, currentLeaderEpoch = -1 } = {},
  ) => {
    const partitions = [{ partitionIndex: partition, timestamp, currentLeaderEpoch }]
    const { topics } = await broker.send(KEY.LIST_OFFSETS, version, {
      replicaId: -1,
      topics: [{ name: topic, partitions }],
      ...(version >= 2 ? { isolationLevel } : {}),
    })
    return topics[0]!.partitions[0]!
  }

  t.test('every version finds the end and the beginning', async (t) => {
    for (const version of versionsOf(KEY.LIST_OFFSETS)) {
      const latest = await ask(version, LATEST)
      const earliest = await ask(version, EARLIEST)
      if (version === 0) {
        t.strictSame([latest.oldStyleOffsets, earliest.oldStyleOffsets], [[3], [0]])
        continue
      }
      t.match(latest, { errorCode: 0, offset: 3, timestamp: -1, leaderEpoch: version < 4 ? -1 : 0 }, `v${version}`)
      t.match(earliest, { errorCode: 0, offset: 0, timestamp: -1, leaderEpoch: version < 4 ? -1 : 0 }, `v${version}`)
    }
  })

  t.test('D29: with isolation level 1 it is the last stable offset', async (t) => {
    t.equal((await ask(5, LATEST, { isolationLevel: 1 })).offset, 3)
  })

  t.test('D30: earliest local and latest tiered', async (t) => {
    t.match(await ask(8, EARLIEST_LOCAL), { errorCode: 0, offset: 0 })
    t.match(await ask(9, LATEST_TIERED), { errorCode: 0, offset: -1, timestamp: -1, leaderEpoch: -1 })
    t.match(await ask(11, EARLIEST_PENDING_UPLOAD), { errorCode: 0, offset: -1, timestamp: -1 }, 'N-F14')
  })

  t.test('D31: the largest timestamp', async (t) => {
    t.match(await ask(7, MAX_TIMESTAMP), { errorCode: 0, offset: 1, timestamp: base + 2000 })
    t.match(await ask(7, MAX_TIMESTAMP, { topic: 'empty' }), { errorCode: 0, offset: -1, timestamp: -1 })
  })

  t.test('D32: a special time that is newer than the version, or none', async (t) => {
    const { UNSUPPORTED_VERSION } = ErrorCode
    t.equal((await ask(6, MAX_TIMESTAMP)).errorCode, UNSUPPORTED_VERSION)
    t.equal((await ask(7, EARLIEST_LOCAL)).errorCode, UNSUPPORTED_VERSION)
    t.equal((await ask(8, LATEST_TIERED)).errorCode, UNSUPPORTED_VERSION)
    t.equal((await ask(10, EARLIEST_PENDING_UPLOAD)).errorCode, UNSUPPORTED_VERSION)
    t.equal((await ask(11, -7)).errorCode, UNSUPPORTED_VERSION)
  })

  t.test('D33, D34: by time', async (t) => {
    t.match(await ask(1, 0), { errorCode: 0, offset: 0, timestamp: base })
    t.match(await ask(5, base + 1), { errorCode: 0, offset: 1, timestamp: base + 2000, leaderEpoch: 0 })
    t.match(await ask(5, base + 2001), { errorCode: 0, offset: -1, timestamp: -1 })
  })

  t.test('unknown topic, unknown partition, epochs', async (t) => {
    t.equal((await ask(5, LATEST, { topic: 'none' })).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal((await ask(5, LATEST, { partition: 9 })).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    t.equal((await ask(5, LATEST, { currentLeaderEpoch: 3 })).errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
  })

  t.test('D36: a partition named twice', async (t) => {
    const partitions = [0, 0].map((partitionIndex) => ({ partitionIndex, timestamp: LATEST }))
    const body = { replicaId: -1, topics: [{ name: 't', partitions }] }
    const { topics } = await broker.send(KEY.LIST_OFFSETS, 5, body)
    t.ok(topics[0]!.partitions.every(({ errorCode }) => errorCode === ErrorCode.INVALID_REQUEST))
  })
})
