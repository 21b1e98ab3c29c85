import t from 'tap'
import { isUpToDate, positionOf, truncationPoint } from '../../src/raft/log-match.ts'
import { MemoryLog } from './memory-log.ts'

/** Records of these epochs, one each. */
function logOf(...epochs: number[]): MemoryLog {
  const log = new MemoryLog()
  for (const epoch of epochs) log.append({ epoch, value: '' })
  return log
}

t.test('A51, A52: where a follower stands', async (t) => {
  const log = logOf(1, 1, 3, 3, 4)
  const valid = { kind: 'valid' }
  t.same(positionOf(log, 0, 0), valid)
  t.same(positionOf(log, 0, 9), valid, 'from the start, whatever the epoch')
  t.same(positionOf(log, 2, 1), valid)
  t.same(positionOf(log, 4, 3), valid)
  t.same(positionOf(log, 5, 4), valid)
  t.same(positionOf(log, 3, 1), { kind: 'diverging', end: { epoch: 1, endOffset: 2 } }, 'more of an epoch')
  t.same(positionOf(log, 3, 2), { kind: 'diverging', end: { epoch: 1, endOffset: 2 } }, 'an epoch unknown here')
  t.same(positionOf(log, 6, 4), { kind: 'diverging', end: { epoch: 4, endOffset: 5 } }, 'a longer log')
})

t.test('A50, A51: where only a snapshot helps', async (t) => {
  const log = logOf(1, 1, 3, 3, 4)
  log.takeSnapshot(3)
  const snapshot = { kind: 'snapshot', id: { offset: 3, epoch: 3 } }
  t.same(positionOf(log, 0, 0), snapshot, 'the shorter way, even while the log begins at 0')
  t.same(positionOf(log, 1, 1), snapshot, 'an epoch below that of the oldest snapshot')
  log.clean()
  t.same(positionOf(log, 2, 3), snapshot, 'below the start')
  t.same(positionOf(log, 3, 2), snapshot, 'at the start, of another epoch')
  t.same(positionOf(log, 3, 4), snapshot)
  t.same(positionOf(log, 3, 3), { kind: 'valid' })
  t.same(positionOf(log, 4, 3), { kind: 'valid' })
  t.same(positionOf(log, 5, 3), { kind: 'diverging', end: { epoch: 3, endOffset: 4 } })
})

t.test('A63: where a follower cuts its log', async (t) => {
  const log = logOf(1, 1, 2, 2, 5)
  t.equal(truncationPoint(log, { epoch: 2, endOffset: 3 }), 3, 'a shared epoch that ended earlier there')
  t.equal(truncationPoint(log, { epoch: 2, endOffset: 9 }), 4, 'or here')
  t.equal(truncationPoint(log, { epoch: 4, endOffset: 9 }), 4, 'an epoch unknown here')
  t.equal(truncationPoint(log, { epoch: 0, endOffset: 2 }), 2)
  t.equal(truncationPoint(log, { epoch: 0, endOffset: 8 }), 5)
})

t.test('A28: a log is as good as ours', async (t) => {
  const log = logOf(1, 3, 3)
  t.equal(isUpToDate(log, { epoch: 3, endOffset: 3 }), true)
  t.equal(isUpToDate(log, { epoch: 3, endOffset: 2 }), false)
  t.equal(isUpToDate(log, { epoch: 2, endOffset: 9 }), false)
  t.equal(isUpToDate(log, { epoch: 4, endOffset: 0 }), true)
})
