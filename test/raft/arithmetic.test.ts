import fc from 'fast-check'
import t from 'tap'
import { isLost, isWon, majorityOf, majorityOffset, successionDelayMs } from '../../src/raft/arithmetic.ts'

t.test('A57: what a majority has reached', async (t) => {
  t.equal(majorityOffset([]), -1)
  t.equal(majorityOffset([7]), 7)
  t.equal(majorityOffset([7, 3]), 3)
  t.equal(majorityOffset([7, 3, 5]), 5)
  t.equal(majorityOffset([7, -1, -1]), -1)
  t.equal(majorityOffset([9, 7, 5, 3]), 5)
  const property = fc.property(fc.array(fc.integer({ min: -1, max: 50 }), { minLength: 1, maxLength: 9 }), (ends) => {
    const offset = majorityOffset(ends)
    const reached = (least: number) => ends.filter((end) => end >= least).length
    return reached(offset) >= majorityOf(ends.length) && reached(offset + 1) < majorityOf(ends.length)
  })
  fc.assert(property)
})

t.test('A32: an election is won, lost or open', async (t) => {
  t.equal(isWon({ granted: 1, rejected: 0, voters: 1 }), true)
  t.equal(isWon({ granted: 0, rejected: 0, voters: 0 }), false)
  t.equal(isWon({ granted: 2, rejected: 0, voters: 4 }), false)
  t.equal(isLost({ granted: 1, rejected: 1, voters: 3 }), false)
  t.equal(isLost({ granted: 1, rejected: 2, voters: 4 }), true)
  const votes = fc.record({ granted: fc.nat(9), rejected: fc.nat(9), voters: fc.integer({ min: 1, max: 9 }) })
  const property = fc.property(votes, ({ granted, rejected, voters }) => {
    fc.pre(granted + rejected <= voters)
    const tally = { granted, rejected, voters }
    t.notOk(isWon(tally) && isLost(tally))
    if (granted + rejected === voters) t.ok(isWon(tally) || isLost(tally))
  })
  fc.assert(property)
})

t.test('A43: successors stand one after the other', async (t) => {
  const delays = [0, 1, 2, 3].map((place) => successionDelayMs(place, 4, 1000))
  t.same(delays, [0, 125, 250, 500])
  t.equal(successionDelayMs(-1, 4, 1000), 1000, 'not listed')
  t.equal(successionDelayMs(-1, 0, 1000), 0, 'nobody is')
  t.equal(successionDelayMs(1, 2, 1000), 500)
})
