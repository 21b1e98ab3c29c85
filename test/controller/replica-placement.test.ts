import fc from 'fast-check'
import t from 'tap'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import { placeReplicas } from '../../src/controller/replica-placement.ts'
import { clusterOf, type TestBroker } from './harness.ts'

function place(brokers: TestBroker[], count: number, factor: number, seed = 1): number[][] {
  const placed = placeReplicas(clusterOf(...brokers).cluster, count, factor, new SeededRandom(seed))
  if ('reason' in placed) throw new Error(placed.reason)
  return placed
}

const clusters = fc
  .array(fc.record({ rack: fc.constantFrom(null, 'a', 'b', 'c'), fenced: fc.boolean() }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((brokers) => brokers.map((broker, i) => ({ id: i + 1, ...broker })))
  .filter((brokers) => brokers.some(({ fenced }) => !fenced))

t.test('B47, B48: rules that hold for every cluster', async () => {
  fc.assert(
    fc.property(clusters, fc.integer({ min: 1, max: 30 }), fc.nat(8), fc.nat(), (brokers, count, more, seed) => {
      const factor = 1 + (more % brokers.length)
      const live = brokers.filter(({ fenced }) => !fenced)
      const liveRacks = new Set(live.map(({ rack }) => rack)).size
      for (const replicas of place(brokers, count, factor, seed)) {
        const chosen = replicas.map((id) => brokers[id - 1]!)
        const fenced = chosen.filter((broker) => broker.fenced).length
        if (new Set(replicas).size !== factor) return false
        if (chosen[0]!.fenced) return false
        // Fenced ones only where nobody else is left.
        if (fenced !== Math.max(0, factor - live.length)) return false
        if (factor <= liveRacks && new Set(chosen.map(({ rack }) => rack)).size !== factor) return false
      }
      return true
    }),
  )
})

t.test('B47: leaders are even over the brokers of one rack', async (t) => {
  const brokers = [1, 2, 3, 4].map((id) => ({ id }))
  const leaders = place(brokers, 40, 3).map(([leader]) => leader)
  for (const { id } of brokers) t.equal(leaders.filter((leader) => leader === id).length, 10, `broker ${id}`)
})

t.test('B47: leaders are even over racks and brokers', async (t) => {
  const brokers = [1, 2, 3, 4, 5, 6].map((id) => ({ id, rack: `r${id % 3}` }))
  const placed = place(brokers, 60, 3)
  for (const { id } of brokers) {
    t.equal(placed.filter(([leader]) => leader === id).length, 10, `broker ${id} leads`)
    t.equal(placed.filter((replicas) => replicas.includes(id)).length, 30, `broker ${id} holds`)
  }
})

t.test('the same seed places the same', async (t) => {
  const brokers = [1, 2, 3, 4, 5].map((id) => ({ id }))
  t.strictSame(place(brokers, 20, 2, 7), place(brokers, 20, 2, 7))
  t.notSame(place(brokers, 20, 2, 7), place(brokers, 20, 2, 8))
})

t.test('B37: a broker in controlled shutdown gets nothing', async (t) => {
  const cluster = clusterOf(1, { id: 2, inControlledShutdown: true }).cluster
  t.match(placeReplicas(cluster, 1, 2, new SeededRandom(1)), { reason: String })
  t.strictSame(placeReplicas(cluster, 2, 1, new SeededRandom(1)), [[1], [1]])
})
