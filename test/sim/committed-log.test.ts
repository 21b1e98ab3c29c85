import t from 'tap'
import { buildBatch } from '../../protocol/records/build.ts'
import { CommittedLog } from './checkers/committed-log.ts'
import { Leaders } from './checkers/leaders.ts'

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

t.test('what is committed stays as the first replica had it', async (t) => {
  const log = new CommittedLog('t-0')
  log.verify('a', logOf(['x', 1], ['y', 1]), 1)
  log.verify('b', logOf(['x', 1], ['other, not committed', 1]), 1)
  log.verify('a', logOf(['x', 1], ['y', 1]), 2)
  t.equal(log.end, 2)
  t.throws(() => log.verify('b', logOf(['x', 1], ['other', 1]), 2), { fact: 'committed records differ' })
  t.throws(() => log.verify('c', logOf(['x', 2]), 1), { fact: 'committed records differ' })
  t.throws(() => log.verify('d', logOf(['x', 1]), 2), { fact: 'a replica lacks committed records' })
  t.throws(() => log.verify('a', logOf(['x', 1]), 1), { fact: 'committed records were cut off' })
  log.verify('a, restarted', logOf(['x', 1], ['y', 1], ['z', 2]), 2)
})

t.test('one leader an epoch', async (t) => {
  const leaders = new Leaders()
  leaders.claim('t-0', 1, 1, 'n1')
  leaders.claim('t-0', 1, 1, 'n2')
  leaders.claim('t-0', 2, 2, 'n2')
  leaders.claim('t-1', 1, 3, 'n3')
  t.throws(() => leaders.claim('t-0', 2, 1, 'n1'), { fact: 'two leaders in one epoch' })
})
