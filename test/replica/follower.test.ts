import t from 'tap'
import { ErrorCode } from '../../protocol/errors.ts'
import { MemoryDisk } from '../../src/base/memory-disk.ts'
import { LeaderEpochs } from '../../src/log/leader-epochs.ts'
import { fetcherIndex } from '../../src/replica/fetcher-manager.ts'
import {
  type FollowerLog,
  reactionTo,
  truncationAtStart,
  truncationForDivergence,
  truncationOutOfRange,
} from '../../src/replica/follower.ts'
import { fetchVersion, listOffsetsVersion } from '../../src/replica/inter-broker-versions.ts'

/** `epochs`: epoch and start offset. */
function log(epochs: [number, number][], logEndOffset: number, more: Partial<FollowerLog> = {}): FollowerLog {
  const cache = new LeaderEpochs(new MemoryDisk(), '/epochs')
  for (const [epoch, startOffset] of epochs) cache.assign(epoch, startOffset)
  return {
    logStartOffset: 0,
    logEndOffset,
    highWatermark: 0,
    latestEpoch: cache.latest,
    endOffsetForEpoch: (epoch) => cache.endOffsetFor(epoch, logEndOffset),
    ...more,
  }
}

t.test('D49: a log with epochs begins at its end; one without at its high watermark', (t) => {
  t.same(truncationAtStart(log([[0, 0]], 10)), { kind: 'none' })
  t.same(truncationAtStart(log([], 10, { highWatermark: 4 })), { kind: 'cut', to: 4 })
  t.same(truncationAtStart(log([], 0)), { kind: 'none' })
  t.end()
})

t.test('D52, D53: where a log that differs is cut', (t) => {
  const ours = log(
    [
      [1, 5],
      [3, 20],
      [6, 40],
    ],
    50,
  )
  const cases: [what: string, leader: [epoch: number, endOffset: number], to: number][] = [
    ['the same epoch, the leader’s ends first', [3, 30], 30],
    ['the same epoch, ours ends first', [3, 45], 40],
    ['an epoch that ours does not know: the end of the one before', [4, 35], 40],
    ['the same, far back', [2, 12], 20],
    ['below our first epoch: not above its start', [0, 3], 3],
    ['below our first epoch, the leader’s ends behind it', [0, 9], 5],
    ['no end: where the fetch began', [3, -1], 50],
    ['no epoch: the shorter of both', [-1, 42], 42],
    ['no epoch, a longer leader', [-1, 99], 50],
  ]
  for (const [what, [epoch, endOffset], to] of cases)
    t.same(truncationForDivergence(ours, { epoch, endOffset }, 50), { kind: 'cut', to }, what)
  t.same(
    truncationForDivergence(log([], 50), { epoch: 3, endOffset: 30 }, 50),
    { kind: 'cut', to: 30 },
    'no epochs here',
  )
  t.end()
})

t.test('D54: out of range', (t) => {
  const ours = log([[0, 0]], 50)
  t.same(truncationOutOfRange(ours, { start: 0, end: 40 }), { kind: 'cut', to: 40 })
  t.same(truncationOutOfRange(ours, { start: 60, end: 90 }), { kind: 'restart', at: 60 })
  t.same(truncationOutOfRange(ours, { start: 50, end: 90 }), { kind: 'none' })
  t.same(truncationOutOfRange(ours, { start: 10, end: 90 }), { kind: 'none' })
  t.end()
})

t.test('D55: what errors mean', (t) => {
  t.equal(reactionTo(ErrorCode.FENCED_LEADER_EPOCH, true), 'fail')
  t.equal(reactionTo(ErrorCode.FENCED_LEADER_EPOCH, false), 'retry')
  t.equal(reactionTo(ErrorCode.OFFSET_OUT_OF_RANGE, true), 'out of range')
  const retried = [
    ErrorCode.UNKNOWN_LEADER_EPOCH,
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.UNKNOWN_TOPIC_ID,
    ErrorCode.INCONSISTENT_TOPIC_ID,
    ErrorCode.KAFKA_STORAGE_ERROR,
  ]
  for (const code of retried) t.equal(reactionTo(code, true), 'retry')
  t.end()
})

t.test('D47: the fetcher of a partition is Java’s arithmetic', (t) => {
  // "polygenelubricants" is a text whose String.hashCode() is -2147483648.
  t.equal(fetcherIndex('polygenelubricants', 0, 7), 0)
  t.equal(fetcherIndex('a', 0, 4), (31 * 97) % 4)
  t.equal(fetcherIndex('a', 3, 4), (31 * 97 + 3) % 4)
  for (let partition = 0; partition < 50; partition++) {
    const place = fetcherIndex('orders', partition, 3)
    t.ok(place >= 0 && place < 3)
  }
  t.end()
})

t.test('N-A21, N-B7: versions between brokers follow metadata.version', (t) => {
  const fetches: [number, number][] = [
    [7, 13],
    [8, 13],
    [9, 14],
    [10, 15],
    [18, 15],
    [19, 16],
    [20, 16],
    [21, 17],
    [26, 17],
    [27, 18],
    [30, 18],
  ]
  for (const [level, version] of fetches) t.equal(fetchVersion(level), version, `Fetch at ${level}`)
  const lists: [number, number][] = [
    [7, 7],
    [8, 7],
    [9, 8],
    [20, 8],
    [21, 9],
    [24, 9],
    [25, 10],
    [28, 10],
    [29, 11],
    [30, 11],
  ]
  for (const [level, version] of lists) t.equal(listOffsetsVersion(level), version, `ListOffsets at ${level}`)
  t.end()
})
