import fc from 'fast-check'
import t from 'tap'
import { SeededRandom } from '../../../src/base/seeded-random.ts'
import { copied, planRebalance } from '../../../src/controller/balance/plan.ts'
import {
  type Move,
  type PlanBroker,
  type PlanPartition,
  type PlanView,
  viewOf,
} from '../../../src/controller/balance/view.ts'
import { placeReplicas } from '../../../src/controller/replica-placement.ts'
import { record } from '../../../src/metadata/record.ts'
import { clusterOf, directoryOf, replayed } from '../harness.ts'

const MIB = 1024 * 1024

const keyOf = ({ topic, index }: { topic: string; index: number }) => `${topic}-${index}`

function after(view: PlanView, moves: readonly Move[]): PlanView {
  const changed = new Map(moves.map((move) => [keyOf(move), move.to]))
  const partitions = view.partitions.map((partition) => {
    const to = changed.get(keyOf(partition))
    return to === undefined ? partition : { ...partition, replicas: to }
  })
  return { brokers: view.brokers, partitions }
}

const held = ({ partitions }: PlanView, id: number) => partitions.filter(({ replicas }) => replicas.includes(id)).length
const led = ({ partitions }: PlanView, id: number) => partitions.filter(({ replicas }) => replicas[0] === id).length
const bytesOf = ({ partitions }: PlanView, id: number) =>
  partitions.reduce((sum, { replicas, bytes }) => (replicas.includes(id) ? sum + bytes : sum), 0)
const members = ({ brokers }: PlanView) => brokers.filter(({ standing }) => standing === 'member').map(({ id }) => id)
const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts)
const unevenness = (view: PlanView) => ({
  replicas: spread(members(view).map((id) => held(view, id))),
  leaders: spread(members(view).map((id) => led(view, id))),
})

const partitionOf = (topic: string, index: number, replicas: readonly number[], bytes = 0): PlanPartition => ({
  topic,
  index,
  replicas,
  bytes,
  frozen: false,
})
const member = (id: number, rack: string | null = null): PlanBroker => ({ id, rack, standing: 'member' })

interface Shape {
  /** By racks: null for none at all. */
  racks: fc.Arbitrary<string | null>
  standing: fc.Arbitrary<PlanBroker['standing']>
  maxFactor: number
  bytes: fc.Arbitrary<number>
}

/** Clusters with replicas anywhere, as nobody would place them. */
function views({ racks, standing, maxFactor, bytes }: Shape): fc.Arbitrary<PlanView> {
  return fc
    .array(fc.record({ rack: racks, standing }), { minLength: 1, maxLength: 7 })
    .filter((brokers) => brokers.some((broker) => broker.standing === 'member'))
    .chain((all) => {
      const brokers = all.map((broker, i) => ({ id: i + 1, ...broker }))
      const ids = brokers.map(({ id }) => id)
      const replicas = fc.shuffledSubarray(ids, { minLength: 1, maxLength: Math.min(maxFactor, ids.length) })
      return fc
        .array(fc.record({ topic: fc.constantFrom('a', 'b', 'c'), replicas, bytes }), { maxLength: 40, size: 'max' })
        .map((partitions) => ({
          brokers,
          partitions: partitions.map((partition, index) => ({ index, frozen: false, ...partition })),
        }))
    })
}

const anyView = views({
  racks: fc.constantFrom(null, 'x', 'y', 'z'),
  standing: fc.constantFrom('member', 'member', 'member', 'kept', 'drained'),
  maxFactor: 5,
  bytes: fc.nat(1000).map((mib) => mib * MIB),
})

const allMembers = views({
  racks: fc.constant(null),
  standing: fc.constant('member'),
  maxFactor: 5,
  bytes: fc.constant(0),
})

t.test('every partition keeps its factor, on brokers that differ and that may take it', async () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const ids = new Set(members(view))
      for (const { from, to } of planRebalance(view)) {
        if (to.length !== from.length || new Set(to).size !== to.length) return false
        if (!copied({ from, to }).every((id) => ids.has(id))) return false
      }
      return true
    }),
  )
})

t.test('replicas and leaders are even within one, whatever they were before', async () => {
  fc.assert(
    fc.property(allMembers, (view) => {
      const { replicas, leaders } = unevenness(after(view, planRebalance(view)))
      return replicas <= 1 && leaders <= 1
    }),
  )
})

t.test('what is balanced stays as it is', async () => {
  fc.assert(fc.property(anyView, (view) => planRebalance(after(view, planRebalance(view))).length === 0))
})

t.test('a plan depends on the cluster and not on how it is told', async () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const turned = { brokers: view.brokers.toReversed(), partitions: view.partitions.toReversed() }
      return JSON.stringify(planRebalance(view)) === JSON.stringify(planRebalance(turned))
    }),
  )
})

t.test('a drained broker keeps a replica only where nobody else is left, one that is kept loses none', async () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const ids = members(view)
      const standing = new Map(view.brokers.map((broker) => [broker.id, broker.standing]))
      const is = (id: number, wanted: PlanBroker['standing']) => standing.get(id) === wanted
      return after(view, planRebalance(view)).partitions.every(({ replicas }, i) => {
        const before = view.partitions[i]!.replicas
        const kept = before.filter((id) => is(id, 'kept')).every((id) => replicas.includes(id))
        const drained = !replicas.some((id) => is(id, 'drained')) || ids.every((id) => replicas.includes(id))
        const led = !is(replicas[0]!, 'drained') || !replicas.some((id) => is(id, 'member'))
        return kept && drained && led
      })
    }),
  )
})

t.test('no two replicas in one rack while there are enough racks', async () => {
  const shape = { standing: fc.constant('member' as const), bytes: fc.nat(1000), maxFactor: 3 }
  fc.assert(
    fc.property(views({ ...shape, racks: fc.constantFrom('x', 'y', 'z') }), (view) => {
      const rackOf = new Map(view.brokers.map(({ id, rack }) => [id, rack]))
      const racks = new Set(rackOf.values()).size
      return after(view, planRebalance(view)).partitions.every(
        ({ replicas }) => new Set(replicas.map((id) => rackOf.get(id))).size === Math.min(racks, replicas.length),
      )
    }),
  )
})

/** A cluster as the controller places it, made even. */
function balanced(brokers: readonly PlanBroker[], count: number, factor: number, seed: number): PlanView {
  const { cluster } = clusterOf(...brokers.map(({ id, rack }) => ({ id, rack })))
  const placed = placeReplicas(cluster, count, factor, new SeededRandom(seed))
  if ('reason' in placed) throw new Error(placed.reason)
  const view = { brokers, partitions: placed.map((replicas, i) => partitionOf(`t${i % 5}`, i, replicas)) }
  return after(view, planRebalance(view))
}

t.test('a broker more gets its share, and not one replica is copied that need not be', async () => {
  const sizes = fc.record({
    brokers: fc.integer({ min: 3, max: 8 }),
    count: fc.integer({ min: 1, max: 60 }),
    seed: fc.nat(),
  })
  fc.assert(
    fc.property(sizes, ({ brokers, count, seed }) => {
      const old = Array.from({ length: brokers }, (_, i) => member(i + 1))
      const before = balanced(old, count, 3, seed)
      const view = { ...before, brokers: [...old, member(99)] }
      const moves = planRebalance(view)
      const { replicas, leaders } = unevenness(after(view, moves))
      const all = moves.flatMap(copied)
      return (
        replicas <= 1 &&
        leaders <= 1 &&
        all.every((id) => id === 99) &&
        all.length === Math.floor((3 * count) / (brokers + 1))
      )
    }),
  )
})

t.test('racks of one size: even within one, and a broker more in each rack takes only what it must', async () => {
  const sizes = fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 1, max: 60 }),
    seed: fc.nat(),
  })
  fc.assert(
    fc.property(sizes, ({ size, count, seed }) => {
      const old = Array.from({ length: 3 * size }, (_, i) => member(i + 1, `r${i % 3}`))
      const before = balanced(old, count, 3, seed)
      const one = unevenness(before)
      const fresh = [member(97, 'r0'), member(98, 'r1'), member(99, 'r2')]
      const view = { ...before, brokers: [...old, ...fresh] }
      const moves = planRebalance(view)
      const two = unevenness(after(view, moves))
      const all = moves.flatMap(copied)
      // In each rack of `size + 1` brokers every partition has one replica.
      const share = 3 * Math.floor(count / (size + 1))
      return Math.max(one.replicas, one.leaders, two.replicas, two.leaders) <= 1 && all.length === share
    }),
  )
})

t.test('a broker that is gone is drained onto the rest, and nothing else is copied', async (t) => {
  const view = balanced(
    [1, 2, 3, 4].map((id) => member(id)),
    40,
    3,
    1,
  )
  const gone = { ...view, brokers: [member(1), member(2), member(3), { ...member(4), standing: 'drained' as const }] }
  const moves = planRebalance(gone)
  t.equal(moves.flatMap(copied).length, held(view, 4))
  t.same(unevenness(after(gone, moves)), { replicas: 0, leaders: 1 })
  const lost = moves.map(({ from }) => from.includes(4))
  t.same(
    lost,
    lost.toSorted((one, other) => Number(other) - Number(one)),
    'what lost a replica comes first',
  )
})

t.test('partitions of one replica are led evenly too: by exchange, where order alone cannot', async (t) => {
  const view = {
    brokers: [member(1), member(2)],
    partitions: [
      ...[0, 1, 2, 3].map((i) => partitionOf('single', i, [1])),
      ...[0, 1, 2, 3].map((i) => partitionOf('other', i, [2])),
      partitionOf('pair', 0, [1, 2]),
      partitionOf('pair', 1, [1, 2]),
    ],
  }
  t.same(unevenness(after(view, planRebalance(view))), { replicas: 0, leaders: 0 })
})

t.test('bytes: large replicas are exchanged against small ones, counts stay', async (t) => {
  const partitions = [
    ...Array.from({ length: 10 }, (_, i) => partitionOf('big', i, [1, 2], 1000 * MIB)),
    ...Array.from({ length: 10 }, (_, i) => partitionOf('small', i, [3, 4], 10 * MIB)),
  ].map((partition, i) => ({
    ...partition,
    replicas: i % 2 === 0 ? partition.replicas : partition.replicas.toReversed(),
  }))
  const view = { brokers: [1, 2, 3, 4].map((id) => member(id)), partitions }
  const then = after(view, planRebalance(view))
  t.same(unevenness(then), { replicas: 0, leaders: 0 })
  const mean = (10 * 2 * 1010 * MIB) / 4
  for (const id of members(then))
    t.ok(Math.abs(bytesOf(then, id) - mean) <= 0.21 * mean, `broker ${id}: ${bytesOf(then, id)}`)
})

t.test('what is on its way is counted where it goes to, and left alone', async (t) => {
  const [topicId] = [Buffer.alloc(16, 7).toString('base64url')]
  const partition = (partitionId: number, replicas: number[], change: object) =>
    record('PartitionRecord', 1, {
      partitionId,
      topicId,
      replicas,
      isr: replicas,
      removingReplicas: [],
      addingReplicas: [],
      leader: replicas[0]!,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: replicas.map(directoryOf),
      ...change,
    })
  const image = replayed(clusterOf(1, 2), [
    record('TopicRecord', 0, { name: 'moving', topicId }),
    partition(0, [2, 1], { addingReplicas: [2], removingReplicas: [1] }),
    partition(1, [1], {}),
  ])
  const view = viewOf(image, () => 'member')
  t.match(view.partitions, [
    { index: 0, replicas: [2], frozen: true },
    { index: 1, replicas: [1], frozen: false },
  ])
  t.same(planRebalance(view), [])
})

t.test('without a member there is no plan', async (t) => {
  t.same(planRebalance({ brokers: [], partitions: [partitionOf('a', 0, [1])] }), [])
})
