import t from 'tap'
import { buildBatch } from '../../protocol/records/build.ts'
import { CommittedLog } from './checkers/committed-log.ts'
import { Leaders } from './checkers/leaders.ts'
import type { Violation } from './violation.ts'

type VerifiedLog = Parameters<CommittedLog['verify']>[1]

/** A log that holds one record a batch. */
function logOf(...records: [value: string, epoch: number][]): VerifiedLog {
  const stored = records.map(([value, leaderEpoch], baseOffset) =>
    buildBatch({ baseOffset, leaderEpoch, records: [{ timestamp: 1, key: null, value: Buffer.from(value) }] }),
  )
  return {
    logStartOffset: 0,
    logEndOffset: stored.length,
    writtenEndOffset: stored.length,
    *batches(from = 0) {
      yield* stored.slice(from)
    },
  } as VerifiedLog
}

/** The fact that a check finds broken. */
function factOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return (error as Violation).fact
  }
}

t.test('what is committed stays as the first replica had it', async (t) => {
  const log = new CommittedLog('t-0')
  const first = logOf(['x', 1], ['y', 1])
  log.verify('a', first, 1)
  log.verify('b', logOf(['x', 1], ['other, not committed', 1]), 1)
  log.verify('a', first, 2)
  t.equal(log.end, 2)
  t.equal(
    factOf(() => log.verify('b', logOf(['x', 1], ['other', 1]), 2)),
    'committed records differ',
  )
  t.equal(
    factOf(() => log.verify('c', logOf(['x', 2]), 1)),
    'committed records differ',
  )
  t.equal(
    factOf(() => log.verify('d', logOf(['x', 1]), 2)),
    'a replica lacks committed records',
  )
  t.equal(
    factOf(() => log.verify('a', Object.assign(first, { logEndOffset: 1 }), 1)),
    'committed records were cut off',
  )
  log.verify('a, restarted', logOf(['x', 1], ['y', 1], ['z', 2]), 2)
})

t.test('one leader an epoch', async (t) => {
  const leaders = new Leaders()
  leaders.claim('t-0', 1, 1, 'n1')
  leaders.claim('t-0', 1, 1, 'n2')
  leaders.claim('t-0', 2, 2, 'n2')
  leaders.claim('t-1', 1, 3, 'n3')
  t.equal(
    factOf(() => leaders.claim('t-0', 2, 1, 'n1')),
    'two leaders in one epoch',
  )
})
