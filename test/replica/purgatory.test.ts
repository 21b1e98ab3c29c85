import fc from 'fast-check'
import t from 'tap'
import { ManualTime } from '../../src/base/manual-time.ts'
import { type DelayedOperation, Purgatory } from '../../src/replica/purgatory.ts'

class Countdown implements DelayedOperation<string> {
  left: number
  outcome: 'complete' | 'expired' | undefined
  endings = 0

  constructor(left: number) {
    this.left = left
  }

  tryComplete(): boolean {
    this.left -= 1
    if (this.left > 0) return false
    this.endings += 1
    this.outcome = 'complete'
    return true
  }

  expire(): void {
    this.endings += 1
    this.outcome = 'expired'
  }
}

t.test('an operation completes by the key that changed, and leaves all its lists', async (t) => {
  const time = new ManualTime()
  const purgatory = new Purgatory<string>(time)
  const operation = new Countdown(2)
  purgatory.park(operation, ['a', 'b'], 100)
  t.equal(purgatory.check('c'), 0)
  t.equal(purgatory.check('a'), 0)
  t.equal(purgatory.watching('b'), 1)
  t.equal(purgatory.check('b'), 1)
  t.equal(operation.outcome, 'complete')
  t.same([purgatory.size, purgatory.watchedKeys, time.pending], [0, 0, 0])
  time.advance(200)
  t.equal(operation.endings, 1)
})

t.test('an operation expires at its time, not before', async (t) => {
  const time = new ManualTime()
  const purgatory = new Purgatory<string>(time)
  const operation = new Countdown(5)
  purgatory.park(operation, ['a'], 100)
  time.advance(99)
  t.equal(operation.outcome, undefined)
  time.advance(1)
  t.equal(operation.outcome, 'expired')
  t.same([purgatory.size, purgatory.watchedKeys], [0, 0])
  t.equal(purgatory.check('a'), 0)
})

t.test('a completion may park anew on the same key without being asked in the same check', async (t) => {
  const time = new ManualTime()
  const purgatory = new Purgatory<string>(time)
  const second = new Countdown(1)
  purgatory.park(
    {
      tryComplete: () => {
        purgatory.park(second, ['a'], 100)
        return true
      },
      expire: () => t.fail('not expired'),
    },
    ['a'],
    100,
  )
  t.equal(purgatory.check('a'), 1)
  t.equal(second.outcome, undefined)
  t.equal(purgatory.check('a'), 1)
})

t.test('a check inside of a completion does not complete an operation twice', async (t) => {
  const purgatory = new Purgatory<string>(new ManualTime())
  const inner = new Countdown(1)
  purgatory.park(
    {
      tryComplete: () => {
        purgatory.check('b')
        return true
      },
      expire: () => t.fail('not expired'),
    },
    ['a'],
    100,
  )
  purgatory.park(inner, ['a', 'b'], 100)
  purgatory.check('a')
  t.equal(inner.endings, 1)
  t.equal(purgatory.size, 0)
})

t.test('above the limit an operation is expired at once', async (t) => {
  const time = new ManualTime()
  const purgatory = new Purgatory<string>(time, 1)
  purgatory.park(new Countdown(2), ['a'], 100)
  const refused = new Countdown(2)
  purgatory.park(refused, ['a'], 100)
  t.equal(refused.outcome, 'expired')
  t.same([purgatory.size, purgatory.watching('a'), time.pending], [1, 1, 1])
})

t.test('whatever happens, every operation ends exactly once and nothing is left behind', async () => {
  const keys = ['a', 'b', 'c', 'd']
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('park' as const),
      keys: fc.uniqueArray(fc.constantFrom(...keys), { minLength: 1 }),
      left: fc.integer({ min: 1, max: 4 }),
      timeoutMs: fc.integer({ min: 0, max: 50 }),
    }),
    fc.record({ kind: fc.constant('check' as const), key: fc.constantFrom(...keys) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 30 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, close) => {
      const time = new ManualTime()
      const purgatory = new Purgatory<string>(time)
      const operations: Countdown[] = []
      for (const taken of steps) {
        if (taken.kind === 'park') {
          const operation = new Countdown(taken.left)
          operations.push(operation)
          purgatory.park(operation, taken.keys, taken.timeoutMs)
        } else if (taken.kind === 'check') purgatory.check(taken.key)
        else time.advance(taken.ms)
        const waiting = operations.filter(({ endings }) => endings === 0).length
        if (purgatory.size !== waiting || time.pending !== waiting) return false
      }
      if (close) purgatory.close()
      else time.advance(100)
      return (
        operations.every(({ endings }) => endings === 1) &&
        purgatory.size === 0 &&
        purgatory.watchedKeys === 0 &&
        time.pending === 0
      )
    }),
  )
})
