import fc from 'fast-check'
import t from 'tap'
import { planFactor } from '../../../src/controller/balance/change-factor.ts'
import { copied } from '../../../src/controller/balance/plan.ts'
import type { PlanPartition, PlanView } from '../../../src/controller/balance/view.ts'

const view = (brokers: (string | null)[], replicas: number[][]): PlanView => ({
  brokers: brokers.map((rack, i) => ({ id: i + 1, rack, standing: 'member' as const })),
  partitions: replicas.map(
    (ids, index): PlanPartition => ({ topic: 't', index, replicas: ids, bytes: 0, frozen: false }),
  ),
})
const inSync = () => true

t.test('every partition gets the factor, from brokers that have few, and nothing is moved', async () => {
  const clusters = fc.integer({ min: 1, max: 7 }).chain((size) => {
    const ids = Array.from({ length: size }, (_, i) => i + 1)
    return fc.record({
      size: fc.constant(size),
      replicas: fc.array(fc.shuffledSubarray(ids, { minLength: 1 }), { minLength: 1, maxLength: 20 }),
      factor: fc.integer({ min: 1, max: size }),
    })
  })
  fc.assert(
    fc.property(clusters, ({ size, replicas, factor }) => {
      const before = view(
        Array.from({ length: size }, () => null),
        replicas,
      )
      const moves = new Map(planFactor(before, 't', factor, inSync)!.map((move) => [move.index, move]))
      return replicas.every((from, index) => {
        const to = moves.get(index)?.to ?? from
        const kept = from.filter((id) => to.includes(id))
        const [first] = from
        return new Set(to).size === factor && to[0] === first && kept.length === Math.min(from.length, factor)
      })
    }),
  )
})

t.test('new replicas go into racks that the partition is not in, and are even', async (t) => {
  const moves = planFactor(view(['a', 'a', 'b', 'b'], [[1], [1], [2], [2]]), 't', 2, inSync)!
  t.same(moves.flatMap(copied).sort(), [3, 3, 4, 4])
})

t.test('what is not in sync goes first, and the preferred leader last', async (t) => {
  const factor = (factor: number, isInSync: (index: number, id: number) => boolean) =>
    planFactor(view([null, null, null], [[1, 2, 3]]), 't', factor, isInSync)![0]!.to
  t.same(
    factor(2, (_, id) => id !== 2),
    [1, 3],
  )
  t.same(
    factor(1, (_, id) => id !== 2),
    [1],
  )
  t.same(
    factor(1, (_, id) => id === 3),
    [3],
  )
})

t.test('what goes leaves the brokers even', async (t) => {
  const all = [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
    [1, 3, 2],
    [2, 1, 3],
    [3, 2, 1],
  ]
  const left = planFactor(view([null, null, null], all), 't', 2, inSync)!.flatMap(({ to }) => to)
  t.same(
    [1, 2, 3].map((id) => left.filter((other) => other === id).length),
    [4, 4, 4],
  )
})

t.test('other topics are left alone, and more than there are brokers is refused', async (t) => {
  t.same(planFactor(view([null, null], [[1]]), 'other', 2, inSync), [])
  t.same(planFactor(view([null, null], [[1, 2]]), 't', 2, inSync), [])
  t.equal(planFactor(view([null, null], [[1]]), 't', 3, inSync), undefined)
})
