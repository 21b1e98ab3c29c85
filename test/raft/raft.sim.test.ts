import fc from 'fast-check'
import t from 'tap'
import { Simulation } from './simulation.ts'

const RUNS = 15
const TROUBLE_MS = 30_000

const quorums = fc.record({
  seed: fc.integer(),
  count: fc.constantFrom(1, 2, 3, 3, 3, 4, 5),
  kraftVersion: fc.constantFrom<(0 | 1)[]>(0, 1),
  observers: fc.constantFrom(0, 1),
})

t.test('whatever happens, nothing that is committed is lost, and when it is over the quorum works', async () => {
  const property = fc.property(quorums, ({ seed, ...size }) => {
    const sim = Simulation.of(seed, size)
    sim.settle()
    sim.trouble(TROUBLE_MS)
    sim.settle()
  })
  fc.assert(property, { numRuns: RUNS, endOnFailure: true })
})
