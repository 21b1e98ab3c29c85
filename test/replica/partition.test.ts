import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { defaultsOf } from '../../src/base/config.ts'
import { topicConfig } from '../../src/log/config.ts'
import type { Log } from '../../src/log/log.ts'
import type { PartitionImage } from '../../src/metadata/image.ts'
import { Partition } from '../../src/replica/partition.ts'

/** As much of a log as leadership and high watermark need. */
class StubLog {
  topic = 't'
  topicId = 'BBBBBBBBBBBBBBBBBBBBBA'
  partition = 0
  logStartOffset = 0
  logEndOffset = 0
  highWatermark = 0
  epochs: [number, number][] = []

  assignEpoch(epoch: number, startOffset: number): void {
    this.epochs.push([epoch, startOffset])
  }

  lastStableOffset(highWatermark: number): number {
    return highWatermark
  }
}

const ME = 1
const MAX_LAG_MS = 30_000

function setUp(minIsr = 1) {
  const log = new StubLog()
  const world = { nowMs: 100_000, active: new Set([1, 2, 3]), brokerEpoch: 1 }
  const config = { ...defaultsOf(topicConfig), 'min.insync.replicas': minIsr }
  const partition = new Partition(log as unknown as Log, config, {
    brokerId: ME,
    maxLagMs: MAX_LAG_MS,
    monotonicMs: () => world.nowMs,
    isAlive: (id) => world.active.has(id),
    isActive: (id) => world.active.has(id),
    brokerEpochOf: () => world.brokerEpoch,
  })
  const append = (count: number) => {
    log.logEndOffset += count
    return partition.written(log.logEndOffset)
  }
  const follower = (id: number, fetchOffset: number) =>
    partition.noteFetch(id, {
      fetchOffset,
      logStartOffset: 0,
      brokerEpoch: 1,
      nowMs: world.nowMs,
      leaderEndOffset: log.logEndOffset,
    }) && partition.advanceHighWatermark()
  return { log, world, partition, append, follower }
}

function registration(more: Partial<PartitionImage> = {}): PartitionImage {
  return {
    index: 0,
    replicas: [1, 2, 3],
    directories: [],
    isr: [1, 2, 3],
    elr: [],
    lastKnownElr: [],
    adding: [],
    removing: [],
    leader: ME,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 0,
    ...more,
  }
}

const ALONE = { replicas: [1], isr: [1] }

t.test('J1, B34: becoming leader puts the epoch into the log at once, at its end', async (t) => {
  const { log, partition, append } = setUp()
  t.ok(partition.apply(registration(ALONE)))
  t.same(log.epochs, [[0, 0]])
  append(5)
  t.notOk(partition.apply(registration({ ...ALONE, partitionEpoch: 1 })), 'R-D13: the same epoch begins nothing')
  t.same(log.epochs, [[0, 0]])
  partition.apply(registration({ ...ALONE, partitionEpoch: 2, leaderEpoch: 1 }))
  t.same(log.epochs.at(-1), [1, 5])
})

t.test('one replica: the high watermark is the end of what is written', async (t) => {
  const { log, partition, append } = setUp()
  partition.apply(registration(ALONE))
  t.ok(append(3))
  t.equal(log.highWatermark, 3)
  log.logEndOffset = 10
  t.notOk(partition.advanceHighWatermark(), 'appended is not written')
})

t.test('R-D14, R-D17: the high watermark is the least of the ISR, and waits for an unknown member', async (t) => {
  const { log, partition, append, follower } = setUp()
  partition.apply(registration())
  append(10)
  t.equal(log.highWatermark, 0)
  t.notOk(follower(2, 7))
  t.equal(log.highWatermark, 0, 'of broker 3 nothing is known')
  t.ok(follower(3, 5))
  t.equal(log.highWatermark, 5)
  follower(3, 10)
  t.equal(log.highWatermark, 7)
  follower(2, 10)
  t.equal(log.highWatermark, 10)
})

t.test('R-D14: a replica outside the ISR counts while it keeps up and could join', async (t) => {
  const { log, world, partition, append, follower } = setUp()
  partition.apply(registration({ isr: [1, 2] }))
  append(10)
  follower(3, 10)
  append(10)
  follower(2, 20)
  t.equal(log.highWatermark, 10, 'broker 3 has caught up a moment ago')
  world.active.delete(3)
  t.ok(partition.advanceHighWatermark())
  t.equal(log.highWatermark, 20, 'a fenced broker cannot join')
})

t.test('R-D14: a replica outside the ISR that lags does not hold the high watermark back', async (t) => {
  const { log, world, partition, append, follower } = setUp()
  partition.apply(registration({ isr: [1, 2] }))
  append(10)
  follower(3, 2)
  follower(2, 10)
  t.equal(log.highWatermark, 10)
  world.nowMs += MAX_LAG_MS + 1
  append(1)
  follower(2, 11)
  t.equal(log.highWatermark, 11)
})

t.test('R-D15, C7: below min.insync.replicas the high watermark stands still', async (t) => {
  const { log, partition, append } = setUp(2)
  partition.apply(registration({ isr: [1] }))
  t.notOk(partition.hasEnoughInSync)
  append(4)
  t.equal(log.highWatermark, 0)
  partition.config = { ...partition.config, 'min.insync.replicas': 1 }
  t.ok(partition.advanceHighWatermark())
})

t.test('R-D3: fewer replicas than min.insync.replicas: all of them are enough', async (t) => {
  const { partition } = setUp(3)
  partition.apply(registration({ replicas: [1, 2], isr: [1, 2] }))
  t.equal(partition.effectiveMinIsr, 2)
  t.ok(partition.hasEnoughInSync)
})

t.test('R-D12: a re-elected leader keeps what it knows of its followers, a new one forgets it', async (t) => {
  const { partition, append, follower } = setUp()
  partition.apply(registration())
  append(5)
  follower(2, 5)
  partition.apply(registration({ leaderEpoch: 1, partitionEpoch: 1 }))
  t.equal(partition.remote(2)?.logEndOffset, 5)
  partition.apply(registration({ leader: 2, leaderEpoch: 2, partitionEpoch: 2 }))
  t.equal(partition.remote(2), undefined)
  partition.apply(registration({ leaderEpoch: 3, partitionEpoch: 3 }))
  t.equal(partition.remote(2)?.logEndOffset, -1)
})

t.test('R-D84: news of a lower partition epoch changes nothing', async (t) => {
  const { partition } = setUp()
  partition.apply(registration({ partitionEpoch: 5, leaderEpoch: 2 }))
  t.notOk(partition.apply(registration({ partitionEpoch: 4, leaderEpoch: 3, leader: 2 })))
  t.same([partition.isLeader, partition.leaderEpoch], [true, 2])
})

t.test('D15: leader epochs are compared, -1 is not', async (t) => {
  const { partition } = setUp()
  partition.apply(registration({ leaderEpoch: 3 }))
  t.same(
    [-1, 2, 3, 4].map((epoch) => partition.checkEpoch(epoch)),
    [ErrorCode.NONE, ErrorCode.FENCED_LEADER_EPOCH, ErrorCode.NONE, ErrorCode.UNKNOWN_LEADER_EPOCH],
  )
})

t.test('R-D22: who is asked for a leader and is none says so, after the epoch', async (t) => {
  const { partition } = setUp()
  partition.apply(registration({ leader: 2, leaderEpoch: 3 }))
  t.equal(partition.check(3, true), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  t.equal(partition.check(3, false), ErrorCode.NONE)
  t.equal(partition.check(2, true), ErrorCode.FENCED_LEADER_EPOCH)
  partition.goOffline()
  t.equal(partition.check(2, true), ErrorCode.KAFKA_STORAGE_ERROR)
  partition.delete()
  t.equal(partition.check(2, true), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

t.test('D35: a new leader does not know what is latest until the high watermark is at its epoch', async (t) => {
  const { partition, log, follower } = setUp()
  log.logEndOffset = 8
  partition.written(8)
  partition.apply(registration({ leaderEpoch: 4 }))
  t.notOk(partition.knowsLatest)
  follower(2, 8)
  follower(3, 8)
  t.ok(partition.knowsLatest)
})

t.test('R-D16: on a leader the high watermark never goes back, and never passes an ISR member', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('fetch' as const), id: fc.constantFrom(2, 3), behind: fc.nat(12) }),
    fc.record({ kind: fc.constant('isr' as const), isr: fc.constantFrom([1], [1, 2], [1, 3], [1, 2, 3]) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.integer({ min: 1, max: 3 }), (steps, minIsr) => {
      const { log, world, partition, append, follower } = setUp(minIsr)
      let epoch = 0
      partition.apply(registration())
      const fetched = new Map<number, number>([
        [2, -1],
        [3, -1],
      ])
      for (const taken of steps) {
        const before = log.highWatermark
        if (taken.kind === 'append') append(taken.count)
        else if (taken.kind === 'wait') world.nowMs += taken.ms
        else if (taken.kind === 'isr') partition.apply(registration({ isr: taken.isr, partitionEpoch: ++epoch }))
        else {
          const offset = Math.max(fetched.get(taken.id)!, log.logEndOffset - taken.behind, 0)
          fetched.set(taken.id, offset)
          follower(taken.id, offset)
        }
        if (log.highWatermark < before || log.highWatermark > log.logEndOffset) return false
        if (log.highWatermark === before) continue
        if (partition.isr.length < minIsr) return false
        if (partition.isr.some((id) => id !== ME && fetched.get(id)! < log.highWatermark)) return false
      }
      return true
    }),
  )
})

const WITHOUT_3 = { replicas: [1, 2, 3], isr: [1, 2] }

t.test('R-D67: a follower may join when it has all that is committed, of former leaders too', (t) => {
  const { partition, append, follower } = setUp()
  append(10)
  partition.apply(registration({ ...WITHOUT_3, leaderEpoch: 3 }))
  follower(2, 10)
  for (const fetchOffset of [0, 9]) {
    follower(3, fetchOffset)
    t.equal(partition.proposeExpansion(3), undefined, `at ${fetchOffset}, before the epoch’s start`)
  }
  append(5)
  follower(3, 10)
  t.match(partition.proposeExpansion(3), { kind: 'expand', isr: [1, 2, 3], leaderEpoch: 3, partitionEpoch: 0 })
  t.same(
    [partition.isr, partition.maximalIsr],
    [
      [1, 2],
      [1, 2, 3],
    ],
  )
  t.equal(partition.proposeExpansion(3), undefined, 'R-D66: one change at a time')
  t.equal(partition.proposeShrink(), undefined)
  t.end()
})

t.test('R-D67: below the high watermark nobody joins', (t) => {
  const { partition, append, follower, world } = setUp()
  partition.apply(registration(WITHOUT_3))
  append(10)
  world.nowMs += MAX_LAG_MS + 1
  follower(2, 10)
  t.equal(partition.highWatermark, 10)
  follower(3, 9)
  t.equal(partition.proposeExpansion(3), undefined)
  follower(3, 10)
  t.ok(partition.proposeExpansion(3))
  t.end()
})

t.test('R-D67: who is fenced, leaving, or another incarnation does not join; nor who is in already', (t) => {
  const joins = (more: { active?: number[]; brokerEpoch?: number; isr?: number[] }) => {
    const { partition, follower, world } = setUp()
    partition.apply(registration({ ...WITHOUT_3, isr: more.isr ?? [1, 2] }))
    if (more.active) world.active = new Set(more.active)
    world.brokerEpoch = more.brokerEpoch ?? 1
    follower(3, 0)
    return partition.proposeExpansion(3) !== undefined
  }
  t.ok(joins({}))
  t.notOk(joins({ active: [1, 2] }))
  t.notOk(joins({ brokerEpoch: 2 }), 'KIP-903')
  t.notOk(joins({ isr: [1, 2, 3] }))
  t.end()
})

t.test('R-D65, R-D66: all who lag leave together; the leader never does', (t) => {
  const { partition, append, follower, world } = setUp()
  partition.apply(registration())
  append(10)
  follower(2, 10)
  world.nowMs += MAX_LAG_MS
  t.equal(partition.proposeShrink(), undefined, 'not late yet')
  world.nowMs += 1
  t.match(
    partition.proposeShrink(),
    { kind: 'shrink', isr: [1, 2] },
    'whoever has everything is in sync, however long ago',
  )
  t.same(partition.maximalIsr, [1, 2, 3], 'R-D68: a member until the controller agrees')
  const again = setUp()
  again.partition.apply(registration())
  again.append(1)
  again.world.nowMs += MAX_LAG_MS + 1
  t.match(again.partition.proposeShrink(), { isr: [1] })
  t.end()
})

t.test('R-D71: an answer counts for the epochs that it was given for', (t) => {
  const { partition, follower } = setUp()
  partition.apply(registration({ ...WITHOUT_3, partitionEpoch: 5 }))
  follower(3, 0)
  const proposal = partition.proposeExpansion(3)!
  t.notOk(partition.commitIsr(proposal, { isr: [1, 2, 3], leaderEpoch: 1, partitionEpoch: 6 }))
  t.notOk(partition.commitIsr(proposal, { isr: [1, 2, 3], leaderEpoch: 0, partitionEpoch: 4 }))
  t.ok(partition.commitIsr(proposal, { isr: [1, 2, 3], leaderEpoch: 0, partitionEpoch: 6 }))
  t.same([partition.isr, partition.partitionEpoch, partition.proposal], [[1, 2, 3], 6, undefined])
  t.notOk(partition.commitIsr(proposal, { isr: [1], leaderEpoch: 0, partitionEpoch: 7 }), 'once')
  t.end()
})

t.test('R-D71, R-D84: a replay overtakes the answer; one of the same epochs does not', (t) => {
  const { partition, follower } = setUp()
  partition.apply(registration(WITHOUT_3))
  follower(3, 0)
  const proposal = partition.proposeExpansion(3)!
  partition.apply(registration(WITHOUT_3))
  t.equal(partition.proposal, proposal)
  partition.apply(registration({ ...WITHOUT_3, isr: [1], partitionEpoch: 1 }))
  t.same([partition.proposal, partition.isr], [undefined, [1]])
  t.notOk(partition.commitIsr(proposal, { isr: [1, 2, 3], leaderEpoch: 0, partitionEpoch: 1 }))
  t.end()
})
