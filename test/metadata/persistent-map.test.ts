import fc from 'fast-check'
import t from 'tap'
import { PersistentMap } from '../../src/metadata/persistent-map.ts'

// FNV-1a gives these two the same hash, so they meet in one chain.
const TWINS = ['costarring', 'liquid'] as const

const keys = fc.oneof(fc.constantFrom(...TWINS, '', 'a', 'b'), fc.string({ maxLength: 3 }))
const steps = fc.array(fc.record({ key: keys, value: fc.option(fc.nat(3), { nil: undefined }) }), {
  maxLength: 300,
  size: 'max',
})

t.test('behaves like a Map, and never changes what was handed out', async (t) => {
  fc.assert(
    fc.property(steps, (steps) => {
      const model = new Map<string, number>()
      let map = PersistentMap.empty<number>()
      const history: [PersistentMap<number>, [string, number][]][] = []
      for (const { key, value } of steps) {
        if (value === undefined) {
          model.delete(key)
          map = map.without(key)
        } else {
          model.set(key, value)
          map = map.with(key, value)
        }
        if (map.size !== model.size || map.get(key) !== value || map.has(key) !== (value !== undefined)) return false
        if (history.length < 20) history.push([map, [...model].sort()])
      }
      const same = (map: PersistentMap<number>, entries: [string, number][]) =>
        JSON.stringify([...map].sort()) === JSON.stringify(entries)
      return same(map, [...model].sort()) && history.every(([map, entries]) => same(map, entries))
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('the order depends on the keys alone', async (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(keys, { maxLength: 80, size: 'max' }), fc.array(keys), (wanted, passing) => {
      const straight = PersistentMap.from(wanted.map((key) => [key, 1]))
      let detour = PersistentMap.from([...passing, ...wanted.toReversed()].map((key) => [key, 1]))
      for (const key of passing) if (!wanted.includes(key)) detour = detour.without(key)
      return JSON.stringify([...straight]) === JSON.stringify([...detour])
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('keys with the same hash live side by side', async (t) => {
  const both = PersistentMap.from(TWINS.map((key) => [key, key.length]))
  t.equal(both.size, 2)
  for (const key of TWINS) t.equal(both.get(key), key.length)
  t.strictSame([...both.without(TWINS[0]).keys()], [TWINS[1]])
})

t.test('a change that changes nothing gives the same map', async (t) => {
  const map = PersistentMap.from([['a', 1]])
  t.equal(map.with('a', 1), map)
  t.equal(map.without('b'), map)
})

t.test('large: keys, values, entries and forEach agree', async (t) => {
  const entries = Array.from({ length: 20_000 }, (_, i) => [`topic-${i}`, i] as const)
  const map = PersistentMap.from(entries)
  t.equal(map.size, entries.length)
  t.ok(entries.every(([key, value]) => map.get(key) === value))
  const seen: [string, number][] = []
  map.forEach((value, key) => {
    seen.push([key, value])
  })
  t.strictSame(seen, [...map.entries()])
  t.strictSame(
    [...map.keys()],
    seen.map(([key]) => key),
  )
  t.strictSame(
    [...map.values()],
    seen.map(([, value]) => value),
  )
})
